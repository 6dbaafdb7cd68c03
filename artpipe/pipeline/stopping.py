"""When a run has to stop: signals, clock, limits."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

Why = Literal["interrupted", "terminated", "time", "failure"]

# Seconds that work in hand gets to finish: people and systemd wait for a signal, nobody waits for the clock.
GRACE: dict[str, float] = {"interrupted": 3.5, "terminated": 3.5, "time": 60.0, "failure": 60.0}


@dataclass(slots=True)
class Stop:
    """Whether, why and since when a run is stopping.

    Args:
        seconds: stop after this long; None for never.
        jobs: stop after this many jobs; None for never.
        on_failure: stop after the first failed job.
    """

    seconds: float | None = None
    jobs: int | None = None
    on_failure: bool = False
    why: Why | None = None
    _started: float = 0.0
    _since: float = 0.0

    def start(self) -> None:
        self._started = time.monotonic()

    def ask(self, why: Why) -> None:
        """Stop; the first reason counts, but a signal shortens the grace of a slower one, and a second one ends it."""
        if self.why == why and why in {"interrupted", "terminated"}:
            self._since = float("-inf")
        if self.why is None or GRACE[why] < GRACE[self.why]:
            self.why, self._since = why, time.monotonic()

    def check(self) -> bool:
        if self.why is None and self.seconds is not None and time.monotonic() - self._started >= self.seconds:
            self.ask("time")
        return self.why is not None

    def grace_over(self) -> bool:
        return self.why is not None and time.monotonic() - self._since >= GRACE[self.why]


@contextmanager
def listening(stop: Stop) -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into a request to stop, for as long as this lasts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.ask("interrupted" if number == signal.SIGINT else "terminated")

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
