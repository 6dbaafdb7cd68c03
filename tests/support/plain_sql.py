"""Statements that other programs may write into a library, as hypothesis draws them."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import strategies as st

IDS = ("a", "b", "c")
STAGES = ("upstream", "web-optimized", "ersgan-enhanced", "my-own")
STATUSES = ("pending", "running", "completed", "failed")
HOW = ("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "INSERT OR FAIL", "INSERT OR ROLLBACK", "REPLACE")
UPDATE = ("UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE", "UPDATE OR FAIL")

_numbers = st.sampled_from([None, -1, 1, 2, 3])
_values: dict[str, dict[str, st.SearchStrategy[object]]] = {
    "images": {
        "rowid": _numbers,
        "id": st.sampled_from([*IDS, 7]),
        "sha256": st.sampled_from([None, "x", "y"]),
        "approved": st.sampled_from([0, 1, None, 2]),
        "rejected": st.sampled_from([0, 1, None]),
    },
    "artifacts": {
        "id": _numbers,
        "image_id": st.sampled_from(IDS),
        "stage": st.sampled_from([*STAGES, None]),
        "file_path": st.just("p"),
        "file_size": st.sampled_from([None, 0, 10, 333, -5, 1.5, "text", 2**62]),
    },
    "jobs": {
        "id": _numbers,
        "image_id": st.sampled_from(IDS),
        "stage": st.sampled_from(STAGES[:2]),
        "status": st.sampled_from([*STATUSES, "nonsense"]),
    },
}
for _table, _column in (("blurhash_cache", "blurhash"), ("perceptual_hashes", "phash")):
    _values[_table] = {
        "rowid": _numbers,
        "image_id": st.sampled_from(IDS),
        "stage": st.sampled_from(STAGES[:2]),
        _column: st.just("h"),
        "width": st.just(1),
        "height": st.just(1),
    }
# What ON CONFLICT may name.
_KEYS = {
    "images": ("id", "sha256"),
    "artifacts": ("image_id, stage", "id"),
    "jobs": ("id",),
    "blurhash_cache": ("image_id, stage",),
    "perceptual_hashes": ("image_id, stage",),
}


@dataclass(frozen=True)
class Statement:
    sql: str
    parameters: tuple[object, ...] = ()


def _rowless(table: str, row: dict[str, object]) -> dict[str, object]:
    """Without the number of the row where none is given: SQLite chooses one then."""
    number = "rowid" if "rowid" in _values[table] else "id" if table in {"artifacts", "jobs"} else ""
    return {key: value for key, value in row.items() if key != number or value is not None}


@st.composite
def _inserts(draw: st.DrawFn, table: str) -> Statement:
    rows = draw(st.lists(st.fixed_dictionaries(_values[table]), min_size=1, max_size=3))
    columns = list(_rowless(table, rows[0]))
    marks = ", ".join(f"({', '.join('?' * len(columns))})" for _ in rows)
    upsert = ""
    if draw(st.booleans()):
        key = draw(st.sampled_from(_KEYS[table]))
        column, values = draw(st.sampled_from(sorted(_values[table].items())))
        action = draw(st.sampled_from(["NOTHING", f"UPDATE SET {column} = {_literal(draw(values))}"]))
        upsert = f" ON CONFLICT ({key}) DO {action}"
    how = "INSERT" if upsert else draw(st.sampled_from(HOW))
    sql = f"{how} INTO {table} ({', '.join(columns)}) VALUES {marks}{upsert}"
    return Statement(sql, tuple(row[column] for row in rows for column in columns))


@st.composite
def _updates(draw: st.DrawFn, table: str) -> Statement:
    chosen = draw(st.lists(st.sampled_from(sorted(_values[table])), min_size=1, max_size=2, unique=True))
    changes = ", ".join(f"{column} = {_literal(draw(_values[table][column]))}" for column in chosen)
    return Statement(f"{draw(st.sampled_from(UPDATE))} {table} SET {changes} {draw(_where(table))}")


@st.composite
def _deletes(draw: st.DrawFn, table: str) -> Statement:
    return Statement(f"DELETE FROM {table} {draw(_where(table))}")


@st.composite
def _where(draw: st.DrawFn, table: str) -> str:
    if draw(st.integers(0, 3)) == 0:
        return ""
    column, values = draw(st.sampled_from(sorted(_values[table].items())))
    return f"WHERE {column} IS {_literal(draw(values))}"


def _literal(value: object) -> str:
    return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)


_PRAGMAS = [f"PRAGMA {name}={value}" for name in ("recursive_triggers", "foreign_keys") for value in (0, 1)]
_AROUND = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT s", "ROLLBACK TO s", "RELEASE s", *_PRAGMAS]


@st.composite
def histories(draw: st.DrawFn, most: int = 25) -> list[Statement]:
    """Changes of one table or of all, and what surrounds changes."""
    tables = draw(st.one_of(*(st.just([table]) for table in _values), st.just(list(_values))))
    changes = [made(table) for table in tables for made in (_inserts, _inserts, _updates, _deletes)]
    around = st.builds(Statement, st.sampled_from(_AROUND))
    first = Statement(draw(st.sampled_from(_PRAGMAS[:2])))
    # At least so many, since hypothesis on its own prefers histories in which nothing meets.
    return [first, *draw(st.lists(st.one_of(*changes, *changes, around), min_size=most // 2, max_size=most))]


def perform(db: sqlite3.Connection, one: Statement) -> None:
    """Execute a statement; what SQLite refuses is refused."""
    with suppress(sqlite3.Error):
        db.execute(one.sql, one.parameters)
