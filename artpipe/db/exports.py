"""Which names `export-dirs` wants in a folder, which are there, and which it made itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from artpipe.db.survey import FIRST_NAME, named, stored
from artpipe.db.wanted import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from artpipe.db.connection import Database


class Made(NamedTuple):
    """What was made under a name."""

    folder: str
    name: str
    version: str | None
    stage: str
    inode: int | None


class Change(NamedTuple):
    """A wanted name that is not there as it should be.

    Args:
        inode: of what has the name; None if nothing has.
        ours: what has the name was made by an export.
        version: of what an export made there.
    """

    wanted: Wanted
    inode: int | None
    ours: bool
    version: str | None


class Surplus(NamedTuple):
    """A name that an export made and that nothing is wanted under any more; see `Change`."""

    made: Made
    inode: int | None


def begin(db: Database, directory: str) -> int:
    db.execute("INSERT INTO exports (directory) VALUES (?) ON CONFLICT DO NOTHING", (stored(directory),))
    return int(db.scalar("SELECT id FROM exports WHERE directory = ?", (stored(directory),)))


def find(db: Database, directory: str) -> int | None:
    found: int | None = db.scalar("SELECT id FROM exports WHERE directory = ?", (stored(directory),))
    return found


def finish(db: Database, export: int) -> None:
    db.execute("UPDATE exports SET finished_at = CURRENT_TIMESTAMP WHERE id = ?", (export,))


def prepare(db: Database) -> None:
    """Make the temporary tables; they may get larger than memory."""
    db.execute("PRAGMA temp_store=FILE")
    db.execute(
        "CREATE TEMP TABLE wanted_names (folder TEXT NOT NULL, name TEXT NOT NULL, source TEXT, kept TEXT,"
        " version TEXT, image_id TEXT, stage TEXT NOT NULL, PRIMARY KEY (folder, name)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX temp.wanted_names_by_image ON wanted_names (image_id, stage)")
    db.execute("CREATE INDEX temp.wanted_names_by_source ON wanted_names (source) WHERE source IS NOT NULL")
    db.execute(
        "CREATE TEMP TABLE present (folder TEXT NOT NULL, name TEXT NOT NULL, inode INTEGER NOT NULL,"
        " PRIMARY KEY (folder, name)) WITHOUT ROWID"
    )


def folders(db: Database, export: int) -> list[str]:
    """Every folder that names are wanted in, or were made in."""
    rows = db.rows(
        "SELECT folder FROM temp.wanted_names UNION SELECT folder FROM exported_files WHERE export_id = ?", (export,)
    )
    return sorted(named(row[0]) for row in rows)


def load_present(db: Database, entries: Iterable[tuple[str, str, int]]) -> None:
    db.many(
        "INSERT OR REPLACE INTO temp.present VALUES (?, ?, ?)",
        ((stored(folder), stored(name), inode) for folder, name, inode in entries),
    )


_OURS = "(e.name IS NOT NULL AND e.inode = p.inode)"


def changes(db: Database, export: int, page: int) -> Iterator[list[Change]]:
    """Wanted names that are not there as they should be, page by page."""
    sql = (
        f"SELECT w.*, p.inode, {_OURS}, e.version FROM temp.wanted_names w"
        " LEFT JOIN temp.present p ON p.folder = w.folder AND p.name = w.name"
        " LEFT JOIN exported_files e ON e.export_id = :export AND e.folder = w.folder AND e.name = w.name"
        f" WHERE (w.folder, w.name) > (:folder, :name) AND (p.inode IS NULL OR {_OURS} IS NOT TRUE"
        " OR e.version IS NOT w.version) ORDER BY w.folder, w.name LIMIT :page"
    )
    for rows in db.pages(sql, {"export": export, "page": page}, FIRST_NAME):
        yield [Change(Wanted(named(row[0]), named(row[1]), *tuple(row)[2:7]), *tuple(row)[7:]) for row in rows]


def surplus(db: Database, export: int, page: int) -> Iterator[list[Surplus]]:
    """Names that were made and are not wanted any more, page by page."""
    sql = (
        "SELECT e.folder, e.name, e.version, e.stage, e.inode, p.inode FROM exported_files e"
        " LEFT JOIN temp.present p ON p.folder = e.folder AND p.name = e.name"
        " WHERE e.export_id = :export AND (e.folder, e.name) > (:folder, :name) AND NOT EXISTS"
        " (SELECT 1 FROM temp.wanted_names w WHERE w.folder = e.folder AND w.name = e.name)"
        " ORDER BY e.folder, e.name LIMIT :page"
    )
    for rows in db.pages(sql, {"export": export, "page": page}, FIRST_NAME):
        yield [Surplus(Made(named(row[0]), named(row[1]), *tuple(row)[2:5]), row[5]) for row in rows]


def totals(db: Database) -> tuple[int, int]:
    """How many names are wanted, and how many of them are empty."""
    row = db.row("SELECT count(*), COALESCE(sum(source IS NULL AND version IS NULL), 0) FROM temp.wanted_names")
    return (row[0], row[1]) if row is not None else (0, 0)


def announce(db: Database, export: int, wanted: Sequence[Wanted]) -> None:
    """Say what is about to be made, so that it is known for ours also if this process dies."""
    db.many(
        "INSERT INTO exported_files (export_id, folder, name, version, stage) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        ((export, stored(one.folder), stored(one.name), one.version, one.stage) for one in wanted),
    )


def record(db: Database, export: int, made: Sequence[Made]) -> None:
    db.many(
        "INSERT INTO exported_files (export_id, folder, name, version, stage, inode) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (export_id, folder, name) DO UPDATE SET version = excluded.version, stage = excluded.stage,"
        " inode = excluded.inode",
        ((export, stored(one.folder), stored(one.name), *one[2:]) for one in made),
    )


def forget(db: Database, export: int, made: Sequence[Made]) -> None:
    db.many(
        "DELETE FROM exported_files WHERE export_id = ? AND folder = ? AND name = ?",
        ((export, stored(one.folder), stored(one.name)) for one in made),
    )


def mark_copies(db: Database, prefix: str) -> None:
    """What is copied is another version of a name than what is linked."""
    db.execute("UPDATE temp.wanted_names SET version = ? || version WHERE source IS NOT NULL", (prefix,))


def by_folder(db: Database) -> list[tuple[str, int, int]]:
    """Wanted names by folder: (folder, names, empty ones)."""
    rows = db.rows(
        "SELECT folder, count(*), sum(source IS NULL AND version IS NULL) FROM temp.wanted_names GROUP BY folder"
    )
    return [(named(row[0]), row[1], row[2]) for row in rows]
