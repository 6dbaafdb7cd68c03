"""repair: mend what verify finds, where that is possible."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from artpipe.actions import findings
from artpipe.actions.compare import Comparison, unclaimed
from artpipe.actions.compare_pages import page_difference
from artpipe.actions.ending import SIGNALLED, exit_code
from artpipe.actions.findings_foreign import can_be_asked
from artpipe.actions.originals import ChangedError, put_back
from artpipe.actions.repair_plan import ORDER, Plan, Step
from artpipe.actions.report import Problem, Progress, Report, Silent, Table
from artpipe.actions.run import reclaim_dead
from artpipe.actions.verify import VerifyRequest, look_at
from artpipe.db import counters, jobs, mending, oddities, pages, ready, structure, verification
from artpipe.errors import StorageError
from artpipe.names import shown
from artpipe.pipeline import leftovers
from artpipe.pipeline.stopping import Stop, listening
from artpipe.store import inspect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from artpipe.actions.findings import Mend
    from artpipe.actions.verify import Result
    from artpipe.db.verification import Recorded
    from artpipe.library import Library

DONE = ("repaired", "queued", "adopted", "quarantined", "unrepairable")
COLUMNS = ("done", "code", "item", "stage", "path", "detail")
# Files moved in one transaction, while nobody else can write.
CHUNK = 200
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


@dataclass(frozen=True, slots=True)
class RepairRequest:
    """How thoroughly to look, for how long, and whether to change anything.

    With a time limit, files that were compared longest ago come first; what was found by then is mended.
    """

    quick: bool = False
    dry_run: bool = False
    stop: Stop = field(default_factory=Stop)


def repair(library: Library, request: RepairRequest, progress: Progress | None = None) -> Report:
    """Look, decide what can be done about each finding, do it."""
    with listening(request.stop):
        look = VerifyRequest(
            quick=request.quick,
            incremental=request.stop.seconds is not None and not request.quick,
            stop=request.stop,
            noting=not request.dry_run,
        )
        steps, complete = _mended(library, look, progress or Silent(), dry_run=request.dry_run)
    return _report(library, steps, request, complete=complete)


def _mended(library: Library, look: VerifyRequest, progress: Progress, *, dry_run: bool) -> tuple[list[Step], bool]:
    result = look_at(library, look, progress)
    steps = Plan(library, result.findings).steps()
    if dry_run:
        return steps, result.complete
    steps = _Mending(library, result, look.stop).perform(steps)
    could, can = (can_be_asked([step.finding for step in chosen]) for chosen in (steps, _left(steps)))
    if could or not can:
        return steps, result.complete
    more, complete = _mended(library, look, progress, dry_run=False)
    return [*steps, *more], complete


def _left(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.done == "unrepairable"]


def _report(library: Library, steps: Sequence[Step], request: RepairRequest, *, complete: bool) -> Report:
    rows = [(step.done, *_cells(step), step.detail) for step in steps]
    counts = {done: sum(step.done == done for step in steps) for done in DONE}
    data = {**counts, "complete": complete, "items": [dict(zip(COLUMNS, row, strict=True)) for row in rows]}
    would = "would be " if request.dry_run else ""
    parts = [f"{number} {would}{done}" for done, number in counts.items() if done != "unrepairable"]
    notes = [f"{', '.join(parts)}, {counts['unrepairable']} unrepairable"]
    if counts["quarantined"] and not request.dry_run:
        notes.append(f"What was moved lies in {library.store.root / inspect.QUARANTINE}; nothing was deleted")
    if not complete:
        notes.append("Not everything was looked at; the next `artpipe repair` with a time limit goes on from here")
    if counts["queued"]:
        notes.append("`artpipe run` makes again what is queued")
    problems = [
        Problem(step.finding.code, step.finding.item, f"{step.finding.code}: {' '.join(_named(step))}: {step.detail}")
        for step in steps
        if step.done == "unrepairable"
    ]
    tables = [Table(COLUMNS, rows)] if rows else []
    code = exit_code(request.stop.why, remains=not complete)
    return Report(data, tables=tables, notes=notes, problems=problems, exit_code=code)


def _cells(step: Step) -> tuple[str, ...]:
    finding = step.finding
    return finding.code, finding.item, finding.stage, finding.path


def _named(step: Step) -> list[str]:
    return [shown(text) for text in (step.finding.stage, step.finding.item) if text]


class _Mending:
    """Does what was planned; every step looks again before it changes anything."""

    def __init__(self, library: Library, result: Result, stop: Stop) -> None:
        self._library, self._db, self._root = library, library.db, library.store.root
        self._last_row, self._stop = result.last_row, stop
        self._comparison = Comparison(library, stop, quick=False)
        self._label = time.strftime("%Y-%m-%d")
        self._restored: set[str] = set()
        self._moved: dict[str, str] = {}

    def perform(self, steps: Sequence[Step]) -> list[Step]:
        """Returns what was really done; less than planned if somebody says stop."""
        ways: dict[Mend, Callable[[Sequence[Step]], list[Step]]] = {
            "recreate": self._recreate,
            "reclaim": self._reclaim,
            "sweep": self._sweep,
            "complete": self._complete,
            "restore": self._restore,
            "remake": self._remake,
            "quarantine": self._quarantine,
            "recompute": self._recompute,
            "recount": self._recount,
            "rebuild": self._rebuild,
        }
        done: list[Step] = []
        for mend in ORDER:
            due = [step for step in steps if step.finding.repair == mend]
            hopeless = [step for step in due if step.done == "unrepairable"]
            due = [step for step in due if step.done != "unrepairable"]
            done += hopeless
            for start in range(0, len(due), CHUNK):
                if self._is_over():
                    return done
                done += ways[mend](due[start : start + CHUNK])
        return done

    def _is_over(self) -> bool:
        """Whether to stop; when time is up, what was found is still mended for as long as work in hand may take."""
        return self._stop.check() and (self._stop.why in SIGNALLED or self._stop.grace_over())

    def _recreate(self, steps: Sequence[Step]) -> list[Step]:
        try:
            with self._db.transaction():
                structure.recreate(self._db)
        except StorageError as error:
            return [step.failed(str(error)) for step in steps]
        return list(steps)

    def _reclaim(self, steps: Sequence[Step]) -> list[Step]:
        reclaim_dead(self._library)
        with self._db.transaction():
            # Runs begin in a transaction too: none that is alive can be missing here.
            alive = findings.living_runs(self._library)
            for run_id in {row["run_id"] for row in verification.running_jobs(self._db)} - {None, *alive}:
                jobs.reclaim(self._db, run_id)
        return list(steps)

    def _sweep(self, steps: Sequence[Step]) -> list[Step]:
        with self._db.transaction():
            for owner in findings.ownerless(self._library):
                leftovers.clear(self._library, owner)
        return list(steps)

    def _complete(self, steps: Sequence[Step]) -> list[Step]:
        with self._db.transaction():
            for step in steps:
                mending.clear_flags(self._db, step.finding.item)
            for odd in [*oddities.numbers(self._db)]:
                oddities.clear_number(self._db, odd)
        return list(steps)

    def _recompute(self, steps: Sequence[Step]) -> list[Step]:
        tables = {f"{name}-stale": table for table, name in verification.value_tables()}
        with self._db.transaction():
            for step in steps:
                mending.forget_value(self._db, tables[step.finding.code], step.finding.item, step.finding.stage)
        return list(steps)

    def _recount(self, steps: Sequence[Step]) -> list[Step]:
        with self._db.transaction():
            counters.recount(self._db)
            ready.refill(self._db)
        return list(steps)

    def _rebuild(self, steps: Sequence[Step]) -> list[Step]:
        """Pages: rows first, then the files."""
        with self._db.transaction():
            wrong = [
                page.path
                for page in (pages.find(self._db, step.finding.path) for step in steps)
                if page is not None and page_difference(self._library, page, quick=False) is not None
            ]
            for path in wrong:
                pages.forget_file(self._db, path)
        moved, kept = self._set_aside([path for path in wrong if inspect.exists(self._root, path)])
        return [_told(step, moved, kept) for step in steps]

    def _restore(self, steps: Sequence[Step]) -> list[Step]:
        return [_guarded(step, self._put_back) for step in steps]

    def _put_back(self, step: Step) -> Step:
        copy = step.copy
        if copy is None or copy.image_id in self._restored:
            return step
        # An original that stood in another's place may have been moved since.
        source = self._moved.get(str(copy.source), str(copy.source))
        with leftovers.scratch_of(self._library, f"repair-{os.getpid()}") as scratch:
            aside = put_back(self._library, replace(copy, source=self._root / source), scratch, self._label)
        self._restored.add(copy.image_id)
        if aside is None:
            return step
        self._moved[str(self._root / copy.target)] = str(self._root / aside)
        return step.noted(f"what had its place is now {aside}")

    def _remake(self, steps: Sequence[Step]) -> list[Step]:
        """Rows first, then the files: no row may stand over other bytes, or over none."""
        rows = [self._recorded(step) for step in steps]
        with self._db.transaction():
            last_row = verification.last_row(self._db)
            for row in rows:
                if row is not None:
                    mending.ask_again(self._db, row)
                    mending.forget(self._db, row)
        paths = [step.finding.path for step, row in zip(steps, rows, strict=True) if row]
        moved, kept = self._move(paths, last_row)
        where = moved | kept
        return [step.noted(where[step.finding.path]) if step.finding.path in where else step for step in steps]

    def _recorded(self, step: Step) -> Recorded | None:
        """The row of a file, if there is still something wrong with it."""
        row = verification.find_recorded(self._db, step.finding.item, step.finding.stage)
        return row if row is not None and self._comparison.examine(row) is not None else None

    def _quarantine(self, steps: Sequence[Step]) -> list[Step]:
        adopted = [_guarded(step, self._put_back) for step in steps if step.copy is not None]
        strays = [step for step in steps if step.copy is None]
        moved, kept = self._move([step.finding.path for step in strays], self._last_row)
        return adopted + [_told(step, moved, kept) for step in strays]

    def _move(self, paths: Sequence[str], last_row: int) -> tuple[dict[str, str], dict[str, str]]:
        """Move files that nobody lays claim to out of the way; returns where to, and why not."""
        with self._db.transaction():
            return self._set_aside(unclaimed(self._library, paths, last_row))

    def _set_aside(self, paths: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
        moved, kept = {}, {}
        for path in paths:
            try:
                moved[path] = f"it is now {inspect.quarantine(self._root, path, self._label)}"
            except OSError as error:
                kept[path] = _reason(error)
        return moved, kept


def _told(step: Step, moved: dict[str, str], kept: dict[str, str]) -> Step:
    path = step.finding.path
    if path in kept:
        return step.failed(kept[path])
    return step.noted(moved[path]) if path in moved else step


def _guarded(step: Step, mend: Callable[[Step], Step]) -> Step:
    """One file that cannot be mended stops nothing; a disk that takes nothing stops everything."""
    try:
        return mend(step)
    except ChangedError as error:
        return step.failed(f"{shown(str(error))}; try again")
    except OSError as error:
        return step.failed(_reason(error))


def _reason(error: OSError) -> str:
    if error.errno in _NO_ROOM:
        raise StorageError(f"{error.filename}: {error.strerror}. Make room, then repair again.") from error
    return f"it cannot be moved: {error.strerror}"
