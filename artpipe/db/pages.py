"""Tables `galleries`, `gallery_ranges`, `pages`: which page holds what, and the files of the pages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from artpipe.db.connection import Database


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page as its row describes it; sha256 is None while it is being written or removed."""

    path: str
    sha256: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a page begins: the smallest (sort key, image id) that may stand on it."""

    number: int
    key: str
    id: str


def bounds(db: Database, gallery: str, sort: str, page_size: int) -> list[Bound]:
    """The pages of the last build in order, unless it had another order or page size."""
    sql = (
        "SELECT r.number, r.first_key, r.first_id FROM gallery_ranges r JOIN galleries g ON g.name = r.gallery"
        " WHERE g.name = ? AND g.sort = ? AND g.page_size = ? ORDER BY r.first_key, r.first_id"
    )
    return [Bound(*row) for row in db.rows(sql, (gallery, sort, page_size))]


def of_gallery(db: Database, gallery: str) -> dict[str, PageFile]:
    sql = "SELECT path, sha256, file_size FROM pages WHERE gallery = ?"
    return {row[0]: PageFile(*row) for row in db.rows(sql, (gallery,))}


def recorded(db: Database) -> Iterator[PageFile]:
    """All pages that ought to be there."""
    return (
        PageFile(*row)
        for row in db.stream("SELECT path, sha256, file_size FROM pages WHERE sha256 IS NOT NULL ORDER BY path")
    )


def find(db: Database, path: str) -> PageFile | None:
    row = db.row("SELECT path, sha256, file_size FROM pages WHERE path = ? AND sha256 IS NOT NULL", (path,))
    return None if row is None else PageFile(*row)


def known(db: Database, paths: Sequence[str]) -> list[str]:
    """Those of the paths that belong to pages, written or not."""
    sql = "SELECT path FROM pages WHERE path IN (SELECT value FROM json_each(?))"
    return [row[0] for row in db.rows(sql, (json.dumps(list(paths)),))]


def unwritten(db: Database) -> int:
    """How many pages are being written or removed, or were when a build died."""
    return int(db.scalar("SELECT count(*) FROM pages WHERE sha256 IS NULL"))


def stands(db: Database, path: str) -> bool:
    """Whether a page's row names this file."""
    return find(db, path) is not None


def announce(db: Database, gallery: str, sort: str, page_size: int, paths: Sequence[str]) -> None:
    """Within an open transaction: these files of a gallery are about to be written or removed."""
    db.execute(
        "INSERT INTO galleries (name, sort, page_size) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
        (gallery, sort, page_size),
    )
    db.many(
        "INSERT INTO pages (path, gallery) VALUES (?, ?)"
        " ON CONFLICT (path) DO UPDATE SET sha256 = NULL, file_size = NULL, written_at = NULL",
        ((path, gallery) for path in paths),
    )


def write(db: Database, files: Iterable[PageFile]) -> None:
    """Within an open transaction: these bytes lie under these names now."""
    db.many(
        "UPDATE pages SET sha256 = ?, file_size = ?, written_at = CURRENT_TIMESTAMP WHERE path = ?",
        ((file.sha256, file.size, file.path) for file in files),
    )


def drop(db: Database, paths: Iterable[str]) -> None:
    """Within an open transaction: these files are gone for good."""
    db.many("DELETE FROM pages WHERE path = ?", ((path,) for path in paths))


def forget_file(db: Database, path: str) -> None:
    """Within an open transaction: a page's file is not what its row says."""
    db.execute("UPDATE pages SET sha256 = NULL, file_size = NULL, written_at = NULL WHERE path = ?", (path,))


def keep_bounds(db: Database, gallery: str, sort: str, page_size: int, found: Sequence[Bound]) -> None:
    """Within an open transaction: what the next build of the gallery goes by."""
    db.execute(
        "UPDATE galleries SET sort = ?, page_size = ?, built_at = CURRENT_TIMESTAMP WHERE name = ?",
        (sort, page_size, gallery),
    )
    db.execute("DELETE FROM gallery_ranges WHERE gallery = ?", (gallery,))
    db.many(
        "INSERT INTO gallery_ranges (gallery, number, first_key, first_id) VALUES (?, ?, ?, ?)",
        ((gallery, bound.number, bound.key, bound.id) for bound in found),
    )
