"""Frames of videos: images that one job makes many of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db import decisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from artpipe.db.connection import Database, Row

ROLE = "frame"
GONE = "superseded"
"""Why artpipe rejects a frame that the video has no more with today's settings; nobody had decided on it."""

_ARTPIPE = "artpipe"


class NewFrame(NamedTuple):
    """A frame that has no row yet."""

    id: str
    seconds: float


def of_video(db: Database, video: str, stage: str) -> list[Row]:
    """The frames that the stage has made of a video; `decided`: a person has said something about this very picture."""
    return db.rows(
        "SELECT i.id, l.position AS seconds, i.approved OR (i.rejected AND i.rejection_reason IS NOT ?) AS decided"
        " FROM lineage l JOIN images i ON i.id = l.child_id"
        " WHERE l.parent_id = ? AND l.role = ? AND l.stage = ? ORDER BY l.position, i.id",
        (GONE, video, ROLE, stage),
    )


def files(db: Database, video: str, stage: str) -> list[Row]:
    """The files of a video's frames, with their moments."""
    return db.rows(
        "SELECT l.position AS seconds, a.file_path, a.sha256 FROM lineage l"
        " JOIN artifacts a ON a.image_id = l.child_id AND a.stage = l.stage"
        " WHERE l.parent_id = ? AND l.role = ? AND l.stage = ?",
        (video, ROLE, stage),
    )


def add(db: Database, video: str, stage: str, new: Iterable[NewFrame]) -> None:
    """Rows of frames that are about to be made, with where they come from."""
    new = list(new)
    db.many("INSERT INTO images (id, content, origin) VALUES (?, 'absent', ?)", ((one.id, stage) for one in new))
    db.many(
        "INSERT INTO lineage (child_id, parent_id, role, position, stage) VALUES (?, ?, ?, ?, ?)",
        ((one.id, video, ROLE, one.seconds, stage) for one in new),
    )


def move(db: Database, video: str, frames: Iterable[NewFrame]) -> None:
    """Say at which moments frames stand that show another one now."""
    db.many(
        "UPDATE lineage SET position = ? WHERE child_id = ? AND parent_id = ? AND role = ?",
        ((one.seconds, one.id, video, ROLE) for one in frames),
    )


def describe(db: Database, image_id: str, mime_type: str, size: tuple[int, int], file_size: int) -> None:
    db.execute(
        "UPDATE images SET mime_type = ?, width = ?, height = ?, file_size = ? WHERE id = ?",
        (mime_type, *size, file_size, image_id),
    )


def give_up(db: Database, ids: Sequence[str]) -> None:
    """Reject frames that are no more and that nobody decided on."""
    with decisions.deciding(db, None, _ARTPIPE):
        decisions.decide(db, ids, "rejected", GONE)


def take_back(db: Database, ids: Sequence[str]) -> None:
    """Frames that were given up are there again."""
    sql = "SELECT id FROM images WHERE id IN (SELECT value FROM json_each(?)) AND rejected AND rejection_reason = ?"
    gone = [row[0] for row in db.rows(sql, (json.dumps(list(ids)), GONE))]
    with decisions.deciding(db, None, _ARTPIPE):
        decisions.decide(db, gone, "pending", None)


def videos_of(db: Database, ids: Iterable[str]) -> list[str]:
    """The videos that these images are frames of."""
    sql = "SELECT DISTINCT parent_id FROM lineage WHERE child_id IN (SELECT value FROM json_each(?)) AND role = ?"
    return [row[0] for row in db.rows(sql, (json.dumps(list(ids)), ROLE))]
