"""Which images the many pictures of one job become."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db import artifacts, frames, lineage
from artpipe.db.artifacts import FileRow
from artpipe.db.frames import NewFrame
from artpipe.names import MAX_ID_BYTES, clip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from artpipe.db.connection import Database, Row
    from artpipe.model import MadePart, Settled


class Placed(NamedTuple):
    """A picture with the image it becomes."""

    part: MadePart
    image_id: str
    file_path: str


class Framing(NamedTuple):
    """What becomes of a film's frames.

    Args:
        surplus: frames that are no more and that nobody decided on.
    """

    done: Settled
    placed: tuple[Placed, ...]
    surplus: tuple[str, ...]


def frame_id(video: str, number: int) -> str:
    """`v-NAME-0001`."""
    tail = f"-{number:04}"
    return clip(f"v-{video}", MAX_ID_BYTES - len(tail)) + tail


def reserve(db: Database, done: Settled) -> Framing:
    """Within an open transaction: give every picture its image, with a row where there is none yet.

    A frame that somebody decided on stays what it is, with its id: it is found by its moment, and kept when the
    film is not taken at that moment any more. The others are numbered in order.
    """
    video, stage = done.claim.image_id, done.claim.stage
    known = frames.of_video(db, video, stage)
    ids = _assigned(db, video, known, done.made.parts)
    own, taken = {row["id"] for row in known}, set(ids)
    now = [NewFrame(image_id, part.seconds) for image_id, part in zip(ids, done.made.parts, strict=True)]
    frames.add(db, video, stage, [one for one in now if one.id not in own])
    placed = tuple(
        Placed(part, image_id, f"{stage}/{image_id}.{part.extension}")
        for image_id, part in zip(ids, done.made.parts, strict=True)
    )
    surplus = tuple(row["id"] for row in known if not row["decided"] and row["id"] not in taken)
    return Framing(done, placed, surplus)


def _assigned(db: Database, video: str, known: Sequence[Row], parts: Sequence[MadePart]) -> list[str]:
    decided = {row["id"]: row["seconds"] for row in known if row["decided"]}
    kept = _of_moments(decided, parts)
    numbers = _numbers(db, video, {row["id"] for row in known} - set(decided), len(known) + len(parts))
    return [kept.get(at) or next(numbers) for at in range(len(parts))]


def _of_moments(decided: Mapping[str, float], parts: Sequence[MadePart]) -> dict[int, str]:
    """Place in `parts` -> the decided frame of that moment."""
    left, found = {_moment(when): name for name, when in decided.items()}, {}
    for at, part in enumerate(parts):
        moment = _moment(part.seconds)
        near = next((when for when in (moment, moment - 1, moment + 1) if when in left), None)
        if near is not None:
            found[at] = left.pop(near)
    return found


def _moment(seconds: float | None) -> int:
    """In thousandths of a second, as frames are written down; plain SQL may leave a frame without."""
    return -2 if seconds is None else round(seconds * 1000)


def _numbers(db: Database, video: str, free: set[str], most: int) -> Iterator[str]:
    """Ids in order: those of the film's own undecided frames, and new ones that nobody has."""
    at = 1
    while True:
        some = [frame_id(video, number) for number in range(at, at + most + 1)]
        taken = lineage.taken_ids(db, some) - free
        yield from (name for name in some if name not in taken)
        at += len(some)


def record(db: Database, framing: Framing) -> None:
    """Within the transaction that ends the job: everything about the frames, whose files are in place."""
    video, stage = framing.done.claim.image_id, framing.done.claim.stage
    frames.give_up(db, framing.surplus)
    frames.take_back(db, [one.image_id for one in framing.placed])
    frames.move(db, video, [NewFrame(one.image_id, one.part.seconds) for one in framing.placed])
    artifacts.put_all(db, [_row(one, framing.done) for one in framing.placed])
    for one in framing.placed:
        size = (one.part.width, one.part.height)
        frames.describe(db, one.image_id, f"image/{one.part.extension}", size, one.part.size)
    artifacts.drop_stale_values(db, [(one.image_id, stage) for one in framing.placed])


def _row(one: Placed, done: Settled) -> FileRow:
    part = one.part
    return FileRow(
        *(one.image_id, done.claim.stage, one.file_path, part.sha256, part.size, part.width, part.height),
        processing_params=json.dumps({"kind": json.loads(done.processing_params)["kind"], "seconds": part.seconds}),
        input_sha256=done.claim.input_sha256,
    )


def ids(framings: Sequence[Framing]) -> set[str]:
    """All images that these touch."""
    return {name for one in framings for name in (*(placed.image_id for placed in one.placed), *one.surplus)}
