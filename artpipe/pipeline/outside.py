"""Files that other programs made: checked, given their places, recorded."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from artpipe.db import artifacts, claims
from artpipe.db.artifacts import FileRow
from artpipe.pipeline import leftovers
from artpipe.pipeline.intake import copy_checked
from artpipe.pipeline.outside_stages import current_input
from artpipe.pipeline.placing import NotPlacedError, extension
from artpipe.pipeline.walk import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from artpipe.db.connection import Row
    from artpipe.library import Library
    from artpipe.pipeline.intake import Found

_numbers = itertools.count(1)
# What is wrong with a picture's bytes; of other kinds (`video`, `gif`) a file may be what somebody wanted.
_BROKEN = {"invalid": "cannot be opened as a picture", "truncated": "is cut short"}


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that was read and is ready to be recorded.

    Args:
        relative: where it belongs, relative to art/.
        scratch: its synced bytes in a scratch folder; None for a file that lies in its place already.
    """

    image_id: str
    stage: str
    found: Found
    relative: str
    scratch: Path | None
    processing_params: str | None = None


@dataclass(slots=True)
class HandedIn:
    """What became of files.

    Args:
        busy: somebody else is at work on these.
        kept: there was one already.
    """

    recorded: list[Handed] = field(default_factory=list)
    busy: list[Handed] = field(default_factory=list)
    kept: list[Handed] = field(default_factory=list)


def flaw(found: Found) -> tuple[str, str] | None:
    """Code and message of what forbids to record a file."""
    if found.probe is None:
        return "empty", "is empty"
    claims_a_picture = Path(found.path).suffix.lower() in PICTURE_SUFFIXES
    if found.probe.problem == "invalid" and not claims_a_picture and not found.probe.extension:
        return None
    return (found.probe.problem, _BROKEN[found.probe.problem]) if found.probe.problem in _BROKEN else None


def place_in_art(library: Library, path: str, image_id: str, stage: str) -> str | None:
    """Relative to art/, where a file lies that has its final name already; None for any other file."""
    folder, name = os.path.split(os.path.realpath(path))
    if folder != os.path.realpath(library.store.root / stage) or PurePosixPath(name).stem != image_id:
        return None
    return f"{stage}/{name}"


def target(image_id: str, stage: str, found: Found) -> str:
    return f"{stage}/{image_id}.{extension(found)}"


def bring(found: Found, folder: Path) -> Path:
    """The bytes that were read, synced in a scratch folder: linked where that is possible, else copied.

    Raises:
        NotPlacedError: the file is not what was read any more.
    """
    if found.copy is not None:
        return found.copy
    try:
        ready = _linked(found, folder) or copy_checked(found, folder)
    except FileNotFoundError:
        ready = None
    if ready is None:
        raise NotPlacedError("changing", "changes while it is taken in; log it again")
    return ready


def _linked(found: Found, folder: Path) -> Path | None:
    """A second name of a file that was read; None if it has changed since, or cannot be linked."""
    scratch = folder / f"link-{next(_numbers)}"
    try:
        scratch.hardlink_to(os.path.realpath(found.path))
    except FileNotFoundError:
        raise
    except OSError:
        return None
    status = scratch.stat()
    seen = (found.seen.size, found.seen.mtime_ns, found.seen.inode)
    return scratch if (status.st_size, status.st_mtime_ns, status.st_ino) == seen else None


def hand_in(library: Library, files: Sequence[Handed], folder: Path, *, replace: bool) -> HandedIn:
    """Give files their places and rows; the earlier of two for the same place counts.

    Args:
        folder: of scratch files, for the notes of what is about to be done.
        replace: also where there is one already.
    """
    done, old = HandedIn(), set[str]()
    left = _first_of_each(files, done)
    while left:
        with library.db.transaction():
            left = _sorted_out(library, left, folder, done, replace=replace)
            in_the_way = _retired(library, left)
            old.update(in_the_way)
            new = {one.relative for one in left if one.scratch is not None}
            leftovers.note_intent(folder, _next_number(folder), {*old, *new})
            # No row may stand over other bytes, even if we die now: rows are gone for good before files change.
            if not in_the_way:
                _record(library, left)
                done.recorded, left = left, []
    _remove_replaced(library, old, folder)
    for note in folder.glob(f"{leftovers.INTENT}-*.json"):
        note.unlink()
    return done


def _first_of_each(files: Iterable[Handed], done: HandedIn) -> list[Handed]:
    first: dict[tuple[str, str], Handed] = {}
    for one in files:
        if first.setdefault((one.image_id, one.stage), one) is not one:
            done.kept.append(one)
    return list(first.values())


def _next_number(folder: Path) -> int:
    return len(list(folder.glob(f"{leftovers.INTENT}-*.json"))) + 1


def _sorted_out(
    library: Library, files: Sequence[Handed], folder: Path, done: HandedIn, *, replace: bool
) -> list[Handed]:
    """Within an open transaction: those of the files that can be recorded now."""
    noted = leftovers.in_hand(library, except_for=folder.name)
    free = []
    for one in files:
        row = artifacts.get(library.db, one.image_id, one.stage)
        job = claims.running(library.db, one.image_id, one.stage)
        if not replace and row is not None and is_placed(row):
            done.kept.append(one)
        elif one.relative in noted or (job is not None and job["run_id"] is not None):
            done.busy.append(one)
        else:
            free.append(one)
    return free


def is_placed(row: Row) -> bool:
    """Whether a row names a file where artifacts of its stage lie; plain SQL may name any other place."""
    return bool(row["file_path"].startswith(f"{row['stage']}/"))


def _retired(library: Library, files: Iterable[Handed]) -> list[str]:
    """Within an open transaction: take back the rows whose files are about to be replaced; returns their paths."""
    replaced = []
    for one in files:
        row = artifacts.get(library.db, one.image_id, one.stage)
        if row is not None and (one.scratch is not None or row["file_path"] != one.relative):
            replaced.append((one.image_id, one.stage))
    return artifacts.retire(library.db, replaced)


def _record(library: Library, files: Sequence[Handed]) -> None:
    """Within one transaction, so that nobody else takes a file whose row is not written yet for a stray."""
    library.store.adopt((one.scratch, one.relative) for one in files if one.scratch is not None)
    for stage in {one.stage for one in files if one.scratch is None}:
        library.store.sync(stage)
    for one in files:
        job = claims.running(library.db, one.image_id, one.stage)
        seen_by_job = job["input_sha256"] if job is not None else None
        input_sha256 = seen_by_job or current_input(library, one.image_id, one.stage)
        probe, sha256 = one.found.probe, one.found.sha256 or ""
        size = (probe.width, probe.height) if probe else (None, None)
        row = FileRow(
            *(one.image_id, one.stage, one.relative, sha256, one.found.seen.size, *size),
            *(one.processing_params, input_sha256),
        )
        artifacts.put(library.db, row)
    artifacts.drop_stale_values(library.db, [(one.image_id, one.stage) for one in files])


def _remove_replaced(library: Library, paths: Iterable[str], folder: Path) -> None:
    """Files that have another name than those that took their place."""
    with library.db.transaction():
        noted = leftovers.in_hand(library, except_for=folder.name)
        for path in paths:
            if path not in noted and not artifacts.stands(library.db, path):
                library.store.remove_derived(path)
