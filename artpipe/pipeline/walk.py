"""Finding the files that a user means."""

from __future__ import annotations

import os
import stat
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".tif", ".tiff", ".bmp", ".jp2", ".heic")


class Candidate(NamedTuple):
    """A regular file, as the folder showed it."""

    path: str
    size: int
    mtime_ns: int
    inode: int


class PassedOver(NamedTuple):
    """Something that is not read, and why.

    Args:
        failed: the user named it, or it ought to be readable; else it is only mentioned.
    """

    path: str
    code: str
    message: str
    failed: bool


def walk(roots: Iterable[str], own: Collection[str] = ()) -> Iterator[Candidate | PassedOver]:
    """Every file of the named files and folders, depth first, in order of name within each folder.

    Args:
        own: real paths of the library's own files and folders, which are never taken in.


    A root that is a symbolic link is followed. Inside a folder, names that begin with a dot are skipped, links to
    files within the same root are followed, links to folders are not. Among equal base names pictures come first,
    so that `a.png` gets the id `a` even where an `a.json` lies beside it.
    """
    for root in roots:
        real = os.path.realpath(root)
        if any(real == path or real.startswith(path + os.sep) for path in own):
            yield PassedOver(root, "own", "belongs to the library itself", failed=True)
            continue
        try:
            status = os.stat(real)
        except OSError as error:
            yield PassedOver(root, "unreadable", _reason(error), failed=True)
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _folder(real, real, own)
        else:
            yield _file(real, status, named=True)


def _folder(folder: str, root: str, own: Collection[str]) -> Iterator[Candidate | PassedOver]:
    try:
        with os.scandir(folder) as found:
            entries = _ordered([entry for entry in found if entry.name[0] != "."])
    except OSError as error:
        yield PassedOver(folder, "unreadable", _reason(error), failed=True)
        return
    for entry in entries:
        path = entry.path
        if path in own:
            continue
        try:
            if entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                yield Candidate(path, status.st_size, status.st_mtime_ns, status.st_ino)
            elif entry.is_dir(follow_symlinks=False):
                yield from _folder(path, root, own)
            elif entry.is_symlink():
                yield _linked(path, root)
            else:
                yield _file(path, entry.stat(follow_symlinks=False), named=False)
        except OSError as error:
            yield PassedOver(path, "unreadable", _reason(error), failed=True)


def _ordered(entries: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    """By name; where there is more than pictures and folders, pictures come before what has the same base name."""
    entries.sort(key=_NAME)
    if not all(name.endswith(PICTURE_SUFFIXES) for name in map(_NAME, entries)):
        entries.sort(key=_order)
    return entries


_NAME = attrgetter("name")


def _order(entry: os.DirEntry[str]) -> tuple[str, bool, str]:
    stem, suffix = os.path.splitext(entry.name)
    return stem, suffix.lower() not in PICTURE_SUFFIXES, entry.name


def _linked(path: str, root: str) -> Candidate | PassedOver:
    real = os.path.realpath(path)
    if not Path(real).is_relative_to(root):
        return PassedOver(path, "outside", "is a link out of the folder; register its target by name", failed=False)
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        return PassedOver(path, "folder-link", "is a link to a folder; its files are found there", failed=False)
    return _file(path, status, named=False)


def _file(path: str, status: os.stat_result, *, named: bool) -> Candidate | PassedOver:
    if not stat.S_ISREG(status.st_mode):
        return PassedOver(path, "not-a-file", "is not a regular file", failed=named)
    return Candidate(path, status.st_size, status.st_mtime_ns, status.st_ino)


def _reason(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"
