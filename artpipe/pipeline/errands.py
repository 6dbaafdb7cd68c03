"""Doing one job of a maker that works on files."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from artpipe.errors import EnvironmentLackError, InputHarmedError, InputLostError, WorkError
from artpipe.model import Errand, Input, Made, MadePart, Work
from artpipe.stages.makers import maker
from artpipe.stages.stage import Delivery, FileMaker, Order, Part
from artpipe.store import durable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def do(work: Work, errand: Errand, max_pixels: int) -> Made:
    """Have a file made in a folder of its own, then take it from there; nothing else remains.

    Raises:
        WorkError: it was not made, or is not what it should be.
    """
    started = time.perf_counter()
    made_by = maker(work.kind)
    if not isinstance(made_by, FileMaker):
        raise WorkError("internal", f"{work.kind} does not work on files.")
    with _folder(Path(work.scratch)) as folder:
        _require_inputs(errand)
        if errand.kept:
            _make(Path(errand.kept))
        with _watching(errand.inputs):
            delivery = made_by.deliver(_order(work, errand, folder, max_pixels))
        path = _taken(delivery, work)
        parts = tuple(_part(one, f"{work.scratch}-{number}") for number, one in enumerate(delivery.parts, 1))
    return Made(
        job_id=work.job_id,
        width=delivery.width,
        height=delivery.height,
        seconds=time.perf_counter() - started,
        scratch=str(path),
        extension=delivery.extension,
        sha256=durable.sha256_of(path),
        size=path.stat().st_size,
        how=dict(delivery.how),
        parts=parts,
    )


def _part(part: Part, name: str) -> MadePart:
    """A picture that belongs to what was delivered, out of the folder that will be gone.

    What is kept stays there too, until the job is settled.
    """
    target = Path(f"{name}.{part.extension}")
    try:
        _link_or_rename(part.path, target)
    except OSError as error:
        raise EnvironmentLackError("disk", f"Writing {target} failed: {error.strerror}") from error
    size = target.stat().st_size
    return MadePart(str(target), part.extension, part.width, part.height, part.seconds, durable.sha256_of(target), size)


def _link_or_rename(path: Path, target: Path) -> None:
    """Some file systems have no links; then a job that is cut short in this very moment begins again."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(path)
    except OSError:
        path.rename(target)


def _order(work: Work, errand: Errand, folder: Path, max_pixels: int) -> Order:
    from artpipe.stages.imaging import Limits

    return Order(
        image_id=errand.image_id,
        inputs={one.name: Path(one.path) for one in errand.inputs},
        params=work.params,
        folder=folder,
        library=Path(errand.library),
        timeout=work.timeout,
        limits=Limits(max_pixels=max_pixels),
        kept=Path(errand.kept) if errand.kept else None,
    )


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """An empty folder for as long as the job lasts."""
    shutil.rmtree(path, ignore_errors=True)
    _make(path)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _make(path: Path) -> None:
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise EnvironmentLackError("disk", f"Making {path} failed: {error.strerror}") from error


def _require_inputs(errand: Errand) -> None:
    """Nothing is ever made from other bytes than recorded."""
    for one in errand.inputs:
        path = Path(one.path)
        if not path.exists():
            message = f"{path} is not there; `artpipe verify` says what else is missing, registering it again brings it"
            raise InputLostError("input-missing", f"{message} back.", path=one.path)
        if one.sha256 is not None and durable.sha256_of(path) != one.sha256:
            raise InputLostError("input-damaged", f"{path} is not the file any more that was recorded.", path=one.path)


@contextmanager
def _watching(inputs: Sequence[Input]) -> Iterator[None]:
    """See to it that inputs are read and not written; often they are originals, the user's own files.

    Raises:
        InputHarmedError: one of them is another now, whatever else came of it.
    """
    before = [_state(one.path) for one in inputs]
    try:
        yield
    finally:
        for one, state in zip(inputs, before, strict=True):
            # Touched is not changed.
            if _state(one.path) != state and (one.sha256 is None or _hash(one.path) != one.sha256):
                message = f"changed its input, {one.path}, which is not its to write. Mend the command"
                raise InputHarmedError(f"The program {message}; `artpipe verify` says what it has done.")


def _state(path: str) -> tuple[int, ...] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _hash(path: str) -> str:
    try:
        return durable.sha256_of(Path(path))
    except OSError:
        return ""


def _taken(delivery: Delivery, work: Work) -> Path:
    """The delivered file, synced, at the place that the run expects."""
    target = Path(f"{work.scratch}.{delivery.extension}")
    target.unlink(missing_ok=True)
    try:
        if delivery.path.stat().st_nlink > 1:
            # Under its other names it can still be written to, and may be an original.
            shutil.copyfile(delivery.path, target)
        else:
            delivery.path.rename(target)
        durable.sync_file(target)
    except OSError as error:
        raise EnvironmentLackError("disk", f"Writing {target} failed: {error.strerror}") from error
    return target
