"""Bytes that stay: written, synced, and only then given their final name."""

from __future__ import annotations

import errno
import os
import shutil
from collections import deque
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from artpipe.store import syncfs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SYNCS_AT_ONCE: Final = 16
# From this many on one wait for all that the file system has to write costs less than one for each file.
_MANY: Final = 32

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


def sync_files(paths: Sequence[str | Path]) -> None:
    """Wait until the disk has all of these files, which lie on one file system."""
    if len(paths) < _MANY or not syncfs.sync(Path(paths[0]).parent):
        sync_each(paths)


def sync_each(paths: Sequence[str | Path]) -> None:
    """The same file by file: several at once, which takes little longer than for a single one."""
    left = deque(paths)

    def take() -> None:
        # Not a task for each file: handing one over costs more than waiting for a file that the disk has already.
        with suppress(IndexError):
            while True:
                sync_file(left.popleft())

    if len(paths) <= 1:
        take()
        return
    from concurrent.futures import ThreadPoolExecutor

    threads = min(len(paths), _SYNCS_AT_ONCE)
    with ThreadPoolExecutor(threads) as pool:
        for ended in [pool.submit(take) for _ in range(threads)]:
            ended.result()


def sync_file(path: str | Path) -> None:
    """Wait until the disk has a file that was written by others."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Make renames and links in a folder survive a power cut."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: str | Path, flags: int) -> None:
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
