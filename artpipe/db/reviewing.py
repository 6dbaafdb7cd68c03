"""Which pictures come next for `artpipe review`, whoever else is looking."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from artpipe.db.images import STATUS_SQL
from artpipe.db.user_conditions import clause

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.db.connection import Database, Row
    from artpipe.model import Decision

# Counting goes no further: nobody plans an evening by whether 100,000 or 13 million pictures are left.
COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class Pictures:
    """Which pictures are asked for.

    Args:
        status: only those with this decision.
        where: only those that fulfil this condition of the user's.
        scope: name of the whole question; its own pages are never given out twice.
        holders: servers that are alive.
    """

    status: Decision | None
    where: str | None
    scope: str
    holders: Sequence[str]

    def parameters(self) -> dict[str, Any]:
        return {"scope": self.scope, "holders": json.dumps(list(self.holders))}


# On a page that somebody looks at, or will be shown again.
_GIVEN_OUT = (
    "SELECT 1 FROM review_items t JOIN review_pages p ON p.id = t.page_id WHERE t.image_id = images.id"
    " AND (p.scope = :scope OR p.holder IN (SELECT value FROM json_each(:holders)))"
)
# Nobody can judge a picture of which nothing is left, or nothing is here yet.
_CAN_BE_SEEN = (
    "(images.content = 'present' OR EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = images.id"
    " AND a.stage IN ('thumbnails-small', 'web-optimized')))"
)


def _wanted(pictures: Pictures) -> str:
    status = STATUS_SQL[pictures.status] if pictures.status else "TRUE"
    return f"{status} AND {_CAN_BE_SEEN} AND NOT EXISTS ({_GIVEN_OUT}) AND {clause(pictures.where)}"


def after(db: Database, pictures: Pictures, place: Row | None, limit: int) -> list[str]:
    """The next images in the order they were registered in, from a place on."""
    found: list[str] = []
    for bound, values in _bounds(place):
        sql = (
            f"SELECT images.id FROM images WHERE {bound} AND {_wanted(pictures)}"
            " ORDER BY images.created_at, images.rowid LIMIT :limit"
        )
        parameters = {**pictures.parameters(), **values, "limit": limit - len(found)}
        found += [row[0] for row in db.rows(sql, parameters)]
        if len(found) == limit:
            break
    return found


def _bounds(place: Row | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Conditions that an index answers, also where millions of rows have one time (a bulk import) or none."""
    if place is None:
        yield "TRUE", {}
        return
    created_at = {"created_at": place["created_at"]}
    yield "images.created_at IS :created_at AND images.rowid > :row", {**created_at, "row": place["row"]}
    if place["created_at"] is None:
        yield "images.created_at IS NOT NULL", {}
    else:
        yield "images.created_at > :created_at", created_at


def among(db: Database, pictures: Pictures, ids: Sequence[str]) -> list[str]:
    """Those of the ids that are wanted, in their order."""
    sql = f"SELECT images.id FROM images WHERE images.id IN (SELECT value FROM json_each(:ids)) AND {_wanted(pictures)}"
    wanted = {row[0] for row in db.rows(sql, {**pictures.parameters(), "ids": json.dumps(list(ids))})}
    return [image_id for image_id in ids if image_id in wanted]


def count(db: Database, status: Decision) -> int:
    """How many have this decision, as far as counting goes."""
    sql = f"SELECT count(*) FROM (SELECT 1 FROM images WHERE {STATUS_SQL[status]} LIMIT ?)"
    return int(db.scalar(sql, (COUNTED,)))


def place_of(db: Database, scope: str) -> Row | None:
    """How far the scope was given out: created_at and row; a picture that is gone is taken as the first of its time."""
    return db.row(
        "SELECT COALESCE(i.rowid, -1) AS row, p.image_id,"
        " CASE WHEN i.id IS NULL THEN p.created_at ELSE i.created_at END AS created_at"
        " FROM review_progress p LEFT JOIN images i ON i.id = p.image_id WHERE p.scope = ?",
        (scope,),
    )


def keep_place(db: Database, scope: str, image_id: str) -> None:
    db.execute(
        "INSERT INTO review_progress (scope, image_id, created_at)"
        " SELECT ?, id, created_at FROM images WHERE id = ?"
        " ON CONFLICT (scope) DO UPDATE SET image_id = excluded.image_id, created_at = excluded.created_at",
        (scope, image_id),
    )


def forget_place(db: Database, scope: str) -> None:
    db.execute("DELETE FROM review_progress WHERE scope = ?", (scope,))
