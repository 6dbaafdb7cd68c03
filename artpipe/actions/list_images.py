"""list: images, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.actions.report import Report
from artpipe.db import images

if TYPE_CHECKING:
    from artpipe.db.connection import Row
    from artpipe.library import Library
    from artpipe.model import Decision

COLUMNS = (
    "id",
    "status",
    "rejection_reason",
    "width",
    "height",
    "file_size",
    "mime_type",
    "content",
    "created_at",
)


def list_images(library: Library, status: Decision | None, stage: str | None, limit: int | None) -> Report:
    """Ids, one a line; `data` has a row each."""
    rows = images.ids(library.db, status, stage, limit)
    return Report(data={"images": (_item(row) for row in rows)}, lines=(row["id"] for row in rows))


def status_of(row: Row) -> str:
    return "approved" if row["approved"] else "rejected" if row["rejected"] else "pending"


def _item(row: Row) -> dict[str, object]:
    return {column: status_of(row) if column == "status" else row[column] for column in COLUMNS}
