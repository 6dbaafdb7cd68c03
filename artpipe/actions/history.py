"""history: what was decided, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.actions.identify import resolve
from artpipe.actions.report import Report, Table
from artpipe.db import decisions

if TYPE_CHECKING:
    from artpipe.library import Library

COLUMNS = ("decided_at", "image_id", "was", "became", "reason", "decided_by", "batch_id", "command")


def history(library: Library, name: str | None, limit: int | None) -> Report:
    """Decisions on one image or on all."""
    image_id = name
    if name is not None:
        found, problems = resolve(library, [name])
        if not found:
            return Report(data={"decisions": []}, problems=problems)
        image_id = found[0]
    items = [{column: row[column] for column in COLUMNS} for row in decisions.history(library.db, image_id, limit)]
    rows = [[item[column] if item[column] is not None else "" for column in COLUMNS] for item in items]
    headings = ("decided", "image", "was", "became", "reason", "by", "batch", "command")
    return Report(data={"decisions": items}, tables=[Table(headings, rows)] if rows else [])
