"""One measurement: artpipe and something else do the same work by turns."""

from __future__ import annotations

import resource
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Contest:
    """artpipe against something else on the same work.

    Args:
        goal: the wanted ratio of their time to ours ("" : for information only).
        needs: programs, and absolute paths, without which it is left out.
        prepare: done before each round, not measured.
        times: how often both sides do it in one round, in turn: what takes milliseconds is measured often.
        most: rounds at most, for what takes minutes.
    """

    name: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    against: str
    goal: str
    needs: tuple[str, ...] = ()
    prepare: Callable[[], object] = lambda: None
    times: int = 1
    most: int = 100


@dataclass(frozen=True)
class Outcome:
    """Medians of all rounds: seconds, and their time divided by ours, by the clock and of processors."""

    name: str
    against: str
    goal: str
    ours: float
    theirs: float
    ratio: float
    cpu: float

    def line(self) -> str:
        figures = f"{self.ours:8.3f} s {self.theirs:8.3f} s {self.ratio:7.2f} {self.cpu:7.2f}"
        return f"{self.name:<40} {figures} {self.goal:>8}  {self.against}"


HEAD = f"{'work':<40} {'artpipe':>10} {'other':>10} {'ratio':>7} {'cpu':>7} {'goal':>8}  against"


def measure(contest: Contest, rounds: int) -> Outcome | str:
    """Take turns, so that what else the machine does meets both; a text says why nothing could be measured."""
    missing = [need for need in contest.needs if shutil.which(need) is None and not Path(need).is_absolute()]
    missing += [need for need in contest.needs if Path(need).is_absolute() and not Path(need).exists()]
    if missing:
        return f"{contest.name:<40} left out: {', '.join(missing)} not installed ({contest.against})"
    turns = [turn for _ in range(min(rounds, contest.most)) for turn in _round(contest)]
    ours, theirs, our_cpu, their_cpu = (list(column) for column in zip(*turns, strict=True))
    return Outcome(
        contest.name,
        contest.against,
        contest.goal,
        statistics.median(ours),
        statistics.median(theirs),
        statistics.median(other / own for own, other in zip(ours, theirs, strict=True)),
        statistics.median(other / max(own, 1e-9) for own, other in zip(our_cpu, their_cpu, strict=True)),
    )


def _round(contest: Contest) -> list[tuple[float, float, float, float]]:
    contest.prepare()
    turns = []
    for _ in range(contest.times):
        (ours, our_cpu), (theirs, their_cpu) = _seconds(contest.ours), _seconds(contest.theirs)
        turns.append((ours, theirs, our_cpu, their_cpu))
    return turns


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of processors: the latter tells more where others use the machine too."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    passed, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return passed, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
