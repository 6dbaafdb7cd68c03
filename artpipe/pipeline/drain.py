"""The loop of a run: claim, perform, settle, until nothing is left or somebody says stop."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from artpipe.db import queue, runs
from artpipe.errors import InputHarmedError, StorageError
from artpipe.model import Claim, Failure, Outcome
from artpipe.pipeline import handing, lifecycle
from artpipe.pipeline.slotting import Slots
from artpipe.settings import available_cores
from artpipe.store.locks import folder_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from artpipe.pipeline.executors import WorkerPool
    from artpipe.pipeline.lifecycle import Desk
    from artpipe.pipeline.stopping import Stop

# Settling waits for the disk: not again before the pause was this many times as long as it took.
SETTLE_SECONDS = 0.25
MOST_SETTLE_SECONDS = 3.0
SETTLE_SHARE = 20
SETTLE_JOBS = 256
HEARTBEAT_SECONDS = 15.0
# How many seconds of work to hold claimed: enough to keep every worker busy, little enough to share with other runs.
CLAIM_SECONDS = 1.0
MOST_CLAIMED = 512
_SLOT_SECONDS = 0.1


@dataclass(slots=True)
class Tally:
    """What a run has done so far.

    Args:
        blocked: stage -> why it cannot be worked on here.
    """

    completed: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    blocked: dict[str, str] = field(default_factory=dict)

    def ended(self) -> int:
        return self.completed.total() + self.failed.total()


class Drain:
    """Works the queue empty.

    Args:
        on_end: called with (claim, outcome) of every job that ended, after it was recorded.
    """

    def __init__(self, desk: Desk, pool: WorkerPool, stop: Stop, on_end: Callable[[Claim, Outcome], None]) -> None:
        self._desk, self._pool, self._stop, self._on_end = desk, pool, stop, on_end
        self.tally = Tally()
        self._in_hand: dict[int, Claim] = {}
        self._slots = Slots(folder_of(desk.library.db.path))
        self._ended: list[tuple[Claim, Outcome]] = []
        self._turns = deque(desk.planner.stages)
        self._taken = 0
        self._rate = 0.0
        self._pause = SETTLE_SECONDS
        self._started = self._settled_at = self._beat_at = time.monotonic()

    def run(self) -> None:
        """Go on until the queue is empty or the run is stopped; what is in hand then still belongs to the run.

        Raises:
            StorageError: our own disk failed; no job was charged for it.
        """
        while self._turn():
            pass

    def _turn(self) -> bool:
        self._beat()
        stopping = self._stop.check()
        if stopping:
            self._pool.forget_backlog()
        claimed = 0 if stopping else self._refill()
        if not claimed and not self._pool.busy():
            self._settle()
            # Settling may have made more possible; and what other runs are at takes as long as it takes.
            return not stopping and (self._refill() > 0 or self._wait_for_slots())
        for outcome in self._pool.poll(0.1 if self._pool.busy() else 0.0):
            self._slots.free(outcome.job_id)
            claim = self._in_hand.pop(outcome.job_id)
            self._ended.append((claim, outcome))
            if isinstance(outcome, Failure) and outcome.code == InputHarmedError.CODE:
                # At once: whatever it gets to read next may be an original.
                self._block(claim.stage, outcome.message)
                self._pool.forget(claim.stage)
        if self._due():
            self._settle()
        return not self._stop.grace_over()

    def _wait_for_slots(self) -> bool:
        """Whether jobs are left that wait only for others to be done with theirs."""
        # A run that has taken all that it may take waits for no place.
        waits = bool(self._slots.waiting) and self._room() > 0
        if waits:
            time.sleep(_SLOT_SECONDS)
        return waits

    def give_back(self) -> None:
        """No worker is at work any more: let others have the places of what was in hand."""
        self._slots.free_all()

    def _due(self) -> bool:
        old = time.monotonic() - self._settled_at >= self._pause
        return len(self._ended) >= SETTLE_JOBS or (old and bool(self._ended)) or not self._pool.busy()

    def _refill(self) -> int:
        """Claim more while less than about a second of work waits; returns how many jobs."""
        if self._pool.backlog() > self._claim_size() // 2:
            return 0
        self._desk.library.require_room()
        claimed, whole = 0, self._room()
        stages = [stage for stage in self._turns if stage not in self.tally.blocked]
        waiting = [stage for stage in stages if self._is_waiting(stage)]
        # Whoever is first today is last next time: where there is room for few jobs, every stage gets its turn.
        self._turns.rotate(-1)
        for behind, stage in zip(range(len(waiting) - 1, -1, -1), waiting, strict=True):
            room = whole - claimed
            if room <= 0:
                break
            # Each an equal share of the room; what one does not need is for those behind it.
            claimed += self._claim(stage, -(-room // (behind + 1)))
        return claimed

    def _is_waiting(self, stage: str) -> bool:
        """Whether a stage has jobs to be claimed; asked before, since claiming takes the write lock."""
        planner = self._desk.planner
        found = queue.any_to_claim(self._desk.library.db, stage, selected=planner.selected)
        if not found:
            self._slots.waiting.discard(stage)
        return found

    def _claim(self, stage: str, limit: int) -> int:
        planner = self._desk.planner
        limit = self._slots.take(planner.graph.stages[stage], limit)
        if not limit:
            return 0
        siblings = self._stop.jobs - self._taken - limit if self._stop.jobs is not None else None
        claims = lifecycle.claim(self._desk, stage, limit, lifecycle.Company(siblings, frozenset(self.tally.blocked)))
        unfit = lifecycle.unfit(self._desk, claims)
        self._ended += [(claim, unfit[claim.job_id]) for claim in claims if claim.job_id in unfit]
        fit = [claim for claim in claims if claim.job_id not in unfit]
        self._in_hand.update({claim.job_id: claim for claim in fit})
        self._taken += len(claims)
        self._slots.give(planner.graph.stages[stage], fit)
        self._pool.submit(handing.tasks(self._desk, fit, self._threads(), self._slots.given))
        return len(claims)

    def _threads(self) -> int:
        """Each worker's share of the cores; the last few pictures of a run get more than one core each."""
        return max(available_cores() // max(min(self._pool.size, len(self._in_hand)), 1), 1)

    def _claim_size(self) -> int:
        least = self._pool.size * 2
        return min(max(int(self._rate * CLAIM_SECONDS), least), MOST_CLAIMED)

    def _room(self) -> int:
        size = self._claim_size()
        return size if self._stop.jobs is None else min(size, self._stop.jobs - self._taken)

    def _settle(self) -> None:
        ended, self._ended = self._ended, []
        began = time.monotonic()
        if ended:
            counted = lifecycle.settle(self._desk, ended)
            self._taken -= len(ended) - len(counted)
            for claim, outcome in counted:
                self._count(claim, outcome)
                self._on_end(claim, outcome)
            self._rate = self.tally.ended() / max(time.monotonic() - self._started, 0.001)
        self._settled_at = time.monotonic()
        self._pause = min(max(SETTLE_SECONDS, (self._settled_at - began) * SETTLE_SHARE), MOST_SETTLE_SECONDS)

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beat_at >= HEARTBEAT_SECONDS:
            self._beat_at = now
            runs.beat(self._desk.library.db, self._desk.run_id)

    def _count(self, claim: Claim, outcome: Outcome) -> None:
        if not isinstance(outcome, Failure):
            self.tally.completed[claim.stage] += 1
        elif outcome.kind != "environment":
            self.tally.failed[claim.stage] += 1
            if self._stop.on_failure:
                self._stop.ask("failure")
        elif outcome.code == "disk":
            raise StorageError(f"{outcome.message}. No job was charged; `artpipe run` carries on when this is mended.")
        else:
            self._taken -= 1
            self._block(claim.stage, outcome.message)

    def _block(self, stage: str, why: str) -> None:
        """Let a stage be for this run."""
        self.tally.blocked[stage] = why
        self._slots.waiting.discard(stage)
