"""The schema as our versions make it, against the one that is there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db import counters, ready
from artpipe.db.planning import unsettle_all
from artpipe.db.schema import steps
from artpipe.errors import StorageError

if TYPE_CHECKING:
    from artpipe.db.connection import Database


class Part(NamedTuple):
    """A part of the schema.

    Args:
        kind: table, column, index, trigger or view.
        sql: makes it again; empty where that would not bring back what was in it.
    """

    kind: str
    name: str
    sql: str


def lacking(db: Database) -> list[Part]:
    """Parts of ours that are missing, or do something else than ours; what users have added is theirs."""
    with closing(sqlite3.connect(":memory:")) as ours:
        for _, file in steps():
            ours.executescript(file.read_text(encoding="utf-8"))
        wanted, columns = _parts(ours.execute(_PARTS)), set(ours.execute(_COLUMNS))
    there, has = _parts(db.tuples(_PARTS)), set(db.tuples(_COLUMNS))
    missing = [part for key, part in wanted.items() if not _same(part, there.get(key))]
    tables = {part.name for part in missing if part.kind == "table"}
    lost = sorted((table, column) for table, column in columns - has if table not in tables)
    return [*missing, *(Part("column", f"{table}.{column}", "") for table, column in lost)]


_PARTS = (
    "SELECT type, name, sql FROM main.sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name"
)
_COLUMNS = (
    "SELECT m.name, c.name FROM main.sqlite_master m, pragma_table_info(m.name) c"
    " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
)


def _parts(rows: object) -> dict[tuple[str, str], Part]:
    return {(kind, name): Part(kind, name, "" if kind == "table" else sql) for kind, name, sql in rows}  # type: ignore[attr-defined]


def _same(ours: Part, there: Part | None) -> bool:
    """Users may add columns to our tables, so the text of a table says nothing."""
    return there is not None and ours.sql.split() == there.sql.split()


def recreate(db: Database) -> None:
    """Within an open transaction: make lacking indexes, triggers and views again, with what triggers would have kept.

    Raises:
        StorageError: rows have come in that one of them would not have let in.
    """
    parts = [part for part in lacking(db) if part.sql]
    for part in parts:
        db.execute(f'DROP {part.kind.upper()} IF EXISTS "{part.name}"')
    for part in parts:
        try:
            db.execute(part.sql)
        except sqlite3.IntegrityError as error:
            raise StorageError(f"{part.kind} {part.name} cannot be made: {error}") from error
    counters.recount(db)
    ready.refill(db)
    unsettle_all(db)
