"""The processes that descend from this one, wherever they have gone: found, counted and ended."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Stands in the environment of every program that a job starts.
MARK: Final = "ARTPIPE_JOB"
_SET_DEATH_SIGNAL: Final = 1  # prctl(2)
_SET_GUARDIAN: Final = 36
_PATIENCE: Final = 10.0
_STEP: Final = 0.002


def on_linux() -> bool:
    return sys.platform == "linux"


@cache
def _prctl() -> Callable[[int, int], int]:
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    # All arguments are unsigned longs; what is not named must be 0.
    return lambda option, value: int(library.prctl(option, ctypes.c_ulong(value), 0, 0, 0))


def become_guardian(*, on: bool = True) -> None:
    """Descendants whose parents have ended become children of this process, not of the system's first one.

    So nothing escapes by forking twice or by starting a session of its own. Elsewhere than on Linux nothing happens.
    """
    if on_linux():
        _prctl()(_SET_GUARDIAN, int(on))


def preparation() -> Callable[[], None]:
    """What a new process does before it becomes a program: die with its parent, and hear Ctrl-C again."""
    parent, prctl = os.getpid(), _prctl() if on_linux() else None

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if prctl is not None:
            prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
            if os.getppid() != parent:  # it has died before the line above
                os._exit(1)

    return prepare


def send(number: signal.Signals) -> None:
    """Send a signal to all descendants."""
    for pid in _descendants(os.getpid()):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def end_all() -> None:
    """End every descendant of this process, those included that are born meanwhile; then none is left."""
    deadline = time.monotonic() + _PATIENCE
    while _reap_any() and time.monotonic() < deadline:
        send(signal.SIGKILL)
        time.sleep(_STEP)


def end_all_of_the_dying() -> None:
    """Like `end_all`, for a thread of a process that is about to end: whoever waits for a child still may."""
    deadline = time.monotonic() + _PATIENCE
    while _descendants(os.getpid()) and time.monotonic() < deadline:
        send(signal.SIGKILL)
        time.sleep(_STEP)


def end_orphans() -> None:
    """End the programs of workers that have died, which their guardian's guardian, this process, inherited.

    Only what carries the mark of a job is touched: this process may have children of other kinds.
    """
    if not on_linux():
        return
    deadline = time.monotonic() + _PATIENCE
    while (orphans := [pid for pid in _children(os.getpid()) if _is_marked(pid)]) and time.monotonic() < deadline:
        for pid in orphans:
            for one in [pid, *_descendants(pid)]:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(one, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _reap_any() -> bool:
    """Take leave of children that have ended; whether any is left."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def _descendants(pid: int) -> list[int]:
    """All living ones, nearest first."""
    by_parent: dict[int, list[int]] = {}
    for child, parent in _living():
        by_parent.setdefault(parent, []).append(child)
    found, todo = [], [pid]
    while todo:
        children = by_parent.get(todo.pop(0), [])
        found += children
        todo += children
    return found


def _children(pid: int) -> list[int]:
    return [child for child, parent in _living() if parent == pid]


def _living() -> Iterator[tuple[int, int]]:
    """(process, its parent) of all that run, where `/proc` tells."""
    with suppress(OSError):
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                with suppress(OSError):
                    # The name, in parentheses, may hold anything.
                    state, parent, *_ = Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split(maxsplit=2)
                    if state not in {b"Z", b"X"}:
                        yield int(entry.name), int(parent)


def _is_marked(pid: int) -> bool:
    try:
        return f"{MARK}=".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
