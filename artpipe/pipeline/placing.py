"""Putting an original into its place in `art/upstream`: a link where possible, else a copy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from artpipe.pipeline.intake import copy_checked
from artpipe.store import inspect

if TYPE_CHECKING:
    from pathlib import Path

    from artpipe.pipeline.intake import Found
    from artpipe.store.store import Store

_LONGEST_SUFFIX = 16
_SPELLINGS = ({"jpg", "jpeg"}, {"tif", "tiff"})


class NotPlacedError(Exception):
    """One file cannot be taken in; nothing was written for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def place(store: Store, found: Found, relative: str, owner: str) -> bool:
    """Link or copy a file that was read to its place; never overwrites. `Store.sync_new` has to come behind.

    Args:
        owner: of the scratch folder for copies.

    Returns False if another file has that place; the same bytes there are as good as ours.

    Raises:
        NotPlacedError: the file went away or was changed since it was read.
        StorageError: our own disk failed.
    """
    try:
        _link_or_copy(store, found, relative, owner)
    except FileExistsError:
        if inspect.look(store.path(relative), hashed=True).sha256 != found.sha256:
            return False
    # Also what was there: it may be the link of a command that died before the disk had it.
    store.owe(relative)
    return True


def _link_or_copy(store: Store, found: Found, relative: str, owner: str) -> None:
    if found.copy is not None:
        store.place(found.copy, relative)
        return
    try:
        store.link(found.path, relative)
    except FileExistsError:
        raise
    except OSError:
        # No hard link possible here: another file system, one without links, somebody else's file.
        store.place(_copied(store, found, owner), relative)
        return
    status = os.lstat(store.path_text(relative))
    if (status.st_size, status.st_mtime_ns, status.st_ino) != (found.seen.size, found.seen.mtime_ns, found.seen.inode):
        store.remove_stray(relative)
        raise NotPlacedError("changing", "was replaced while it was registered; register it again")


def _copied(store: Store, found: Found, owner: str) -> Path:
    try:
        scratch = copy_checked(found, store.scratch(owner))
    except FileNotFoundError:
        raise NotPlacedError("changing", "went away while it was registered") from None
    except OSError as error:
        raise NotPlacedError("unreadable", f"cannot be read: {error.strerror or error}") from error
    if scratch is None:
        raise NotPlacedError("changing", "changes while it is registered; register it again later")
    return scratch


def spelled(real: str, path: str) -> str:
    """The extension of a type, as a file's name spells it if that is one of its spellings."""
    written = os.path.splitext(path)[1][1:].lower()
    return written if {written, real} in _SPELLINGS else real


def extension(found: Found) -> str:
    """The real type's, or that of the name if the type is unknown."""
    real = found.probe.extension if found.probe else ""
    if real:
        return spelled(real, found.path)
    written = os.path.splitext(found.path)[1][1:].lower()
    return written if written.isascii() and written.isalnum() and len(written) <= _LONGEST_SUFFIX else "bin"
