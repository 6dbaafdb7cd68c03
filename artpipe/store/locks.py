"""Locks that the kernel drops with the process: who is alive, without asking a clock."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class RunLock:
    """A shared lock on a run's file, held by its coordinator and by each of its workers.

    Args:
        create: the coordinator makes the file; for a worker a missing one (FileNotFoundError) means that the run
            was declared dead before the worker had started.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o644)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def release(self) -> None:
        """Let go and remove the file; only the coordinator of a finished run calls this."""
        self.path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def abandon(self) -> None:
        """Let go and leave the file to whoever takes over."""
        os.close(self._descriptor)


def folder_of(database: Path) -> Path:
    """Where the lock files of a library's runs lie: beside the database whose rows they guard."""
    return database.with_name(database.name + ".runs")


def lock_path(database: Path, owner: int | str) -> Path:
    return folder_of(database) / f"{owner}.lock"


def note_unharmed(path: Path) -> None:
    """Say in a run's lock file that no job it has in hand is to blame; a full disk still takes that."""
    os.truncate(path, 1)


def is_unharmed(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def is_alive(path: Path) -> bool:
    """Whether any process still holds the run's lock."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
