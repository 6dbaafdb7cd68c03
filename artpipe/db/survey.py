"""What lies in an old tree now, beside what was taken from it before: a temporary table of its names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from artpipe.db.connection import Database, Row

Stored = str | bytes
# Before the first name of all, for `Database.pages`.
FIRST_NAME = {"folder": "", "name": ""}


class Surveyed(NamedTuple):
    """A name as it is kept: bytes where it is no UTF-8."""

    phase: int
    folder: str
    name: str
    role: str
    stage: str
    size: int
    mtime_ns: int
    inode: int
    base: str
    id: str


def stored(name: str) -> Stored:
    """A file name as SQLite can hold it without loss."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name)
    return name


def named(value: Stored) -> str:
    return value if isinstance(value, str) else os.fsdecode(value)


def prepare(db: Database) -> None:
    """Make the temporary table; it may get larger than memory."""
    db.execute("PRAGMA temp_store=FILE")
    db.execute(
        "CREATE TEMP TABLE survey (phase INTEGER NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL,"
        " role TEXT NOT NULL, stage TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
        " inode INTEGER NOT NULL, base TEXT NOT NULL, id TEXT NOT NULL,"
        " PRIMARY KEY (phase, folder, name)) WITHOUT ROWID"
    )


def load(db: Database, names: Iterable[Surveyed]) -> None:
    """Add names, all in one go."""
    with db.temporary():
        db.many(
            "INSERT INTO temp.survey VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((one.phase, stored(one.folder), stored(one.name), *one[3:8], stored(one.base), one.id) for one in names),
        )


_NEW = "(o.name IS NULL OR o.size <> s.size OR o.mtime_ns <> s.mtime_ns OR o.inode <> s.inode)"
_BESIDE = "temp.survey s LEFT JOIN old_files o ON o.tree_id = :tree AND o.folder = s.folder AND o.name = s.name"


def count(db: Database) -> int:
    return int(db.scalar("SELECT count(*) FROM temp.survey"))


def new(db: Database, tree: int, phases: tuple[int, int], page: int) -> Iterator[Surveyed]:
    """Names of these phases (from, to) that were not taken in as they are now, in the order of their turn."""
    sql = (
        f"SELECT s.* FROM {_BESIDE} WHERE (s.phase, s.folder, s.name) > (:phase, :folder, :name) AND s.phase <= :last"
        f" AND {_NEW} ORDER BY s.phase, s.folder, s.name LIMIT :page"
    )
    for rows in db.pages(sql, {"tree": tree, "last": phases[1], "page": page}, {"phase": phases[0], **FIRST_NAME}):
        yield from map(surveyed, rows)


def surveyed(row: Row) -> Surveyed:
    phase, folder, name, role, stage, size, mtime_ns, inode, base, image_id = row
    return Surveyed(phase, named(folder), named(name), role, stage, size, mtime_ns, inode, named(base), image_id)


def folders(db: Database, tree: int) -> list[Row]:
    """What is in each folder, and how much of it is new."""
    return db.rows(
        "SELECT s.folder, s.role, min(s.stage) AS stage, count(*) AS files, sum(s.size) AS bytes,"
        f" sum(s.size = 0) AS empty, sum({_NEW}) AS new, sum(s.size * {_NEW}) AS new_bytes"
        f" FROM {_BESIDE} GROUP BY s.folder ORDER BY min(s.phase), s.folder",
        {"tree": tree},
    )


_PICTURES = (
    "SELECT id, max(role = 'approved') AS yes, max(role = 'rejected') AS no, max(size > 0) AS real,"
    " min(CASE WHEN role = 'approved' THEN folder END) AS yes_folder,"
    " min(CASE WHEN role = 'rejected' THEN folder END) AS no_folder, min(folder) AS folder"
    " FROM temp.survey WHERE role IN ('original', 'approved', 'rejected', 'made') GROUP BY id"
)


def judged(db: Database) -> Row:
    """How many ids are approved, rejected, in both folders at once."""
    row = db.row(
        "SELECT COALESCE(sum(yes), 0) AS approved, COALESCE(sum(no AND NOT yes), 0) AS rejected,"
        f" COALESCE(sum(yes AND no), 0) AS conflicts FROM ({_PICTURES})"
    )
    assert row is not None  # noqa: S101 - an aggregate without GROUP BY has one row
    return row


def conflicts(db: Database) -> Iterator[Row]:
    """Ids that are both approved and rejected: id, yes_folder, no_folder."""
    return db.stream(f"SELECT id, yes_folder, no_folder FROM ({_PICTURES}) WHERE yes AND no ORDER BY id")


def nothing_real(db: Database) -> Iterator[Row]:
    """Ids that nobody rejected, and of which no byte is left, there or here: id, yes, folder."""
    return db.stream(
        f"SELECT p.id, p.yes, p.folder FROM ({_PICTURES}) p WHERE NOT p.real AND (p.yes OR NOT p.no)"
        " AND NOT EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = p.id) ORDER BY p.id"
    )


def against_decisions(db: Database, tree: int) -> Iterator[Row]:
    """Decisions in the tree, not yet taken in, against those in the library: id, wanted, state."""
    return db.stream(
        "SELECT p.id, CASE WHEN p.yes THEN 'approved' ELSE 'rejected' END AS wanted,"
        " COALESCE(p.yes_folder, p.no_folder) AS folder,"
        " CASE WHEN i.approved THEN 'approved' ELSE 'rejected' END AS state"
        f" FROM ({_PICTURES}) p JOIN images i ON i.id = p.id WHERE ((p.yes AND i.rejected) OR (p.no AND NOT p.yes"
        " AND i.approved)) AND NOT EXISTS (SELECT 1 FROM old_files o INDEXED BY old_files_by_image"
        " WHERE o.tree_id = ? AND o.image_id = p.id"
        f" AND o.settled IS NOT NULL) AND NOT {BY_ITSELF} ORDER BY p.id",
        (tree,),
    )


# The image `i` is in its state by what its bytes showed; no person has decided on it.
BY_ITSELF = (
    "(i.rejected AND EXISTS (SELECT 1 FROM decisions d WHERE d.image_id = i.id AND d.batch_id IS NULL"
    " AND d.decided_by = 'artpipe' AND d.id = (SELECT max(id) FROM decisions WHERE image_id = i.id)))"
)


def gone(db: Database, tree: int) -> Iterator[Row]:
    """Names that were taken in and are not in the tree any more: folder, name."""
    db.execute("CREATE INDEX IF NOT EXISTS temp.survey_by_name ON survey (folder, name)")
    return db.stream(
        "SELECT o.folder, o.name FROM old_files o WHERE o.tree_id = ? AND NOT EXISTS"
        " (SELECT 1 FROM temp.survey s WHERE s.folder = o.folder AND s.name = o.name) ORDER BY o.folder, o.name",
        (tree,),
    )
