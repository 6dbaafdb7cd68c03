"""Running jobs that programs outside of artpipe have in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artpipe.db.connection import Database, Row


def running(db: Database, image_id: str, stage: str) -> Row | None:
    """The job in somebody's hands: a run's (`run_id`), a known program's (`claimed_by`), or nobody knows whose."""
    return db.row(
        "SELECT id, run_id, claimed_by, input_sha256, started_at FROM jobs"
        " WHERE image_id = ? AND stage = ? AND status = 'running'",
        (image_id, stage),
    )


def take(db: Database, place: tuple[str, str], input_sha256: str | None, claimed_by: str | None) -> int:
    """Within an open transaction, nothing running: take the job that is pending or failed last, else a new one.

    Args:
        place: image id, stage.
        input_sha256: of what the program will work on.

    Returns the job's number.
    """
    row = db.row(
        "SELECT id, status FROM jobs WHERE image_id = ? AND stage = ?"
        " ORDER BY status = 'pending' DESC, id DESC LIMIT 1",
        place,
    )
    if row is None or row["status"] == "completed":
        cursor = db.execute("INSERT INTO jobs (image_id, stage, status) VALUES (?, ?, 'pending')", place)
        job_id = int(cursor.lastrowid or 0)
    else:
        job_id = row["id"]
    db.execute(
        "UPDATE jobs SET status = 'running', run_id = NULL, started_at = CURRENT_TIMESTAMP, completed_at = NULL,"
        " attempts = attempts + 1, input_sha256 = ?, recipe = NULL, claimed_by = ? WHERE id = ?",
        (input_sha256, claimed_by, job_id),
    )
    return job_id


def complete(db: Database, job_id: int) -> None:
    db.execute(
        "UPDATE jobs SET status = 'completed', completed_at = CURRENT_TIMESTAMP, error_message = NULL,"
        " error_code = NULL, failure_kind = NULL, due_at = NULL WHERE id = ?",
        (job_id,),
    )


def fail(db: Database, job_id: int, code: str, message: str) -> None:
    """End a job badly; with no recipe of ours to its name it counts as untried for our own makers."""
    db.execute(
        "UPDATE jobs SET status = 'failed', completed_at = CURRENT_TIMESTAMP, retry_count = retry_count + 1,"
        " error_code = ?, error_message = ?, failure_kind = 'transient', due_at = NULL WHERE id = ?",
        (code, message, job_id),
    )


def held(db: Database) -> list[Row]:
    """All jobs that known programs have in hand."""
    return db.rows(
        "SELECT id, image_id, stage, claimed_by FROM jobs"
        " WHERE status = 'running' AND run_id IS NULL AND claimed_by IS NOT NULL ORDER BY id"
    )
