"""migrate --verify: both sides compared, byte for byte."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artpipe.actions.ending import exit_code
from artpipe.actions.moving import digest
from artpipe.actions.moving.digest import Sides
from artpipe.actions.moving.finding import Findings
from artpipe.actions.moving.plan import load
from artpipe.actions.report import Report
from artpipe.db import oldfiles, sides, survey
from artpipe.pipeline.ahead import ahead_together
from artpipe.store import inspect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from artpipe.actions.report import Progress
    from artpipe.db.sides import Side
    from artpipe.library import Library
    from artpipe.pipeline.oldtree import OldTree
    from artpipe.pipeline.stopping import Stop
    from artpipe.store.inspect import Look

_BACK = "`artpipe repair` brings an original back, `artpipe sync-artifacts` anything else"


@dataclass(frozen=True, slots=True)
class _Looked:
    """Both files of a name, as the disk has them now."""

    old: Look
    ours: Look


class Check:
    """Compares what is in the tree now with what the library has for it; changes neither.

    Args:
        number: of the tree in `old_trees`; 0 for one that was never taken in.
    """

    def __init__(self, library: Library, tree: OldTree, number: int, stop: Stop) -> None:
        self._library, self._db = library, library.db
        self._tree, self._number, self._stop = tree, number, stop
        self.differences = Findings()
        self.checked = 0
        self.complete = True
        self._sides: dict[str, Sides] = defaultdict(Sides)

    def run(self, progress: Progress) -> None:
        self.complete = load(self._db, self._tree, self._stop)
        if self.complete:
            self._compare_all(progress)
        if self.complete:
            self._gone()

    def _compare_all(self, progress: Progress) -> None:
        progress.start("comparing", survey.count(self._db))
        with closing(ahead_together(self._look, sides.present(self._db, self._number), attrgetter("size"))) as pairs:
            for side, looked in pairs:
                self._compare(side, looked)
                self.checked += 1
                progress.advance()
                if self._stop.check():
                    self.complete = False
                    break
        progress.finish()

    def data(self) -> dict[str, Any]:
        return {
            "checked": self.checked,
            "differences": self.differences.as_data(),
            "by_code": self.differences.by_code(),
            "complete": self.complete,
            "sides": digest.as_data(self._sides),
        }

    def report(self) -> Report:
        """What was found; exit code 3 if the sides differ."""
        found = f"{len(self.differences)} differences" if self.differences else "no difference"
        rest = "" if self.complete else "; there was no time for everything, the same command begins again"
        tables = [*digest.tables(self._sides), *self.differences.tables()]
        note = f"{self.checked} names compared, {found}{rest}"
        code = exit_code(self._stop.why, found=bool(self.differences), remains=not self.complete)
        return Report(data=self.data(), tables=tables, notes=[note], exit_code=code)

    def _look(self, side: Side) -> _Looked:
        """The two files; one that has both names is read once."""
        if not side.size:
            return _Looked(inspect.Look(), inspect.Look())
        path = self._tree.path(side.folder, side.name)
        ours = self._library.store.root / side.path if side.path and inspect.is_within(side.path) else None
        if ours is not None and _is_same_file(path, ours):
            look = inspect.look(ours, hashed=True)
            return _Looked(look, look)
        return _Looked(
            inspect.look(Path(path), hashed=True), inspect.look(ours, hashed=True) if ours else inspect.Look()
        )

    def _compare(self, side: Side, looked: _Looked) -> None:
        both = self._sides[side.folder]
        both.tree.add(side.name, side.size, looked.old.sha256)
        sha256 = looked.ours.sha256 if side.path else self._kept(side)
        if side.recorded and (sha256 is not None or side.sha256 is None):
            size = looked.ours.size if side.path else side.size
            both.library.add(side.name, size, sha256)
        for code, detail in self._found(side, looked, sha256):
            self.differences.add(code, f"{side.folder}/{side.name}", detail)

    def _kept(self, side: Side) -> str | None:
        content = oldfiles.content(self._db, side.ours) if side.ours is not None else None
        return None if content is None else hashlib.sha256(content).hexdigest()

    def _found(self, side: Side, looked: _Looked, ours: str | None) -> Iterator[tuple[str, str]]:
        """What is different about a name."""
        if not side.recorded:
            yield "not-migrated", "it was never taken in; `artpipe migrate` does that"
            return
        if side.open:
            yield "decision-open", "it was read, but not acted on; `artpipe migrate` does that"
        old = looked.old
        if old.trouble:
            yield "unreadable", old.reason or old.trouble
        elif old.sha256 != side.sha256:
            yield "changed", f"its sha256 is {_hash(old.sha256)} now, and was {_hash(side.sha256)} when it was taken in"
        elif looked.ours.trouble:
            yield "lost", f"art/{side.path}: {looked.ours.reason or looked.ours.trouble}; see `artpipe verify`"
        elif side.sha256 is not None and ours is None:
            yield "lost", f"the library has no artifact for it any more; {_BACK}"
        elif ours != side.sha256:
            detail = f"art/{side.path} has the sha256 {_hash(ours)}, the old file {_hash(side.sha256)}"
            yield "differs", f"{detail}; `artpipe repair` mends it"

    def _gone(self) -> None:
        for row in survey.gone(self._db, self._number):
            item = f"{survey.named(row['folder'])}/{survey.named(row['name'])}"
            self.differences.add("gone", item, "it was taken in, and is not in the tree any more")


def _is_same_file(path: str, ours: Path) -> bool:
    try:
        return os.path.samefile(path, ours)
    except OSError:
        return False


def _hash(sha256: str | None) -> str:
    return sha256 or "that of an empty file"
