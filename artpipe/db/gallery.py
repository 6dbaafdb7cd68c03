"""What stands on the pages of a gallery."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.db.connection import Database, Row
    from artpipe.db.selection import Selection

Sort = Literal["time", "created", "name"]

_KEYS: dict[Sort, str] = {
    # When it was decided on; ids of decisions grow, so those of one second keep their order.
    "time": "COALESCE((SELECT d.decided_at || printf(' %012d', d.id) FROM decisions d WHERE d.image_id = i.id"
    " ORDER BY d.id DESC LIMIT 1), i.created_at, '')",
    "created": "COALESCE(i.created_at, '')",
    "name": "lower(i.id)",
}
_FOR_BROWSERS = " OR ".join(
    f"a.file_path LIKE '%.{extension}'" for extension in ("webp", "jpg", "jpeg", "png", "gif", "avif")
)

# Scripts write paths that lead elsewhere; `verify` says so.
_IN_PLACE = "a.file_path LIKE a.stage || '/%' AND a.file_path NOT LIKE '%/../%'"


def _shown(originals: bool) -> str:
    """About a row `a` of artifacts: a file that a page may show."""
    stages = "" if originals else " AND a.stage <> 'upstream'"
    # To SQLite any text is larger than 0.
    measured = " AND ".join(f"(a.{side} > 0 AND typeof(a.{side}) = 'integer')" for side in ("width", "height"))
    return f"({_FOR_BROWSERS}) AND {_IN_PLACE}{stages} AND {measured}"


def entries(db: Database, selection: Selection, sort: Sort, *, originals: bool) -> Iterator[tuple[str, str]]:
    """(sort key, id) of all images that have something to show, in order."""
    condition, values = selection.condition()
    sql = (
        f"SELECT CAST({_KEYS[sort]} AS TEXT) AS key, i.id FROM images i WHERE {condition}"
        f" AND EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = i.id AND {_shown(originals)}) ORDER BY key, i.id"
    )
    return ((row[0], row[1]) for row in db.stream(sql, values))


def count(db: Database, selection: Selection) -> int:
    """How many images are meant, whether or not there is something to show."""
    condition, values = selection.condition()
    return int(db.scalar(f"SELECT count(*) FROM images i WHERE {condition}", values))


def images(db: Database, ids: Sequence[str]) -> dict[str, Row]:
    width, height = (f"iif(typeof({side}) = 'integer', {side}, NULL) AS {side}" for side in ("width", "height"))
    sql = f"SELECT id, {width}, {height} FROM images WHERE id IN (SELECT value FROM json_each(?))"
    return {row["id"]: row for row in db.rows(sql, (json.dumps(list(ids)),))}


def is_rejected(db: Database, image_id: str) -> bool:
    return bool(db.scalar("SELECT rejected FROM images WHERE id = ?", (image_id,)))


def versions(db: Database, ids: Sequence[str], *, originals: bool) -> list[Row]:
    """Files of these images that a page may show."""
    sql = (
        "SELECT a.image_id, a.stage, a.file_path, a.width, a.height, a.sha256, a.processing_params FROM json_each(?) p"
        f" JOIN artifacts a ON a.image_id = p.value WHERE {_shown(originals)} ORDER BY a.id"
    )
    return db.rows(sql, (json.dumps(list(ids)),))


def blurhashes(db: Database, ids: Sequence[str]) -> list[Row]:
    sql = "SELECT b.image_id, b.stage, b.blurhash FROM json_each(?) p JOIN blurhash_cache b ON b.image_id = p.value"
    return db.rows(sql, (json.dumps(list(ids)),))


def parents_of(db: Database, ids: Sequence[str]) -> list[Row]:
    """What these images were made from."""
    sql = (
        "SELECT l.child_id, l.parent_id, l.role FROM json_each(?) p JOIN lineage l ON l.child_id = p.value"
        " ORDER BY l.child_id, l.role, l.position, l.parent_id"
    )
    return db.rows(sql, (json.dumps(list(ids)),))


def parents(db: Database, selection: Selection, *, originals: bool) -> dict[str, int]:
    """Images from which some of the selected ones were made, each with how many."""
    condition, values = selection.condition()
    sql = (
        "SELECT l.parent_id, count(DISTINCT l.child_id) FROM lineage l JOIN images i ON i.id = l.child_id"
        f" WHERE {condition} AND EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = i.id AND {_shown(originals)})"
        " GROUP BY l.parent_id ORDER BY l.parent_id"
    )
    return {row[0]: row[1] for row in db.rows(sql, values)}


def children(db: Database, parent: str, selection: Selection, *, originals: bool) -> list[str]:
    """The selected images that were made from one, in their order."""
    condition, values = selection.condition()
    sql = (
        "SELECT l.child_id FROM lineage l JOIN images i ON i.id = l.child_id"
        f" WHERE l.parent_id = ? AND {condition}"
        f" AND EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = i.id AND {_shown(originals)})"
        " GROUP BY l.child_id ORDER BY min(l.role), min(l.position), l.child_id"
    )
    return [row[0] for row in db.rows(sql, (parent, *values))]


def grids(db: Database, ids: Sequence[str]) -> dict[str, tuple[bytes, str]]:
    """Colour grids that were computed before, each with the sha256 of the file it was computed from."""
    sql = "SELECT g.image_id, g.grid, g.input_sha256 FROM json_each(?) p JOIN colour_grids g ON g.image_id = p.value"
    return {row[0]: (row[1], row[2]) for row in db.rows(sql, (json.dumps(list(ids)),))}


def keep_grids(db: Database, found: Sequence[tuple[str, bytes, str]]) -> None:
    with db.transaction():
        db.many("INSERT OR REPLACE INTO colour_grids (image_id, grid, input_sha256) VALUES (?, ?, ?)", found)
