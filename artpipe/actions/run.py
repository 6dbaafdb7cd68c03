"""run: bring stages up to date."""

from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from artpipe.actions.ending import exit_code
from artpipe.actions.forecast import forecast
from artpipe.actions.report import Problem, Progress, Report, Silent
from artpipe.db import jobs, lineage, runs
from artpipe.errors import StorageError, ToolMissingError
from artpipe.model import Claim, Failure, Made, Order, Outcome
from artpipe.names import shown
from artpipe.pipeline import leftovers
from artpipe.pipeline.drain import Drain, Tally
from artpipe.pipeline.executors import WorkerPool
from artpipe.pipeline.lifecycle import Desk
from artpipe.pipeline.plan import Planner, Wish
from artpipe.pipeline.stopping import Stop, listening
from artpipe.store.locks import RunLock, is_alive, is_unharmed, lock_path, note_unharmed

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from artpipe.library import Library
    from artpipe.model import Stage

_DYING = 3.0


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to bring up to date, and for how long.

    Args:
        command: as it stands in `runs`.
        wish: which stages and images.
        workers: worker processes; 0 for the settings' number.
        problems: what is known to be wrong already (unknown ids).
    """

    command: str
    wish: Wish
    workers: int = 0
    stop: Stop = field(default_factory=Stop)
    dry_run: bool = False
    problems: tuple[Problem, ...] = ()
    order: Order = "oldest"


def run(library: Library, request: RunRequest, progress: Progress | None = None) -> Report:
    """Plan, then work until nothing is left, or until the run is told to stop."""
    library.require_art()
    planner = Planner(library, request.wish)
    if request.dry_run:
        return forecast(library, planner, planner.count(), request)
    return _Running(library, request, planner, progress or Silent()).go()


class _Running:
    def __init__(self, library: Library, request: RunRequest, planner: Planner, progress: Progress) -> None:
        self._library, self._request, self._planner, self._progress = library, request, planner, progress
        self._problems = list(request.problems)
        self._warnings: list[str] = []
        self._stop = request.stop

    def go(self) -> Report:
        self._stop.start()
        with (
            listening(self._stop),
            _registered(self._library, self._request.command, self._stop) as (run_id, lock),
        ):
            reclaim_dead(self._library)
            planned = self._planner.fill(self._stop.check)
            tally = self._work(run_id, lock, planned)
        return self._report(planned, tally)

    def _work(self, run_id: int, lock: Path, planned: Counter[tuple[str, str]]) -> Tally:
        library = self._library
        scratch = library.store.scratch(f"run-{run_id}")
        workers = self._request.workers or library.settings.workers()
        pool = WorkerPool(workers, lock, scratch, library.settings.memory_limit)
        drain = Drain(
            Desk(library, self._planner, run_id, scratch, self._request.order), pool, self._stop, self._on_end
        )
        self._progress.start("working", planned.total())
        try:
            drain.run()
        finally:
            # Only when no worker can write any more may the jobs go back.
            pool.close()
            drain.give_back()
            # This also makes room, which on a full disk the end of the run may need.
            leftovers.clear(library, f"run-{run_id}")
            self._progress.finish()
        return drain.tally

    def _on_end(self, claim: Claim, outcome: Outcome) -> None:
        if not isinstance(outcome, Failure):
            self._progress.note(_made(claim, outcome))
            self._progress.advance()
            if outcome.how.get("warning"):
                self._warnings.append(f"{claim.stage} of {shown(claim.image_id)}: {outcome.how['warning']}")
        elif outcome.kind != "environment":
            self._progress.advance(1, failed=1)
            message = f"{claim.stage} of {shown(claim.image_id)} failed ({outcome.code}): {shown(outcome.message)}"
            self._problems.append(Problem(outcome.code, claim.image_id, message))

    def _report(self, planned: Counter[tuple[str, str]], tally: Tally) -> Report:
        remaining = self._remaining(planned, tally)
        by_stage = {
            stage: {"completed": tally.completed[stage], "failed": tally.failed[stage]}
            for stage in self._planner.stages
            if tally.completed[stage] or tally.failed[stage]
        }
        data = {
            "completed": tally.completed.total(),
            "failed": tally.failed.total(),
            "remaining": remaining,
            "by_stage": by_stage,
            "stopped": self._stop.why,
            "blocked": tally.blocked,
        }
        notes = [f"{stage} was left out: {why}" for stage, why in tally.blocked.items()]
        notes += [*self._warnings, *self._left_out(), _sentence(data, planned)]
        return Report(
            data=data,
            notes=notes,
            problems=self._problems,
            exit_code=self._exit_code(remaining, tally),
        )

    def _left_out(self) -> list[str]:
        """What a person may have expected to be done and was not, although nothing is left to do."""
        planner, said = self._planner, []
        failed = jobs.failed_before(self._library.db, planner.stages, selected=planner.selected)
        failed -= len(self._problems) - len(self._request.problems)
        if failed > 0:
            said.append(f"{failed} failed before: `artpipe jobs` says why, `artpipe retry` makes them due again")
        undecided = planner.named_but_not_approved()
        said += [
            *planner.pairing_problems,
            *waiting_pairs(self._library, [planner.graph.stages[name] for name in planner.stages]),
        ]
        if undecided:
            said.append(f"{undecided} of the named images are not approved, which {', '.join(planner.named)} needs")
        return said

    def _remaining(self, planned: Counter[tuple[str, str]], tally: Tally) -> int:
        """What is left; the queue holds only what can be done next, so a stopped run counts from its plan."""
        queued = jobs.remaining(self._library.db, self._planner.stages, selected=self._planner.selected)
        stopped = self._stop.why is not None or self._stop.jobs is not None
        return max(queued, planned.total() - tally.ended()) if stopped else queued

    def _exit_code(self, remaining: int, tally: Tally) -> int | None:
        code = exit_code(self._stop.why, remains=self._stop.why == "time" and remaining > 0)
        return ToolMissingError.exit_code if code is None and tally.blocked else code


def waiting_pairs(library: Library, stages: Iterable[Stage]) -> list[str]:
    """Results that are wanted and can't be made, because of a parent."""
    return [
        f"{number} results of {stage.name} wait: {_WAITING[why]}"
        for stage in stages
        if stage.pairs is not None
        for why, number in lineage.waiting(library.db, stage).items()
    ]


