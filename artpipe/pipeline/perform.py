"""Doing the work of one task: plain data in, plain data out; the same in any process on any host."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from artpipe.errors import EnvironmentLackError, InputLostError, WorkError
from artpipe.model import Failure, Made, Outcome, Task, Work
from artpipe.pipeline import errands
from artpipe.stages.makers import maker, makes_of_pictures
from artpipe.store import durable
from artpipe.store.slots import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from artpipe.stages.imaging import Picture
    from artpipe.stages.stage import Product


def perform(task: Task) -> Iterator[Outcome]:
    """Do the jobs of a task one after the other; each ends as an outcome, whatever happens."""
    picture: Picture | None = None
    for work in task.works:
        started = time.perf_counter()
        outcome: Outcome
        try:
            with joined(work.slot):
                if work.errand is not None:
                    outcome = errands.do(work, work.errand, task.max_pixels)
                else:
                    picture = picture or _open(task)
                    outcome = _made(work, _product(work, picture), started)
        except Exception as error:  # noqa: BLE001 - a failure is data here, and one bad picture stops nothing
            outcome = _failure(work, error, time.perf_counter() - started)
        yield outcome


def _product(work: Work, picture: Picture) -> Product:
    made_by = maker(work.kind)
    if not makes_of_pictures(made_by):
        raise WorkError("internal", f"{work.kind} does not work on pictures.")
    return made_by.make(picture, work.params)


def _open(task: Task) -> Picture:
    from artpipe.stages.imaging import Limits, Picture

    path, limits = Path(task.input_path), Limits(max_pixels=task.max_pixels)
    limits.check_bytes(path.stat().st_size)
    data = path.read_bytes()
    # A thousandth of the time that decoding takes, and nothing is ever made from other bytes than recorded.
    if task.input_sha256 is not None and hashlib.sha256(data).hexdigest() != task.input_sha256:
        raise InputLostError("input-damaged", f"{path} is not the file any more that was recorded.")
    return Picture(data, limits)


def _made(work: Work, product: Product, started: float) -> Made:
    scratch, digest = "", ""
    if product.data is not None:
        scratch = f"{work.scratch}.{product.extension}"
        Path(scratch).unlink(missing_ok=True)
        try:
            durable.write_unsynced(Path(scratch), product.data)
        except OSError as error:
            # The rest of a full disk may be all there is for recording that it is full.
            with suppress(OSError):
                Path(scratch).unlink()
            raise EnvironmentLackError("disk", f"Writing {scratch} failed: {error.strerror}") from error
        digest = hashlib.sha256(product.data).hexdigest()
    return Made(
        job_id=work.job_id,
        width=product.width,
        height=product.height,
        seconds=time.perf_counter() - started,
        scratch=scratch,
        extension=product.extension,
        sha256=digest,
        size=len(product.data or b""),
        values=dict(product.values),
        how=dict(product.how),
    )


def _failure(work: Work, error: Exception, seconds: float) -> Failure:
    match error:
        case WorkError():
            kind, code, message = error.kind, error.code, error.message
        case FileNotFoundError():
            kind, code, message = "transient", "input-missing", f"{error.filename} is not there."
        case OSError(filename=str(name)) if os.access(Path(name).parent, os.R_OK | os.X_OK):
            # One file cannot be read, its folder can: that is the file's trouble, not the disk's.
            kind, code, message = "transient", "input-unreadable", f"{name} cannot be read: {error.strerror}."
        case OSError():
            kind, code, message = "environment", "disk", f"{error.filename}: {error.strerror}"
        case MemoryError():
            kind, code, message = (
                "transient",
                "out-of-memory",
                "There was not enough memory for this picture.",
            )
        case _:
            kind, code = "transient", "internal"
            message = f"{type(error).__name__}: {error}"
    path = error.path if isinstance(error, InputLostError) else ""
    return Failure(job_id=work.job_id, kind=kind, code=code, message=message, seconds=seconds, path=path)
