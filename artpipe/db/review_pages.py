"""Tables `review_pages` and `review_items`: what the windows of `artpipe review` are looking at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from artpipe.db.connection import Database, Row
    from artpipe.model import Decision

# Of the image `i`.
_STATE = "CASE WHEN i.approved THEN 'approved' WHEN i.rejected THEN 'rejected' ELSE 'pending' END"


@dataclass(frozen=True, slots=True)
class Seat:
    """Who looks at pages: a browser window at a server, within a scope."""

    scope: str
    holder: str
    window: str


def holders(db: Database) -> list[str]:
    """All servers that have given out pages, dead ones among them."""
    return [row[0] for row in db.rows("SELECT DISTINCT holder FROM review_pages")]


def of_window(db: Database, seat: Seat) -> list[Row]:
    """The window's pages, the one it shows first."""
    return db.rows(
        "SELECT * FROM review_pages WHERE window_id = ? AND holder = ? AND scope = ? ORDER BY rank, id",
        (seat.window, seat.holder, seat.scope),
    )


def get(db: Database, page_id: int) -> Row | None:
    return db.row("SELECT * FROM review_pages WHERE id = ?", (page_id,))


def add(db: Database, seat: Seat, ids: Sequence[str], *, first: bool = False) -> int:
    """A new page with these images as they are now; those that are approved are marked.

    Args:
        first: show it before the window's other pages, else after them.
    """
    rank = "COALESCE(min(rank) - 1, 0)" if first else "COALESCE(max(rank) + 1, 0)"
    cursor = db.execute(
        f"INSERT INTO review_pages (scope, holder, window_id, rank) SELECT ?, ?, ?, {rank}"
        " FROM review_pages WHERE window_id = ? AND holder = ? AND scope = ?",
        (seat.scope, seat.holder, seat.window, seat.window, seat.holder, seat.scope),
    )
    page_id = int(cursor.lastrowid or 0)
    _fill(db, page_id, ids, 0)
    return page_id


def put_in_front(db: Database, page_id: int, image_id: str) -> None:
    """Add an image before the others of a page."""
    least = db.scalar("SELECT min(position) FROM review_items WHERE page_id = ?", (page_id,))
    _fill(db, page_id, [image_id], 0 if least is None else least - 1)


def _fill(db: Database, page_id: int, ids: Sequence[str], first: int) -> None:
    db.execute(
        "INSERT INTO review_items (page_id, position, image_id, was, marked)"
        f" SELECT ?, ? + w.key, i.id, {_STATE}, i.approved IS TRUE FROM json_each(?) w JOIN images i ON i.id = w.value",
        (page_id, first, json.dumps(list(ids))),
    )


def drop(db: Database, page_id: int) -> None:
    db.execute("DELETE FROM review_items WHERE page_id = ?", (page_id,))
    db.execute("DELETE FROM review_pages WHERE id = ?", (page_id,))


def abandoned(db: Database, seat: Seat, holders: Sequence[str], gone: Sequence[str]) -> Row | None:
    """Holder and window of the oldest page that nobody looks at any more; the window's own come first.

    Args:
        holders: servers that are alive.
        gone: windows of this server that were closed.
    """
    return db.row(
        "SELECT holder, window_id FROM review_pages WHERE scope = ?"
        " AND (holder NOT IN (SELECT value FROM json_each(?))"
        " OR holder = ? AND window_id IN (SELECT value FROM json_each(?)))"
        " ORDER BY window_id <> ?, id LIMIT 1",
        (seat.scope, json.dumps(list(holders)), seat.holder, json.dumps(list(gone)), seat.window),
    )


def take_over(db: Database, seat: Seat, before: Row) -> None:
    """Give the window all pages of another one."""
    db.execute(
        "UPDATE review_pages SET holder = ?, window_id = ? WHERE holder = ? AND window_id = ? AND scope = ?",
        (seat.holder, seat.window, before["holder"], before["window_id"], seat.scope),
    )


