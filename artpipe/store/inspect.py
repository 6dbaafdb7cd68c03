"""What really lies below art/, whatever the rows say."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from artpipe.names import path_text
from artpipe.store import durable

if TYPE_CHECKING:
    from collections.abc import Iterator

QUARANTINE = ".quarantine"
# Where file systems keep what fsck found; no place of ours.
_NOT_OURS = {"lost+found"}

Trouble = Literal["", "missing", "not-a-file", "unreadable", "outside"]


@dataclass(frozen=True, slots=True)
class Look:
    """What the disk says about one file.

    Args:
        sha256: None if it was not asked for.
        trouble: why there are no bytes to compare, with the system's reason.
    """

    size: int = 0
    sha256: str | None = None
    trouble: Trouble = ""
    reason: str = ""


def listing(root: Path) -> Iterator[tuple[str, int | None]]:
    """Everything in the folders below art/ as (relative path, size), one reading per folder.

    Names that begin with a dot are nobody's artifacts and are left out. The size of what is no regular file is None.
    """
    with os.scandir(root) as entries:
        top = [entry for entry in entries if not _hidden(entry) and entry.name not in _NOT_OURS]
    for entry in top:
        if entry.is_dir():  # a stage's folder may be a link to another disk
            yield from _folder(entry.path, entry.name)
        else:
            yield from _entry(entry, "")


def _folder(folder: str, relative: str) -> Iterator[tuple[str, int | None]]:
    inner = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if _hidden(entry):
                continue
            if entry.is_dir(follow_symlinks=False):
                inner.append((entry.path, f"{relative}/{entry.name}"))
            else:
                yield from _entry(entry, f"{relative}/")
    for path, name in inner:
        yield from _folder(path, name)


def _entry(entry: os.DirEntry[str], prefix: str) -> Iterator[tuple[str, int | None]]:
    name = path_text(prefix + entry.name)
    try:
        status = entry.stat()
    except FileNotFoundError:
        if entry.is_symlink():
            yield name, None
    except OSError:
        yield name, None
    else:
        yield name, status.st_size if stat.S_ISREG(status.st_mode) else None


def _hidden(entry: os.DirEntry[str]) -> bool:
    return entry.name.startswith(".")


def is_empty_folder(root: Path, stage: str) -> bool:
    """Whether the folder is there with nothing in it, as the mount point of a disk that is away."""
    try:
        with os.scandir(root / stage) as entries:
            return next(entries, None) is None
    except OSError:
        return False


def is_within(relative: str) -> bool:
    """Whether a recorded path can mean a file below art/ at all."""
    path = PurePosixPath(relative)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def look(path: Path, *, hashed: bool) -> Look:
    """Read a file (or, unless `hashed`, only ask for its size); never waits for pipes, never raises for the file."""
    try:
        return _read(path) if hashed else _status(path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return Look(trouble="missing")
    except (OSError, ValueError) as error:
        return Look(trouble="unreadable", reason=getattr(error, "strerror", None) or str(error))


def _read(path: Path) -> Look:
    # Not blocking: a pipe may have taken the file's name.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = _status(os.fstat(descriptor))
        if found.trouble:
            return found
        with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
            return Look(found.size, hashlib.file_digest(file, "sha256").hexdigest())
    finally:
        os.close(descriptor)


def _status(status: os.stat_result) -> Look:
    return Look(status.st_size) if stat.S_ISREG(status.st_mode) else Look(trouble="not-a-file")


def exists(root: Path, relative: str) -> bool:
    """Whether anything has this name, a link to nowhere included."""
    return os.path.lexists(_real(root, relative))


def quarantine(root: Path, relative: str, label: str) -> str:
    """Move something below art/ out of the way, without overwriting anything; returns where it is now.

    The caller holds the database's write lock, so that nobody else moves files at the same time.
    """
    source = _real(root, relative)
    folder = (root / QUARANTINE / label / relative).parent
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / source.name
    number = 1
    while os.path.lexists(target):
        number += 1
        target = folder / f"{source.name}~{number}"
    durable.move(source, target)
    return path_text(str(target.relative_to(root)))


def quarantined_originals(root: Path, stage: str, size: int) -> Iterator[Path]:
    """Files of this size that were moved out of a stage's folder some time."""
    for folder in sorted((root / QUARANTINE).glob(f"*/{stage}")):
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.stat().st_size == size:
                yield path


def bring(source: Path, target: Path) -> None:
    """Put a file's bytes, synced, under a new name in a scratch folder: linked, or copied where that is impossible."""
    # Never copied into what has the name already: that may be a link to somebody's file.
    target.unlink(missing_ok=True)
    try:
        os.link(os.path.realpath(source), target)
    except OSError:
        shutil.copyfile(source, target)
    durable.sync_file(target)


def _real(root: Path, relative: str) -> Path:
    """The path of a listed file; its name may hold bytes that only an escaped form of it shows."""
    path = root / relative
    if os.path.lexists(path) or not path.parent.is_dir():
        return path
    return next((entry for entry in path.parent.iterdir() if path_text(entry.name) == path.name), path)
