"""A folder outside the library that holds a copy of some of its files, for a web server."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from artpipe.store.inspect import is_within

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

JOURNAL = ".artpipe-gallery"


class PublishedFolder:
    """Keeps a folder as it ought to be; what is right already is not written again, what nobody wants any more goes.

    A journal in the folder says which files are ours, a line for each before it is made: nothing else there is ever
    touched, and whatever a crash left is known.

    Args:
        root: the folder; it need not exist.
    """

    def __init__(self, root: Path) -> None:
        self._root, self._journal = root, root / JOURNAL
        self._was = _read(self._journal)
        self._now: dict[str, str] = {}
        self.written = self.removed = 0

    def is_foreign(self) -> bool:
        """Whether somebody else's files are in the folder and none of ours."""
        return not self._journal.exists() and self._root.exists() and any(self._root.iterdir())

    def __enter__(self) -> Self:
        self._root.mkdir(parents=True, exist_ok=True)
        self._lines = self._journal.open("a", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()

    def link(self, name: str, source: Path, sha256: str) -> None:
        """Have a file of the library: hard-linked, or copied where that is impossible."""
        if name in self._now:
            return
        target = self._root / name
        if not self._take(name, sha256, sha256 != "" and _same_size(target, source)):
            return
        scratch = self._scratch(target)
        try:
            os.link(os.path.realpath(source), scratch)
        except OSError:
            shutil.copyfile(source, scratch)
        scratch.replace(target)

    def write(self, name: str, data: bytes, sha256: str) -> None:
        """Have a file with these bytes."""
        target = self._root / name
        if self._take(name, sha256, target.is_file() and target.stat().st_size == len(data)):
            scratch = self._scratch(target)
            scratch.write_bytes(data)
            scratch.replace(target)

    def finish(self) -> None:
        """Remove what was not asked for this time."""
        for name in self._was.keys() - self._now.keys():
            (self._root / name).unlink(missing_ok=True)
            self.removed += 1
        scratch = self._journal.with_name(JOURNAL + ".new")
        scratch.write_text("".join(_line(name, sha256) for name, sha256 in self._now.items()), encoding="utf-8")
        scratch.replace(self._journal)

    def _take(self, name: str, sha256: str, as_large: bool) -> bool:
        """Whether a file has to be made; if so, the journal knows it from now on."""
        self._now[name] = sha256
        if as_large and self._was.get(name) == sha256:
            return False
        self._lines.write(_line(name, ""))
        self._lines.flush()
        self.written += 1
        return True

    def _scratch(self, target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._root / (JOURNAL + ".part")
        scratch.unlink(missing_ok=True)
        return scratch


def _line(name: str, sha256: str) -> str:
    return json.dumps([name, sha256]) + "\n"


def _read(journal: Path) -> dict[str, str]:
    """File name -> sha256, or nothing for one that was being made; what makes no sense is left out."""
    known: dict[str, str] = {}
    if journal.exists():
        for line in journal.read_text(encoding="utf-8", errors="replace").splitlines():
            # A line that was cut short, or that somebody else wrote.
            with suppress(ValueError, TypeError):
                name, sha256 = json.loads(line)
                if is_within(name):
                    known[name] = sha256
    return known


def _same_size(target: Path, source: Path) -> bool:
    try:
        return target.stat().st_size == source.stat().st_size
    except OSError:
        return False