def tidy(db: Database, page_id: int, holders: Sequence[str]) -> int:
    """Take off a page what was decided elsewhere, is gone, or is on the page of somebody else; returns what is left."""
    db.execute(
        "DELETE FROM review_items WHERE page_id = ? AND NOT EXISTS ("
        f" SELECT 1 FROM images i WHERE i.id = review_items.image_id AND {_STATE} IN (was, decided))",
        (page_id,),
    )
    db.execute(
        "DELETE FROM review_items WHERE page_id = ? AND EXISTS ("
        " SELECT 1 FROM review_items o JOIN review_pages p ON p.id = o.page_id"
        " WHERE o.image_id = review_items.image_id AND o.page_id <> review_items.page_id"
        " AND p.holder IN (SELECT value FROM json_each(?)))",
        (page_id, json.dumps(list(holders))),
    )
    return int(db.scalar("SELECT count(*) FROM review_items WHERE page_id = ? AND decided IS NULL", (page_id,)))


def mark(db: Database, page_id: int, marks: Mapping[str, bool]) -> None:
    """Mark images with yes, or take the mark back."""
    for wanted in (True, False):
        ids = [image_id for image_id, marked in marks.items() if marked is wanted]
        db.execute(
            "UPDATE review_items SET marked = ? WHERE page_id = ? AND image_id IN (SELECT value FROM json_each(?))",
            (wanted, page_id, json.dumps(ids)),
        )


def marks(db: Database, page_id: int) -> list[Row]:
    """What a commit of the page would decide: image_id, marked, state; not what was decided otherwise meanwhile."""
    return db.rows(
        f"SELECT t.image_id, t.marked, {_STATE} AS state FROM review_items t JOIN images i ON i.id = t.image_id"
        f" WHERE t.page_id = ? AND {_STATE} = t.was AND t.decided IS NOT {_STATE} ORDER BY t.position",
        (page_id,),
    )


def item(db: Database, page_id: int, image_id: str) -> Row | None:
    """One image of a page, with the state it is in now."""
    return db.row(
        f"SELECT t.*, {_STATE} AS state FROM review_items t JOIN images i ON i.id = t.image_id"
        " WHERE t.page_id = ? AND t.image_id = ?",
        (page_id, image_id),
    )


def note_decided(db: Database, page_id: int, image_id: str, decision: Decision) -> None:
    db.execute("UPDATE review_items SET decided = ? WHERE page_id = ? AND image_id = ?", (decision, page_id, image_id))


def note_state(db: Database, page_id: int, image_id: str, state: Decision) -> None:
    """The window has been told what was decided elsewhere."""
    db.execute(
        "UPDATE review_items SET was = ?, decided = NULL WHERE page_id = ? AND image_id = ?",
        (state, page_id, image_id),
    )


def move(db: Database, page_id: int, position: int) -> None:
    db.execute("UPDATE review_pages SET position = ? WHERE id = ?", (position, page_id))


def view(db: Database, page_id: int) -> list[Row]:
    """Everything a window needs to show a page."""
    return db.rows(
        f"SELECT t.image_id AS id, t.position, t.was, t.marked, t.decided, {_STATE} AS state, i.mime_type,"
        " COALESCE(s.width, i.width, w.width) AS width, COALESCE(s.height, i.height, w.height) AS height,"
        " COALESCE(s.sha256, w.sha256) AS small,"
        " (SELECT b.blurhash FROM blurhash_cache b WHERE b.image_id = i.id ORDER BY b.stage LIMIT 1) AS blurhash"
        " FROM review_items t JOIN images i ON i.id = t.image_id"
        " LEFT JOIN artifacts s ON s.image_id = i.id AND s.stage = 'thumbnails-small'"
        " LEFT JOIN artifacts w ON w.image_id = i.id AND w.stage = 'web-optimized'"
        " WHERE t.page_id = ? ORDER BY t.position",
        (page_id,),
    )


def changes(db: Database, page_id: int) -> list[Row]:
    """What a window that shows the page may not know yet: states that changed, thumbnails that came."""
    return db.rows(
        f"SELECT t.image_id AS id, t.was, t.decided, {_STATE} AS state,"
        " COALESCE(s.sha256, w.sha256) AS small FROM review_items t JOIN images i ON i.id = t.image_id"
        " LEFT JOIN artifacts s ON s.image_id = i.id AND s.stage = 'thumbnails-small'"
        " LEFT JOIN artifacts w ON w.image_id = i.id AND w.stage = 'web-optimized'"
        " WHERE t.page_id = ?",
        (page_id,),
    )
