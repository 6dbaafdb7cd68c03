"""Tables `sources` and `aliases`: files that were seen, and other names of the same content."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from artpipe.db.connection import Database


# From how many paths on it is quicker to read those between them too.
MANY = 100


class Seen(NamedTuple):
    """What the disk said about a file when it was read last."""

    size: int
    mtime_ns: int
    inode: int


def find(db: Database, paths: Sequence[str]) -> dict[str, tuple[Seen, str]]:
    """Those of `paths` that were seen before (others may come with them): path -> (what was seen, image id).

    Left out are those whose image has lost its row or its original since: they count as new. So do those whose bytes
    were given back because the image was rejected, once it is not rejected any more.
    """
    return {row[0]: (Seen(*row[1:4]), row[4]) for row in _found(db, f"{_FACTS}, s.image_id", paths)}


def seen(db: Database, paths: Sequence[str]) -> set[tuple[str, int, int, int]]:
    """The same without the images, as (path, size, mtime_ns, inode), to look up what has not changed."""
    return set(_found(db, _FACTS, paths))


_FACTS = "SELECT s.path, s.size, s.mtime_ns, s.inode"
_FIND = (
    " FROM sources s JOIN images i ON i.id = s.image_id"
    " WHERE i.content <> 'absent' AND (i.content <> 'truncated' OR i.sha256 IS NULL OR i.rejected) AND s.path"
)


def _found(db: Database, select: str, paths: Sequence[str]) -> list[Any]:
    return _between(db, select + _FIND, paths) or _each(db, select + _FIND, paths)


def _between(db: Database, sql: str, paths: Sequence[str]) -> list[Any]:
    """All from the first to the last path: what a folder holds lies side by side. Nothing if much else lies there."""
    if len(paths) < MANY:
        return []
    most = 2 * len(paths)
    rows = db.tuples(f"{sql} BETWEEN ? AND ? LIMIT ?", (min(paths), max(paths), most))
    return rows if len(rows) < most else []


def _each(db: Database, sql: str, paths: Sequence[str]) -> list[Any]:
    return db.tuples(f"{sql} IN (SELECT value FROM json_each(?))", (json.dumps(list(paths)),))


_REMEMBER = (
    "INSERT INTO sources (path, image_id, sha256, size, mtime_ns, inode) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (path) DO UPDATE SET image_id = excluded.image_id, sha256 = excluded.sha256,"
    " size = excluded.size, mtime_ns = excluded.mtime_ns, inode = excluded.inode, seen_at = CURRENT_TIMESTAMP"
)


def remember(db: Database, path: str, seen: Seen, image_id: str, sha256: str | None) -> None:
    db.execute(_REMEMBER, (path, image_id, sha256, *seen))


def remember_all(db: Database, files: Iterable[tuple[str, Seen, str, str | None]]) -> None:
    """The same for many: (path, what was seen, image id, sha256)."""
    db.many(_REMEMBER, ((path, image_id, sha256, *seen) for path, seen, image_id, sha256 in files))


def add_alias(db: Database, name: str, image_id: str) -> bool:
    """Keep another name of an image; False if it was known."""
    sql = "INSERT INTO aliases (name, image_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
    return db.execute(sql, (name, image_id)).rowcount > 0


def is_alias(db: Database, name: str) -> bool:
    return db.row("SELECT 1 FROM aliases WHERE name = ? LIMIT 1", (name,)) is not None


def aliases_of(db: Database, image_id: str) -> list[str]:
    return [row[0] for row in db.rows("SELECT name FROM aliases WHERE image_id = ? ORDER BY name", (image_id,))]


def paths_of(db: Database, image_id: str) -> list[str]:
    return [row[0] for row in db.rows("SELECT path FROM sources WHERE image_id = ? ORDER BY path", (image_id,))]
