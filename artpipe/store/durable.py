"""Bytes that stay: written, synced, and only then given their final name."""

from __future__ import annotations

import errno
import math
import os
import shutil
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_SYNCS_AT_ONCE: Final = 16
# While more than this waits to be written, by whatever program, nobody waits for all of it.
_LITTLE: Final = 64 << 20

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


@contextmanager
def naming(target: Path) -> Iterator[None]:
    """Have an error of the disk name what could not be written: writing names nothing, and copying the source."""
    try:
        yield
    except OSError as error:
        if error.filename is None or error.errno in _NO_ROOM:
            error.filename = str(target)
        raise


def write(path: Path, data: bytes) -> None:
    """Write a new file and wait until the disk has it."""
    write_unsynced(path, data)
    sync_file(path)


def write_unsynced(path: Path, data: bytes) -> None:
    """Write a new file, for `sync_files` to wait for."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)


def sync_files(paths: Sequence[Path]) -> None:
    """Wait until the disk has all of these files: at once, which takes little longer than for a single one."""
    if len(paths) <= 1:
        for path in paths:
            sync_file(path)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(len(paths), _SYNCS_AT_ONCE)) as pool:
        for _ in pool.map(sync_file, paths):
            pass


def sync_file(path: Path) -> None:
    """Wait until the disk has a file that was written by others."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Make renames and links in a folder survive a power cut."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def sync_file_system(folder: Path) -> bool:
    """Wait until the disk has everything on a file system: one wait for hundreds of files.

    Returns False, having done nothing, where this is impossible or would mean to wait for what others write.
    """
    if _unwritten() > _LITTLE:
        return False
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return _syncfs()(descriptor) == 0
    finally:
        os.close(descriptor)


def _unwritten() -> float:
    """Bytes that this machine has still to write to its disks."""
    try:
        fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
        return sum(int(fields[name].split()[0]) << 10 for name in ("Dirty", "Writeback"))
    except (OSError, ValueError, KeyError):
        return math.inf


@cache
def _syncfs() -> Callable[[int], int]:
    import ctypes

    syncfs: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "syncfs", None)
    return syncfs or (lambda _: -1)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move(source: Path, target: Path) -> None:
    """Give a file another place, on another file system too; it has one of its names at any moment.

    Raises:
        OSError: it stays where it is. Only regular files leave their file system.
    """
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV or source.is_symlink() or not source.is_file():
            raise
        _move_bytes(source, target)
    sync_folder(target.parent)
    sync_folder(source.parent)


def _move_bytes(source: Path, target: Path) -> None:
    partial = target.with_name(f".{target.name[:200]}.partial")
    partial.unlink(missing_ok=True)
    try:
        shutil.copy2(source, partial)
        sync_file(partial)
        partial.rename(target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
    source.unlink()


def sha256_of(path: Path) -> str:
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
