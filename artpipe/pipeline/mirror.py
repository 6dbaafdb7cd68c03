"""Files in somebody else's folder: made whole, under their names at once, never in place of what is not ours."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from artpipe.store import durable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedWriter

# A dot-file: in the old layout those are unfinished.
_UNFINISHED = ".artpipe-unfinished"
_NO_LINK = {errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EACCES, errno.ENOSYS}
# ioctl of Linux: share the blocks of another file until one of them is written to.
_FICLONE = 0x40049409


def link(source: Path, target: str) -> int:
    """Give a file a second name, or a copy where that is impossible; returns the inode.

    Raises:
        FileExistsError: the name is taken.
        OSError: neither works.
    """
    try:
        os.link(os.path.realpath(source), target)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        return copy(source, target)
    return os.lstat(target).st_ino


def copy(source: Path, target: str) -> int:
    """Give a file a copy with the same time, sharing its blocks where the file system can; see `link`."""
    with _whole(target) as writer:
        with source.open("rb") as reader:
            if not _cloned(reader.fileno(), writer.fileno()):
                shutil.copyfileobj(reader, writer, 1 << 20)
        # What is written at the end would be newer than the time that is set here.
        writer.flush()
        shutil.copystat(source, writer.name)
    return os.lstat(target).st_ino


def write(data: bytes, target: str) -> int:
    """Make a small file; see `link`."""
    if not data:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            return os.fstat(descriptor).st_ino
        finally:
            os.close(descriptor)
    with _whole(target) as writer:
        writer.write(data)
    return os.lstat(target).st_ino


@contextmanager
def _whole(target: str) -> Iterator[BufferedWriter]:
    """A new file that gets its name once all is in it; nothing is left of it if that fails."""
    unfinished = f"{os.path.dirname(target)}/{_UNFINISHED}"
    with suppress(FileNotFoundError):
        os.unlink(unfinished)
    try:
        with open(unfinished, "xb") as writer:
            yield writer
        _name(unfinished, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(unfinished)


def replace(fresh: str, target: str) -> None:
    """Give a finished file the name of another one, which goes."""
    os.rename(fresh, target)
    # Two names of one file: rename does nothing then.
    with suppress(FileNotFoundError):
        os.unlink(fresh)


def beside(target: str) -> str:
    """A free name for what is to replace `target`."""
    fresh = f"{os.path.dirname(target)}/.artpipe-fresh"
    with suppress(FileNotFoundError):
        os.unlink(fresh)
    return fresh


def holds(path: str, source: Path | None, data: bytes | None) -> bool:
    """Whether a file is what would be made: the file itself or its bytes, or a content."""
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            return False
        if source is not None:
            wanted = source.stat()
            if (wanted.st_dev, wanted.st_ino) == (status.st_dev, status.st_ino):
                return True
            return wanted.st_size == status.st_size and durable.sha256_of(source) == durable.sha256_of(Path(path))
        if status.st_size != len(data or b""):
            return False
        with open(path, "rb") as file:
            return file.read() == (data or b"")
    except OSError:
        return False


def _name(unfinished: str, target: str) -> None:
    try:
        os.link(unfinished, target)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        # No hard links here at all.
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target) from None
        os.rename(unfinished, target)


def _cloned(reader: int, writer: int) -> bool:
    import fcntl

    try:
        fcntl.ioctl(writer, _FICLONE, reader)
    except OSError:
        return False
    return True
