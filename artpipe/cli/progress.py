"""What a person who waits sees: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from artpipe.actions.report import Progress, Silent
from artpipe.cli import render

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from artpipe.cli.options import Common

LINE_SECONDS = 10.0


def progress_for(common: Common) -> Progress:
    if common.quiet:
        return Silent()
    if common.verbose or common.no_progress or not sys.stderr.isatty():
        return Lines(seconds=None if common.no_progress else LINE_SECONDS, verbose=common.verbose)
    return Bar()


class Lines:
    """For log files: a line now and then, none for what is done sooner.

    Args:
        seconds: between lines; None for no lines.
        verbose: notes are printed too.
    """

    def __init__(self, *, seconds: float | None, verbose: bool) -> None:
        self._seconds, self._verbose = seconds, verbose
        self._what = ""
        self._total: int | None = None
        self._done = self._failed = 0
        self._started = self._said = time.monotonic()

    def start(self, what: str, total: int | None) -> None:
        self._what, self._total = what, total
        self._done = self._failed = 0
        self._started = self._said = time.monotonic()

    def advance(self, done: int = 1, failed: int = 0) -> None:
        self._done += done
        self._failed += failed
        now = time.monotonic()
        if self._seconds is not None and now - self._said >= self._seconds:
            self._said = now
            render.say(self._line(now - self._started))

    def _line(self, seconds: float) -> str:
        rate = self._done / seconds
        of = f" of {self._total}" if self._total is not None else ""
        left = ""
        if self._total is not None and rate > 0:
            left = f", {max(self._total - self._done, 0) / rate:.0f} s left"
        return f"{self._what}: {self._done}{of} done, {self._failed} failed, {rate:.1f}/s{left}"

    def note(self, text: str) -> None:
        if self._verbose:
            render.say(text)

    def finish(self) -> None:
        """The report says how it ended."""


class Bar:
    """Jobs done, rate, time left, failures so far."""

    def __init__(self) -> None:
        self._rich: RichProgress | None = None
        self._done = self._failed = 0
        self._started = time.monotonic()

    def start(self, what: str, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            *(TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn()),
            *(TextColumn("{task.fields[rate]}", markup=False), TimeRemainingColumn()),
            TextColumn("{task.fields[failures]}", markup=False),
        )
        self._started = time.monotonic()
        self._rich = Progress(*columns, console=Console(stderr=True), transient=True)
        self._rich.add_task(what, total=total, rate="", failures="")
        self._rich.start()

    def advance(self, done: int = 1, failed: int = 0) -> None:
        if self._rich is None:
            return
        self._done += done
        self._failed += failed
        rate = self._done / max(time.monotonic() - self._started, 0.001)
        failures = f"{self._failed} failed" if self._failed else ""
        self._rich.update(self._rich.task_ids[0], advance=done, rate=f"{rate:.1f}/s", failures=failures)

    def note(self, text: str) -> None:
        """A bar is for people who did not ask for more."""

    def finish(self) -> None:
        if self._rich is not None:
            self._rich.stop()
