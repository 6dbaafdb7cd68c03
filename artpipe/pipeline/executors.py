"""Where work is performed: a pool of worker processes that die alone."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from socket import SHUT_WR, socket, socketpair
from typing import TYPE_CHECKING

from artpipe.errors import ArtpipeError
from artpipe.model import Failure, Outcome, Task, Work
from artpipe.pipeline.worker import READY
from artpipe.stages.command import family

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# A worker has its next task at hand before it has finished this one; of short ones as many as keep it busy while the
# results of others are recorded, no more than its line takes.
SECONDS_AT_HAND = 0.2
MOST_AT_HAND = 48
_WORKER = "artpipe.pipeline.worker"
_STARTS_IN_VAIN = 3
_LAST_MOMENT = 1.0
# A process that has not said that it is ready by then hangs; a slow disk and a busy machine are allowed for.
_START_SECONDS = 60.0


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection
    lifeline: int
    log: Path
    works: deque[tuple[Task, Work]] = field(default_factory=deque)
    ready: bool = False
    since: float = 0.0
    # How long it is likely to take for what it has at hand.
    likely: float = 0.0

    def hang_up(self) -> None:
        """Say that nothing more will come; the other direction stays open."""
        with contextlib.suppress(OSError), socket(fileno=os.dup(self.connection.fileno())) as line:
            line.shutdown(SHUT_WR)

    def overdue(self, now: float) -> bool:
        limit = _START_SECONDS
        if self.works and self.ready:
            limit = self.works[0][1].timeout + self.works[0][1].patience
        return (bool(self.works) or not self.ready) and now - self.since > limit


class WorkerPool:
    """Performs tasks in worker processes. A worker that dies fails the one job it was at; all others go on.

    Args:
        size: number of processes.
        lock: the run's lock file; every worker holds it too, so that the run counts as alive while any of them is.
        folder: scratch folder for what workers print.
        memory_limit: MiB of address space for each worker; 0 for no limit.
    """

    def __init__(self, size: int, lock: Path, folder: Path, memory_limit: int = 0) -> None:
        self.size = size
        self._memory_limit = memory_limit
        self._lock = lock
        self._folder = folder
        self._workers: list[_Worker] = []
        self._queue: deque[Task] = deque()
        self._started = 0
        self._in_vain = 0
        # Programs whose worker has died become this process's children, so that it can end them.
        family.become_guardian()
        # Stage -> how long a job of it takes here, the last ones counting most.
        self._usual: dict[str, float] = {}

    def submit(self, tasks: Sequence[Task]) -> None:
        self._queue.extend(tasks)
        self._hand_out()

    def backlog(self) -> int:
        """Tasks that wait for a worker."""
        return len(self._queue)

    def forget_backlog(self) -> None:
        """Hand out no more; the jobs of what waited are given back when the run ends."""
        self._queue.clear()

    def forget(self, stage: str) -> None:
        """Hand out nothing more of one stage; the same holds for its jobs."""
        kept = [task for task in self._queue if any(work.stage != stage for work in task.works)]
        self._queue.clear()
        self._queue.extend(kept)

    def busy(self) -> bool:
        return bool(self._queue) or any(worker.works for worker in self._workers)

    def poll(self, timeout: float) -> list[Outcome]:
        """What was finished, waiting up to `timeout` seconds for the first."""
        outcomes: list[Outcome] = []
        lines = {worker.connection: worker for worker in self._workers}
        for line in wait(list(lines), timeout):
            if isinstance(line, Connection):
                outcomes += self._receive(lines[line])
        outcomes += self._overdue()
        self._hand_out()
        return outcomes

    def close(self, grace: float = 1.0) -> None:
        """End all workers; what they had in hand is theirs no more."""
        for worker in self._workers:
            worker.hang_up()
        deadline = time.monotonic() + grace
        for worker in self._workers:
            if not worker.works:
                # Its end of the line closes when it is gone: seen at once, where waiting for a process looks only
                # now and then.
                worker.connection.poll(max(deadline - time.monotonic(), 0.01))
            self._kill(worker)
        self._workers.clear()
        self._queue.clear()
        family.become_guardian(on=False)

    def _hand_out(self) -> None:
        while self._queue:
            worker = self._least_busy()
            if worker is None:
                return
            self._give(worker, self._queue.popleft())

    def _least_busy(self) -> _Worker | None:
        idle = next((worker for worker in self._workers if not worker.works), None)
        if idle is None and len(self._workers) < self.size:
            idle = self._start()
            self._workers.append(idle)
        if idle is not None:
            return idle
        fewest = min(self._workers, key=lambda worker: len(worker.works))
        return fewest if self._has_room(fewest) else None

    def _has_room(self, worker: _Worker) -> bool:
        first, last = worker.works[0][0], worker.works[-1][0]
        return first is last or (len(worker.works) < MOST_AT_HAND and worker.likely < SECONDS_AT_HAND)

    def _likely(self, work: Work) -> float:
        return self._usual.get(work.stage, SECONDS_AT_HAND)

    def _give(self, worker: _Worker, task: Task) -> None:
        if not worker.works:
            worker.since, worker.likely = time.monotonic(), 0.0
        worker.likely += sum(map(self._likely, task.works))
        worker.works.extend((task, work) for work in task.works)
        # A worker that died meanwhile is noticed when its line is read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            worker.connection.send(task)

    def _receive(self, worker: _Worker) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            while _readable(worker.connection):
                message = worker.connection.recv()
                worker.since = time.monotonic()
                if message == READY:
                    worker.ready, self._in_vain = True, 0
                else:
                    _, work = worker.works.popleft()
                    before = self._usual.get(work.stage, message.seconds)
                    worker.likely -= self._likely(work)
                    self._usual[work.stage] = before + (message.seconds - before) / 8
                    outcomes.append(message)
        except (EOFError, OSError):
            outcomes += self._bury(worker, None)
        return outcomes

    def _overdue(self) -> list[Outcome]:
        now = time.monotonic()
        outcomes: list[Outcome] = []
        for worker in [worker for worker in self._workers if worker.overdue(now)]:
            limit = worker.works[0][1].timeout if worker.works else _START_SECONDS
            outcomes += self._bury(
                worker, ("timeout", f"This took longer than the limit of {limit:g} s and was stopped.")
            )
        return outcomes

    def _bury(self, worker: _Worker, verdict: tuple[str, str] | None) -> list[Outcome]:
        """Take a dead (or condemned) worker out: one job is to blame, what else it had in hand is handed out again."""
        self._workers.remove(worker)
        if verdict is None:
            # Its line is closed a moment before it has ended; how it ended by itself is worth that moment.
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.process.wait(_LAST_MOMENT)
        self._kill(worker)
        if not worker.ready:
            self._require_start(worker)
        outcomes: list[Outcome] = []
        if worker.works and worker.ready:
            _, work = worker.works.popleft()
            code, message = verdict or ("worker-died", _death(worker.process.returncode, worker.log))
            outcomes.append(Failure(work.job_id, "transient", code, message, time.monotonic() - worker.since))
        self._queue.extendleft(reversed(_regrouped(worker.works)))
        return outcomes

    def _require_start(self, worker: _Worker) -> None:
        self._in_vain += 1
        if self._in_vain >= _STARTS_IN_VAIN:
            raise ArtpipeError(f"Worker processes do not start: {_death(worker.process.returncode, worker.log)}")

    def _start(self) -> _Worker:
        self._started += 1
        limit = str(self._memory_limit)
        log = self._folder / f"worker-{self._started}.log"
        ours, theirs = socketpair()
        life_read, life_write = os.pipe()
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no foreign text
                [sys.executable, "-m", _WORKER, str(theirs.fileno()), str(life_read), str(self._lock), limit],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(theirs.fileno(), life_read),
                # A group of its own: Ctrl-C reaches the coordinator alone, and a worker's programs end with it.
                process_group=0,
                env=_environment(),
            )
        theirs.close()
        os.close(life_read)
        return _Worker(process, Connection(ours.detach()), life_write, log, since=time.monotonic())

    def _kill(self, worker: _Worker) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
        family.end_orphans()
        worker.connection.close()
        with contextlib.suppress(OSError):
            os.close(worker.lifeline)


def _environment() -> dict[str, str]:
    # A run that a job of another run has started: its workers are no job's programs.
    inherited = {name: value for name, value in os.environ.items() if name != family.MARK}
    return {**inherited, "OMP_WAIT_POLICY": "passive", "VIPS_CONCURRENCY": "1"}


def _readable(connection: Connection) -> bool:
    """The same as its `poll()`, which makes a selector each time."""
    asked = select.poll()
    asked.register(connection.fileno(), select.POLLIN)
    return bool(asked.poll(0))


def _regrouped(works: deque[tuple[Task, Work]]) -> list[Task]:
    """The tasks that are left of what a worker had in hand."""
    left: dict[int, tuple[Task, list[Work]]] = {}
    for task, work in works:
        left.setdefault(id(task), (task, []))[1].append(work)
    return [task._replace(works=tuple(rest)) for task, rest in left.values()]


def _death(returncode: int, log: Path) -> str:
    how = f"with exit code {returncode}"
    if returncode < 0:
        how = f"by {signal.Signals(-returncode).name}"
        if returncode == -signal.SIGKILL:
            how += " (often the system's out-of-memory killer)"
    try:
        last = log.read_text(errors="replace").strip().splitlines()[-3:]
    except OSError:
        last = []
    printed = f" Last words: {' / '.join(last)[:500]}" if last else ""
    return f"The worker process was ended {how} while it worked on this.{printed}"
