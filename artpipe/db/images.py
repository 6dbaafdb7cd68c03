"""Table `images`: rows of pictures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db import counters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from artpipe.db.connection import Database, Row
    from artpipe.model import Content, Decision, Json

CHUNK = 2000

STATUS_SQL = {
    "approved": "approved = TRUE AND rejected = FALSE",
    "rejected": "approved = FALSE AND rejected = TRUE",
    "pending": "approved = FALSE AND rejected = FALSE",
}


class NewImage(NamedTuple):
    """A row to insert."""

    id: str
    sha256: str | None
    content: Content
    file_size: int | None
    mime_type: str | None
    width: int | None = None
    height: int | None = None
    original_url: str | None = None
    username: str | None = None
    decision: Decision = "pending"
    reason: str | None = None


_INSERT = (
    "INSERT INTO images (id, sha256, content, file_size, mime_type, width, height, original_url, username,"
    " approved, rejected, rejection_reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def insert(db: Database, image: NewImage) -> None:
    db.execute(_INSERT, _values(image))


def insert_all(db: Database, new: Iterable[NewImage]) -> None:
    db.many(_INSERT, map(_values, new))


def _values(image: NewImage) -> tuple[Json, ...]:
    *facts, decision, reason = image
    return *facts, decision == "approved", decision == "rejected", reason


def fill(db: Database, image: NewImage) -> None:
    """Give an image that had no bytes the ones that turned up; its decision stays as it is."""
    db.execute(
        "UPDATE images SET sha256 = ?, content = ?, file_size = ?, mime_type = ?, width = ?, height = ?,"
        " original_url = COALESCE(original_url, ?), username = COALESCE(username, ?) WHERE id = ?",
        (
            *(image.sha256, image.content, image.file_size, image.mime_type, image.width, image.height),
            *(image.original_url, image.username, image.id),
        ),
    )


def describe(db: Database, image_id: str, mime_type: str, size: tuple[int | None, int | None]) -> None:
    """Say what an image is, and its original, where a program that wrote their rows did not."""
    parameters = (*size, image_id)
    db.execute("UPDATE images SET mime_type = ? WHERE id = ? AND mime_type IS NULL", (mime_type, image_id))
    db.execute("UPDATE images SET width = ?, height = ? WHERE id = ? AND width IS NULL", parameters)
    db.execute(
        "UPDATE artifacts SET width = ?, height = ? WHERE image_id = ? AND stage = 'upstream' AND width IS NULL",
        parameters,
    )


def approve_pending(db: Database, ids: Sequence[str]) -> int:
    """Approve those of the images that nobody decided on; returns how many."""
    return db.execute(
        f"UPDATE images SET approved = TRUE WHERE id IN (SELECT value FROM json_each(?)) AND {STATUS_SQL['pending']}",
        (json.dumps(list(ids)),),
    ).rowcount


def get(db: Database, image_id: str) -> Row | None:
    return db.row("SELECT * FROM images WHERE id = ?", (image_id,))


def by_sha256(db: Database, sha256: str) -> Row | None:
    return db.row("SELECT * FROM images WHERE sha256 = ?", (sha256,))


def takes_bytes(row: Row) -> bool:
    """Whether bytes of this content are taken in again when they turn up.

    Those of a rejected image were given back on purpose, for good unless somebody thinks better of it.
    """
    return row["content"] == "absent" or (row["content"] == "truncated" and not row["rejected"])


def resolve(db: Database, names: Sequence[Sequence[str]]) -> list[str | None]:
    """For each list of candidate ids, the first that is an image, else the image it is an alias of, else None."""
    every = json.dumps([name for candidates in names for name in candidates])
    known = {row[0] for row in db.rows("SELECT id FROM images WHERE id IN (SELECT value FROM json_each(?))", (every,))}
    found: list[str | None] = [next((name for name in candidates if name in known), None) for candidates in names]
    missing = [name for candidates, hit in zip(names, found, strict=True) if hit is None for name in candidates]
    if not missing:
        return found
    sql = "SELECT name, min(image_id) FROM aliases WHERE name IN (SELECT value FROM json_each(?)) GROUP BY name"
    aliases = {row[0]: row[1] for row in db.rows(sql, (json.dumps(missing),))}
    return [
        hit if hit is not None else next((aliases[name] for name in candidates if name in aliases), None)
        for hit, candidates in zip(found, names, strict=True)
    ]


def ids(db: Database, status: Decision | None, stage: str | None, limit: int | None) -> Iterator[Row]:
    """Images, newest first."""
    conditions = [f"({STATUS_SQL[status]})"] if status else []
    parameters: list[str | int] = []
    if stage:
        few = counters.numbers(db, "artifacts").get(stage, 0) <= FEW
        conditions.append(_AMONG_FEW if few else _AMONG_MANY)
        parameters.append(stage)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    parameters.append(-1 if limit is None else limit)
    return db.stream(f"SELECT * FROM images {where} ORDER BY created_at DESC, rowid DESC LIMIT ?", parameters)


# So many are found and sorted at once; where a stage has more, the newest image of it is soon met on a walk.
FEW = 20_000
_AMONG_FEW = "images.id IN (SELECT image_id FROM artifacts WHERE stage = ?)"
_AMONG_MANY = "EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = images.id AND a.stage = ?)"


def counts(db: Database) -> dict[str, int]:
    """Images by decision; the parts add up to `total`."""
    found = counters.numbers(db, "images")
    return {
        "total": sum(found.values()),
        **{decision: found.get(decision, 0) for decision in ("approved", "rejected", "pending")},
    }
