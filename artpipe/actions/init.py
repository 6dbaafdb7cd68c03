"""init: create cv.db, art/ and a commented artpipe.toml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from artpipe.actions.report import Report
from artpipe.stages.makers import maker_class
from artpipe.stages.registry import BUILT_IN

if TYPE_CHECKING:
    from artpipe.library import Library


def init(library: Library) -> Report:
    """Complete a library that was just opened or created; what is there is left as it is."""
    library.store.create()
    created = not library.settings.file.exists()
    if created:
        library.settings.file.write_text(template(), encoding="utf-8")
    data = {
        "database": str(library.db.path),
        "art": str(library.settings.art),
        "settings": str(library.settings.file),
        "settings_created": created,
    }
    place = f"Library: {library.db.path}, {library.settings.art}/, {library.settings.file}"
    return Report(data=data, notes=[f"{place}. Next: {_next(Path.cwd())}"])


def _next(here: Path) -> str:
    """What a person most likely wants: to move in, where a tree of the old layout lies."""
    is_tree = (here / "img").is_dir() and any((here / name).is_dir() for name in ("yes", "no"))
    return "artpipe migrate --dry-run" if is_tree else "artpipe register PATH"


def template() -> str:
    """An `artpipe.toml` that says every default in comments."""
    parts = [_HEAD]
    for name, definition in BUILT_IN.items():
        source = definition.inputs[0] if len(definition.inputs) == 1 else list(definition.inputs)
        parts.append(f"\n[stages.{name}]\n# input = {json.dumps(source)}\n")
        parts.append(f"# timeout = {definition.timeout:g}  # seconds for one picture\n")
        for key, parameter in maker_class(definition.kind).parameters.items():
            value = json.dumps(definition.params.get(key, parameter.default))
            parts.append(f"# {key} = {value}  # {parameter.help}\n")
    return "".join([*parts, _TAIL])


_TAIL = """
# Any program can be a stage of its own: docs/stages.md says how.
"""
_HEAD = """\
# Settings of this artpipe library. Everything has a default; take the # away to change a line.
# A changed recipe makes what it concerns stale: `artpipe run --dry-run` says how much would be made again.

[library]
# max_pixels = 100000000  # larger pictures are rejected as too-large

[run]
# jobs = 0  # worker processes; 0 is one per core
# memory_limit = 0  # MiB of address space for one worker; 0 is no limit
# reserve = 256  # MiB that a run leaves free on the disk of art/
"""
