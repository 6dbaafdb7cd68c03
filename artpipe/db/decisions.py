"""Tables `decisions` and `batches`: what was decided, by whom, and taking it back."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.db.connection import Database, Row
    from artpipe.model import Decision, Json


def open_batch(db: Database, command: str, who: str) -> int:
    cursor = db.execute("INSERT INTO batches (command, decided_by) VALUES (?, ?)", (command, who))
    return int(cursor.lastrowid or 0)


@contextmanager
def deciding(db: Database, batch_id: int | None, who: str) -> Iterator[None]:
    """Within an open transaction: what the triggers record is this batch's (None: nothing for `undo` to take back)."""
    db.execute("INSERT INTO deciding (id, batch_id, decided_by) VALUES (1, ?, ?)", (batch_id, who))
    yield
    db.execute("DELETE FROM deciding")


def decide(db: Database, ids: Sequence[str], decision: Decision, reason: str | None) -> int:
    """Set the state of images; returns how many were in another state (or had another reason) before."""
    approved, rejected = decision == "approved", decision == "rejected"
    cursor = db.execute(
        f"UPDATE images SET approved = ?, rejected = ?, rejection_reason = ? WHERE {_OTHER}",
        (approved, rejected, reason, *_other(ids, decision, reason)),
    )
    return cursor.rowcount


def count_other(db: Database, ids: Sequence[str], decision: Decision, reason: str | None) -> int:
    """How many of the images `decide` would change."""
    return int(db.scalar(f"SELECT count(*) FROM images WHERE {_OTHER}", _other(ids, decision, reason)))


_OTHER = (
    "id IN (SELECT value FROM json_each(?))"
    " AND (approved IS NOT ? OR rejected IS NOT ? OR (? AND rejection_reason IS NOT ?))"
)


def _other(ids: Sequence[str], decision: Decision, reason: str | None) -> tuple[Json, ...]:
    approved, rejected = decision == "approved", decision == "rejected"
    return json.dumps(list(ids)), approved, rejected, rejected and reason is not None, reason


def last_batch(db: Database) -> Row | None:
    """The newest batch that decided something and was not taken back."""
    return db.row(
        "SELECT * FROM batches b WHERE undone_by IS NULL AND command <> 'undo'"
        " AND EXISTS (SELECT 1 FROM decisions d WHERE d.batch_id = b.id) ORDER BY id DESC LIMIT 1"
    )


def newest_batch(db: Database) -> int:
    return int(db.scalar("SELECT COALESCE(max(id), 0) FROM batches"))


def standing_batch(db: Database, batch_id: int) -> Row | None:
    """The batch, unless it was taken back already."""
    return db.row("SELECT * FROM batches WHERE id = ? AND undone_by IS NULL", (batch_id,))


def standing_batches(db: Database, commands: Sequence[str]) -> Iterator[int]:
    """Batches of these commands that decided something and were not taken back, newest first."""
    rows = db.stream(
        "SELECT id FROM batches b WHERE undone_by IS NULL AND command IN (SELECT value FROM json_each(?))"
        " AND EXISTS (SELECT 1 FROM decisions d WHERE d.batch_id = b.id) ORDER BY id DESC",
        (json.dumps(list(commands)),),
    )
    return (row[0] for row in rows)


def restored(db: Database, batch_id: int) -> list[Row]:
    """Images of a batch that are as they were before it, with what it had decided, in order of registration."""
    return db.rows(
        "SELECT d.image_id, d.was, d.became FROM decisions d JOIN images i ON i.id = d.image_id WHERE d.batch_id = ?"
        " AND d.was = CASE WHEN i.approved THEN 'approved' WHEN i.rejected THEN 'rejected' ELSE 'pending' END"
        " ORDER BY i.created_at, i.rowid",
        (batch_id,),
    )


def undo_page(db: Database, batch_id: int, after: int, limit: int) -> list[Row]:
    """Decisions of a batch in order of id, with the state the image is in now (NULL: it is gone)."""
    return db.rows(
        "SELECT d.id, d.image_id, d.was, d.became, d.was_reason, d.reason, i.rejection_reason AS reason_now,"
        " CASE WHEN i.id IS NULL THEN NULL WHEN i.approved THEN 'approved' WHEN i.rejected THEN 'rejected'"
        " ELSE 'pending' END AS now"
        " FROM decisions d LEFT JOIN images i ON i.id = d.image_id"
        " WHERE d.batch_id = ? AND d.id > ? ORDER BY d.id LIMIT ?",
        (batch_id, after, limit),
    )


def mark_undone(db: Database, batch_id: int, by: int) -> None:
    db.execute("UPDATE batches SET undone_by = ? WHERE id = ?", (by, batch_id))


def history(db: Database, image_id: str | None, limit: int | None) -> Iterator[Row]:
    """Decisions, newest first."""
    where = "WHERE d.image_id = ?" if image_id else ""
    parameters: list[str | int] = [image_id] if image_id else []
    parameters.append(-1 if limit is None else limit)
    return db.stream(
        "SELECT d.*, b.command, b.undone_by FROM decisions d LEFT JOIN batches b ON b.id = d.batch_id"
        f" {where} ORDER BY d.id DESC LIMIT ?",
        parameters,
    )
