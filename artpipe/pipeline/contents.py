"""Reading small files whole, to be kept in the database."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from artpipe.db.sources import Seen
from artpipe.pipeline.walk import PassedOver

if TYPE_CHECKING:
    from io import FileIO

    from artpipe.pipeline.walk import Candidate

# More than any colour grid, note or broken thumbnail has; less than would hurt a database.
MOST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """A small file with all its bytes."""

    path: str
    seen: Seen
    sha256: str
    data: bytes


def read_content(candidate: Candidate) -> Content | PassedOver:
    """Read one small file whole."""
    path = candidate.path
    try:
        # Not blocking: a name that was a file a moment ago may be a pipe now.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb", buffering=0) as file:
            return _read(path, file)
    except OSError as error:
        return PassedOver(path, "unreadable", f"cannot be read: {error.strerror or error}", failed=True)


def _read(path: str, file: FileIO) -> Content | PassedOver:
    before = os.fstat(file.fileno())
    if not stat.S_ISREG(before.st_mode):
        return PassedOver(path, "not-a-file", "is not a regular file", failed=True)
    if before.st_size > MOST:
        message = f"is too large for what it is ({before.st_size} bytes) and was left where it is"
        return PassedOver(path, "too-large", message, failed=True)
    data = file.readall()
    after = os.fstat(file.fileno())
    if (after.st_size, after.st_mtime_ns) != (len(data), before.st_mtime_ns):
        return PassedOver(path, "changing", "changes while it is read; migrate again later", failed=True)
    seen = Seen(after.st_size, after.st_mtime_ns, after.st_ino)
    return Content(path, seen, hashlib.sha256(data).hexdigest(), data)
