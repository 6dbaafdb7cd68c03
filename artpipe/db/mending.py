"""What `repair` writes; every statement checks again what it relies on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artpipe.db.connection import Database
    from artpipe.db.verification import Recorded
    from artpipe.model import Table


def forget(db: Database, row: Recorded) -> bool:
    """Within an open transaction: delete an artifact's row, unless it says something else by now."""
    return (
        db.execute(
            "DELETE FROM artifacts WHERE id = ? AND file_path = ? AND sha256 IS ?", (row.id, row.path, row.sha256)
        ).rowcount
        > 0
    )


def ask_again(db: Database, row: Recorded) -> None:
    """Within an open transaction: queue a file that was asked for by hand, with the parameters it had then."""
    db.execute(
        "INSERT INTO jobs (image_id, stage, status, reason, params)"
        " SELECT image_id, stage, 'pending', 'missing', params FROM jobs INDEXED BY jobs_by_image"
        " WHERE image_id = ? AND stage = ? AND status = 'completed' AND params IS NOT NULL"
        " AND (SELECT pinned FROM artifacts a WHERE a.id = ?) ORDER BY id DESC LIMIT 1"
        " ON CONFLICT DO NOTHING",
        (row.image_id, row.stage, row.id),
    )


def forget_value(db: Database, table: Table, image_id: str, stage: str) -> bool:
    """Within an open transaction: delete a hash of another file than the one that is there now."""
    return (
        db.execute(
            f"DELETE FROM {table} WHERE image_id = ? AND stage = ? AND input_sha256 <>"
            " (SELECT sha256 FROM artifacts WHERE image_id = ? AND stage = ?)",
            (image_id, stage, image_id, stage),
        ).rowcount
        > 0
    )


def clear_flags(db: Database, image_id: str) -> bool:
    """Within an open transaction: write FALSE where NULL stands, which is what it is taken for."""
    sql = (
        "UPDATE images SET approved = COALESCE(approved, FALSE), rejected = COALESCE(rejected, FALSE)"
        " WHERE id = ? AND (approved IS NULL OR rejected IS NULL)"
    )
    return db.execute(sql, (image_id,)).rowcount > 0


def mark_present(db: Database, image_id: str) -> bool:
    """Within an open transaction: say of an image what its original's row, proven right, says."""
    return (
        db.execute(
            "UPDATE images SET content = 'present', sha256 = COALESCE(images.sha256, a.sha256),"
            " file_size = COALESCE(images.file_size, a.file_size), width = COALESCE(images.width, a.width),"
            " height = COALESCE(images.height, a.height) FROM artifacts a WHERE images.id = ?"
            " AND a.image_id = images.id AND a.stage = 'upstream' AND COALESCE(images.sha256, a.sha256) = a.sha256"
            " AND NOT EXISTS (SELECT 1 FROM images o WHERE o.sha256 = a.sha256 AND o.id <> images.id)",
            (image_id,),
        ).rowcount
        > 0
    )
