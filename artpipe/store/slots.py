"""Places for jobs of a stage that only so many may work on at once, over all runs on a library."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAKEN: Final = ".slot"
_AT_WORK: Final = ".working"


class Slot:
    """A place that a run has taken for a job.

    It is two files, whose locks the kernel drops with the processes that hold them: the run holds the first, the
    worker at the job the second. So the place is free only when both are done, or gone.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path, self._descriptor = path, descriptor

    def release(self) -> None:
        # While it is still locked: whoever has opened it meanwhile finds another file, or none, under its name.
        _at_work(self.path).unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


def take(folder: Path, stage: str, number: int, most: int) -> list[Slot]:
    """Take up to `most` free ones of the `number` places of a stage."""
    slots: list[Slot] = []
    for index in range(number):
        if len(slots) < most and (slot := _taken(folder / f"{stage}-{index}{_TAKEN}")) is not None:
            slots.append(slot)
    return slots


def sweep(folder: Path) -> None:
    """Remove the files of places that nobody holds any more."""
    for path in folder.glob(f"*{_TAKEN}"):
        slot = _taken(path)
        if slot is not None:
            slot.release()


@contextmanager
def joined(path: str) -> Iterator[None]:
    """Be the one who works in a place that the run has taken; "" stands for no place."""
    if not path:
        yield
        return
    descriptor = _opened(_at_work(Path(path)))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _taken(path: Path) -> Slot | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _opened(path)
    if _locked(descriptor) and _is_at(path, descriptor) and not _worked_in(path):
        return Slot(path, descriptor)
    os.close(descriptor)
    return None


def _worked_in(path: Path) -> bool:
    """Whether the worker of a run that has died is still at it."""
    descriptor = _opened(_at_work(path))
    try:
        return not _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is still the one of that name; its last holder may have removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _at_work(path: Path) -> Path:
    return path.with_suffix(_AT_WORK)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
