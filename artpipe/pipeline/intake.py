"""Reading a file once: hash, type, dimensions and, where asked for, a copy."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from artpipe.db.sources import Seen
from artpipe.errors import StorageError
from artpipe.pipeline.ahead import READERS, together
from artpipe.pipeline.walk import Candidate, PassedOver
from artpipe.stages.probe import Probe, probe
from artpipe.stages.video import DEMUXERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from artpipe.stages.imaging import Limits

# Read before anybody asks for them, so that threads have work while a batch of files gets its rows.
AHEAD = 512
# Larger files are streamed instead of held in memory.
IN_MEMORY = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
# What `probe` says of a file that may be a film.
_MOVING = frozenset(("video", "gif", "animated"))


class Found(NamedTuple):
    """A file that was read.

    Args:
        sha256: None for an empty file: all empty files would share one.
        probe: None for an empty file.
        copy: the synced scratch copy, where one was asked for.
    """

    path: str
    seen: Seen
    sha256: str | None
    probe: Probe | None
    copy: Path | None = None


class Reading(NamedTuple):
    """How files are read.

    Args:
        device: of the file system that `art/` lies on; files elsewhere cannot be linked and are copied.
        copy: copy always.
        scratch: folder for copies; None reads only.
        films: look into films, so that sound ones are no problem.
        owed: whoever links files waits until the disk has them; else that is waited for here, one by one.
    """

    limits: Limits
    device: int = 0
    copy: bool = False
    scratch: Path | None = None
    films: bool = False
    owed: bool = False


def read_all(candidates: Iterable[Candidate], how: Reading) -> Iterator[Found | PassedOver]:
    """Read files in threads, results in the order of the candidates; memory stays bounded."""
    with ThreadPoolExecutor(READERS, thread_name_prefix="artpipe-read") as pool:
        waiting: deque[Future[list[Found | PassedOver]]] = deque()
        ahead = 0
        try:
            for group in together(candidates, attrgetter("size")):
                waiting.append(pool.submit(_read_group, group, how))
                ahead += len(group)
                while ahead >= AHEAD:
                    done = waiting.popleft().result()
                    ahead -= len(done)
                    yield from done
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for left in waiting:
                left.cancel()


def _read_group(group: list[Candidate], how: Reading) -> list[Found | PassedOver]:
    return [read(candidate, how) for candidate in group]


def read(candidate: Candidate, how: Reading) -> Found | PassedOver:
    """Read one file; one that changes meanwhile is read once more, then passed over."""
    try:
        return _read(candidate.path, how) or _read(candidate.path, how) or _changing(candidate.path)
    except OSError as error:
        return PassedOver(candidate.path, "unreadable", f"cannot be read: {error.strerror or error}", failed=True)


def _changing(path: str) -> PassedOver:
    return PassedOver(path, "changing", "changes while it is read; register it again later", failed=True)


def _read(path: str, how: Reading) -> Found | PassedOver | None:
    # Not blocking: a name that was a file a moment ago may be a pipe now.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = os.fstat(descriptor)
        if stat.S_ISDIR(before.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(before.st_mode):
            return PassedOver(path, "not-a-file", "is not a regular file", failed=True)
        if before.st_size == 0:
            return Found(path, _seen(before), None, None)
        found = _contents(path, descriptor, before, how)
        return found if found and _seen(os.fstat(descriptor)) == found.seen else None
    finally:
        os.close(descriptor)


def _contents(path: str, descriptor: int, status: os.stat_result, how: Reading) -> Found | None:
    copy = how.scratch is not None and (how.copy or status.st_dev != how.device)
    if how.scratch is not None and not copy and not how.owed:
        # A link is as durable as the file behind it.
        os.fsync(descriptor)
    target = _new_file(how.scratch) if copy and how.scratch else None
    look = _look_in_memory if status.st_size <= IN_MEMORY else _look_streaming
    looked = look(descriptor, status.st_size, target, how.limits)
    if looked is None:
        return None
    digest, found = looked
    if how.films and found.problem in _MOVING:
        with _file(descriptor) as file:
            found = _looked_into(file, found, how.limits)
    return Found(path, _seen(status), digest, found, target)


def _file(descriptor: int) -> io.FileIO:
    """An open file from its beginning; who opened it closes it."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    return open(descriptor, "rb", buffering=0, closefd=False)


def _looked_into(file: io.FileIO, found: Probe, limits: Limits) -> Probe:
    from artpipe.stages.video.asking import look

    if found.problem == "video" and found.extension not in DEMUXERS:
        return found
    facts, problem = look(file, limits.max_pixels)
    if facts is None:
        return found._replace(problem=problem) if found.problem == "video" else found
    return found._replace(width=facts["width"], height=facts["height"], problem=None, film=facts)


def _look_in_memory(descriptor: int, size: int, target: Path | None, limits: Limits) -> tuple[str, Probe] | None:
    """None if there is not as much as there was."""
    # Asking for one byte more than there should be tells that this is the end.
    data = os.read(descriptor, size + 1)
    while len(data) < size and (more := os.read(descriptor, size + 1 - len(data))):
        data += more
    if len(data) != size:
        return None
    if target is not None:
        _write(target, [data])
    return hashlib.sha256(data).hexdigest(), probe(io.BytesIO(data), size, limits)


def _look_streaming(descriptor: int, size: int, target: Path | None, limits: Limits) -> tuple[str, Probe]:
    source = io.BufferedReader(_file(descriptor), _CHUNK)
    digest = _hash(source, target)
    found = probe(source, size, limits)
    source.detach()
    return digest, found


def copy_checked(found: Found, folder: Path) -> Path | None:
    """Copy a file that was read before; None if it is not the same any more.

    Raises:
        OSError: it cannot be read any more.
        StorageError: our own disk failed.
    """
    target = _new_file(folder)
    # As in `_read`: a pipe or a device may have its name by now, and the database waits.
    descriptor = os.open(found.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as source:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size != found.seen.size:
            return None
        return target if _hash(source, target) == found.sha256 else None


def _new_file(folder: Path) -> Path:
    import tempfile

    with _writing(folder):
        descriptor, name = tempfile.mkstemp(dir=folder)
    os.close(descriptor)
    return Path(name)


def _hash(source: BinaryIO, target: Path | None) -> str:
    digest = hashlib.sha256()
    chunks = _hashed(source, digest)
    if target is None:
        deque(chunks, maxlen=0)
    else:
        _write(target, chunks)
    return digest.hexdigest()


def _hashed(source: BinaryIO, digest: hashlib._Hash) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        yield chunk


def _write(target: Path, chunks: Iterable[bytes]) -> None:
    """Fill a scratch file and wait until the disk has it."""
    with _writing(target):
        copy = target.open("wb", buffering=0)
    with copy:
        for chunk in chunks:
            with _writing(target):
                _append(copy, chunk)
        with _writing(target):
            os.fchmod(copy.fileno(), 0o644)
            os.fsync(copy.fileno())


def _append(copy: io.FileIO, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[copy.write(view) :]


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """What fails within is our own disk and not the user's file."""
    try:
        yield
    except OSError as error:
        message = f"Writing {path} failed: {error.strerror}. Make room or mend the disk, then register again."
        raise StorageError(message) from error


def _seen(status: os.stat_result) -> Seen:
    return Seen(status.st_size, status.st_mtime_ns, status.st_ino)
