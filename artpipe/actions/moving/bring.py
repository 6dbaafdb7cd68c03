"""Taking the files of an old tree into the library, a batch per transaction."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from artpipe.actions.admit import Admission
from artpipe.actions.moving.made import Made
from artpipe.actions.moving.names_in import NamesIn
from artpipe.actions.moving.place import Placing
from artpipe.actions.moving.renewal import Renewal, renew
from artpipe.actions.register import RegisterRequest
from artpipe.actions.report import Problem
from artpipe.db import oldfiles, survey
from artpipe.db.oldfiles import Taken
from artpipe.names import path_text, shown
from artpipe.pipeline.ahead import ahead_together
from artpipe.pipeline.contents import read_content
from artpipe.pipeline.walk import Candidate, PassedOver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from artpipe.actions.moving.finding import Findings
    from artpipe.actions.report import Progress
    from artpipe.db.survey import Surveyed
    from artpipe.library import Library
    from artpipe.pipeline.stopping import Stop

Item = TypeVar("Item")
Bytes = TypeVar("Bytes")

PAGE = 1000
RECORD = 500
_SIZE = attrgetter("size")
# Phases (see pipeline/oldtree.py). A batch never crosses these: what a name means depends on what is recorded of those
# before it.
_REAL_ORIGINALS, _REAL_DECISIONS, _EMPTY_ORIGINALS = (0, 1), (2, 3), (4, 4)
_REAL_MADE, _EMPTY_MADE, _SMALL, _MARKS = (10, 49), (50, 50), (60, 61), (70, 71)


@dataclass(frozen=True, slots=True)
class Source:
    """The tree that is taken in.

    Args:
        root: its real path.
        tree: its number in `old_trees`.
        originals: its folders of originals.
        copy: never link, although that would be possible.
    """

    root: str
    tree: int
    originals: tuple[str, ...] = ("img",)
    copy: bool = False

    def path(self, row: Surveyed) -> str:
        return f"{self.root}/{row.folder}/{row.name}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits, and may have enough."""

    stop: Stop
    progress: Progress


@dataclass(slots=True)
class Brought:
    """What was done, and what was not.

    Args:
        overwritten: images whose originals were changed through the name that they share with the tree.
        unsure: an approval could not be read.
    """

    files: int = 0
    overwritten: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True
    unsure: bool = False


class Bringing:
    """Takes in what is new; each batch is complete in itself, so that it can be cut short anywhere."""

    def __init__(self, library: Library, source: Source, findings: Findings, waiting: Waiting) -> None:
        self._library, self._db, self._source = library, library.db, source
        self._stop, self._progress = waiting.stop, waiting.progress
        self._admission = Admission(library, RegisterRequest((), copy=source.copy))
        names = NamesIn(library, source, findings)
        self._place, self._made = Placing(names, self._admission), Made(names, self._admission.owner)
        self._scratch: Path | None = None
        self.brought = Brought()

    def run(self) -> Brought:
        """Everything; `complete` says whether there was time for it."""
        from artpipe.pipeline.intake import read

        with self._admission.reading() as how:
            reading, self._scratch = partial(read, how=how), how.scratch
            self._read(reading, _REAL_ORIGINALS, self._place.originals)
            self._read(reading, _REAL_DECISIONS, self._place.originals)
            self._mark(_EMPTY_ORIGINALS, self._place.empty_originals)
            self._read(reading, _REAL_MADE, self._made.take)
            self._mark(_EMPTY_MADE, self._place.empty)
            self._read(read_content, _SMALL, self._place.small)
            self._mark(_MARKS, self._place.marks)
        self.brought.overwritten = self._admission.overwritten
        return self.brought

    def _read(
        self,
        read: Callable[[Candidate], Bytes | PassedOver],
        phases: tuple[int, int],
        take: Callable[[Sequence[tuple[Surveyed, Bytes]]], Sequence[Taken | PassedOver | Renewal]],
    ) -> None:
        """Take in names with bytes."""
        rows = survey.new(self._db, self._source.tree, phases, PAGE)
        with closing(ahead_together(lambda row: read(self._candidate(row)), rows, _SIZE)) as found:
            while batch := self._batch(found, RECORD):
                self._library.require_room()
                sound = [(row, one) for row, one in batch if not isinstance(one, PassedOver)]
                lost = [(row, one) for row, one in batch if isinstance(one, PassedOver)]
                with self._db.transaction():
                    results = take(sound)
                    self._record([one for one in results if isinstance(one, Taken)])
                lost += [
                    (row, one) for (row, _), one in zip(sound, results, strict=True) if isinstance(one, PassedOver)
                ]
                self.brought.unsure |= any(row.role == "approved" for row, _ in lost)
                self._count([one for _, one in lost])
                self._count([self._renewed(one) for one in results if not isinstance(one, PassedOver)])
                for _, one in sound:
                    _drop_copy(one)

    def _mark(self, phases: tuple[int, int], take: Callable[[Sequence[Surveyed]], Sequence[Taken]]) -> None:
        """Take in empty names."""
        rows = survey.new(self._db, self._source.tree, phases, PAGE)
        while batch := self._batch(rows, PAGE):
            with self._db.transaction():
                results = take(batch)
                self._record(results)
            self._count(results)

    def _batch(self, items: Iterator[Item], size: int) -> list[Item]:
        """The next few, or none if it is time to stop."""
        if self._stop.jobs is not None:
            size = min(size, self._stop.jobs - self.brought.files)
        batch = list(islice(takewhile(lambda _: not self._stop.check(), items), size))
        if not batch and (self._stop.why or not size):
            self.brought.complete = False
        return batch

    def _candidate(self, row: Surveyed) -> Candidate:
        return Candidate(self._source.path(row), row.size, row.mtime_ns, row.inode)

    def _renewed(self, taken: Taken | Renewal) -> Taken | PassedOver:
        if isinstance(taken, Taken):
            return taken
        renewal = taken
        if self._scratch is not None and renew(self._library, renewal, self._source.tree, self._scratch):
            return renewal.taken
        message = "changes while it is read; migrate again later"
        return PassedOver(renewal.found.path, "changing", message, failed=True)

    def _record(self, taken: Sequence[Taken]) -> None:
        """Note what became of names, at the end of a transaction."""
        # The files must be on disk under their names before the rows that stand for them are.
        self._library.store.sync_new()
        oldfiles.record(self._db, self._source.tree, taken)

    def _count(self, results: Sequence[Taken | PassedOver]) -> None:
        failed = [one for one in results if isinstance(one, PassedOver)]
        for one in failed:
            item = path_text(one.path)
            self.brought.problems.append(Problem(one.code, item, f"{shown(item)} {one.message}"))
        self.brought.files += len(results) - len(failed)
        self._progress.advance(len(results) - len(failed), failed=len(failed))


def _drop_copy(found: object) -> None:
    """A copy that nothing came of, since the library had those bytes; the next ones need the room."""
    copy: Path | None = getattr(found, "copy", None)
    if copy is not None:
        copy.unlink(missing_ok=True)
