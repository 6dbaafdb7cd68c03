"""lineage: what an image was made from, what was made of it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from artpipe.actions.identify import resolve
from artpipe.actions.list_images import status_of
from artpipe.actions.report import Report, Table
from artpipe.db import lineage as rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from artpipe.db.connection import Database, Row
    from artpipe.library import Library

SHOWN_CHILDREN = 20


def lineage(library: Library, name: str, limit: int | None = None) -> Report:
    """Parents and children of one image, with how far they have got."""
    found, problems = resolve(library, [name])
    if not found:
        return Report(problems=problems)
    data = {"id": found[0], **relatives(library.db, found[0], limit)}
    return Report(data=data, tables=tables(data), problems=problems)


def relatives(db: Database, image_id: str, limit: int | None) -> dict[str, Any]:
    return {
        "parents": _items(rows.parents(db, image_id)),
        "children": _items(islice(rows.children(db, image_id, limit), limit)),
        "children_total": rows.count_children(db, image_id),
    }


def tables(data: dict[str, Any]) -> list[Table]:
    """One table for people; none for an image without relatives."""
    lines = [
        (kind, one["id"], one["role"], one["stage"] or "", one["status"], "yes" if one["made"] else "no")
        for kind, key in (("parent", "parents"), ("child", "children"))
        for one in data[key]
    ]
    more = data["children_total"] - len(data["children"])
    if more:
        lines.append(("child", f"… {more} more", "", "", "", ""))
    return [Table(("relative", "image", "role", "stage", "status", "made"), lines)] if lines else []


def _items(found: Iterable[Row]) -> list[dict[str, Any]]:
    return [
        {
            "id": row["id"],
            "role": row["role"],
            "stage": row["stage"],
            "status": status_of(row),
            "made": bool(row["made"]),
        }
        for row in found
    ]
