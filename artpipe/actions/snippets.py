"""snippets: a Justfile and shell functions that call artpipe."""

from __future__ import annotations

from importlib import resources

from artpipe.actions.report import Report

_SHELL, _JUST = "functions.sh", "Justfile"


def snippets(*, shell: bool, just: bool) -> Report:
    """The text of what is asked for, one after the other."""
    names = [name for name, wanted in ((_SHELL, shell), (_JUST, just)) if wanted]
    texts = {name: (resources.files("artpipe.snippets") / name).read_text(encoding="utf-8") for name in names}
    lines = [line for text in texts.values() for line in text.splitlines()]
    return Report(data={"snippets": texts}, lines=lines)