_WAITING = {
    "rejected": "a parent of them is rejected",
    "undecided": "a parent of them is not approved",
    "missing": "a parent of them lacks the file they are made from",
}


def _made(claim: Claim, made: Made) -> str:
    how = ", ".join(f"{key} {value}" for key, value in made.how.items())
    return f"{claim.stage} of {claim.image_id}: {made.width}x{made.height} in {made.seconds:.2f} s ({how})"


def _sentence(data: Mapping[str, object], planned: Counter[tuple[str, str]]) -> str:
    if not planned and not data["completed"] and not data["failed"] and not data["remaining"]:
        return "Nothing to do: everything is up to date"
    parts = [f"{data['completed']} completed", f"{data['failed']} failed", f"{data['remaining']} remaining"]
    why = {"interrupted": "interrupted: ", "terminated": "terminated: ", "time": "time is up: "}.get(
        str(data["stopped"]), ""
    )
    return why + ", ".join(parts)


@contextmanager
def _registered(library: Library, command: str, stop: Stop) -> Iterator[tuple[int, Path]]:
    """A row in `runs` and the lock that proves it alive, visible to others in the same moment."""
    db = library.db
    with db.transaction():
        run_id = runs.start(db, command, socket.gethostname(), os.getpid())
        lock = RunLock(lock_path(db.path, run_id), create=True)
    outcome = "failed"
    try:
        yield run_id, lock.path
        outcome = stop.why or "finished"
    finally:
        try:
            _end(library, run_id, outcome)
        except BaseException:
            lock.abandon()
            raise
        lock.release()


def _end(library: Library, run_id: int, outcome: str) -> None:
    """Give back unharmed what is in hand, and end the run: both or neither, or the jobs would be nobody's for ever."""

    def write() -> None:
        with library.db.transaction():
            jobs.release(library.db, run_id)
            runs.end(library.db, run_id, outcome)

    try:
        write()
    except StorageError:
        # The disk is full: whoever takes over shall charge nothing; and the log's own room may be enough.
        note_unharmed(lock_path(library.db.path, run_id))
        library.db.reuse_log()
        write()


def _let_workers_die(library: Library) -> None:
    """Workers end with their coordinator, but a moment later; a run that begins in that moment waits for them."""
    deadline = time.monotonic() + _DYING
    here = socket.gethostname()
    for row in runs.open_runs(library.db):
        lock = lock_path(library.db.path, row["id"])
        while row["host"] == here and not _exists(row["pid"]) and is_alive(lock) and time.monotonic() < deadline:
            time.sleep(0.02)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def reclaim_dead(library: Library) -> int:
    """Take back the jobs of runs and of outside programs whose processes are all gone; returns how many."""
    db, taken = library.db, 0
    _let_workers_die(library)
    with db.transaction():
        for row in runs.open_runs(db):
            lock = lock_path(db.path, row["id"])
            if not is_alive(lock):
                taken += jobs.release(db, row["id"]) if is_unharmed(lock) else sum(jobs.reclaim(db, row["id"]))
                runs.end(db, row["id"], "died")
        taken += jobs.release_forgotten(db) + leftovers.give_up_abandoned(library)
        leftovers.sweep(library)
    return taken
