"""Databases of an older program, in both shapes that it had; only ever read."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from artpipe.db.connection import Database
from artpipe.errors import ForeignDatabaseError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from artpipe.db.connection import Row

# Table -> the column that holds the decision.
_SHAPES = {"img": "good", "images": "state"}
_YES = frozenset(("yes", "1", "true"))


class OldRow(NamedTuple):
    """What an old database says about a picture.

    Args:
        id: as it stands there.
        decision: approved, rejected or None.
        content: the whole row as JSON.
    """

    id: str
    decision: str | None
    width: int | None
    height: int | None
    url: str | None
    content: str


def read(copy: Path, shown: str) -> Iterator[OldRow]:
    """All rows of a copy of an old database.

    Args:
        shown: the name of the database itself, for messages.

    Raises:
        UsageError: it has neither of the two shapes.
    """
    with _opened(copy, shown) as (db, tables):
        for table in tables:
            understand = _of_img if table == "img" else _of_images
            for row in db.stream(f"SELECT * FROM {table} WHERE id IS NOT NULL"):
                yield understand(row)


def require(copy: Path, shown: str) -> None:
    """Raise what `read` would raise, at once."""
    with _opened(copy, shown):
        pass


@contextmanager
def _opened(copy: Path, shown: str) -> Iterator[tuple[Database, list[str]]]:
    """The database, with those of its tables that are known."""
    try:
        with closing(Database(copy)) as db:
            db.read_any_text()
            tables = [table for table, decision in _SHAPES.items() if {"id", decision} <= _columns(db, table)]
            if not tables:
                raise UsageError(
                    f"{shown} is no old database: it has neither img(id, good, …) nor images(id, state, …)."
                    " Name another file with --db-from."
                )
            yield db, tables
    except ForeignDatabaseError:
        raise UsageError(f"{shown} is no SQLite database. Name another file with --db-from.") from None


def _columns(db: Database, table: str) -> set[str]:
    return {row["name"] for row in db.rows("SELECT name FROM pragma_table_info(?)", (table,))}


def _of_img(row: Row) -> OldRow:
    """`good` says that there was a file in yes/; that there was none is no rejection."""
    good = str(row["good"]).lower() in _YES
    return OldRow(str(row["id"]), "approved" if good else None, None, None, None, _json(row))


def _of_images(row: Row) -> OldRow:
    decision = {"yes": "approved", "no": "rejected"}.get(str(row["state"]).lower())
    width, height = _number(row, "width"), _number(row, "height")
    url = row["url"] if "url" in row.keys() else None  # noqa: SIM118 - a Row is no mapping
    return OldRow(str(row["id"]), decision, width, height, None if url is None else str(url), _json(row))


def _number(row: Row, column: str) -> int | None:
    value = row[column] if column in row.keys() else None  # noqa: SIM118 - a Row is no mapping
    return value if isinstance(value, int) and value > 0 else None


def _json(row: Row) -> str:
    return json.dumps(dict(zip(row.keys(), map(_plain, row), strict=True)))


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def unknown(db: Database, source: str, rows: Sequence[OldRow]) -> list[OldRow]:
    """Those of the rows that were not read before as they are now."""
    found = db.rows(
        "SELECT id, content FROM old_rows WHERE source = ? AND id IN (SELECT value FROM json_each(?))",
        (source, json.dumps([row.id for row in rows])),
    )
    known = {row[0]: row[1] for row in found}
    return [row for row in rows if known.get(row.id) != row.content]


def record(db: Database, source: str, row: OldRow, image_id: str) -> None:
    """Keep a row, and what it says about an image as far as nothing better is known."""
    db.execute(
        "INSERT INTO old_rows (source, id, content, image_id, decision) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (source, id) DO UPDATE SET content = excluded.content, image_id = excluded.image_id,"
        " settled = CASE WHEN decision IS excluded.decision THEN settled END, decision = excluded.decision",
        (source, row.id, row.content, image_id, row.decision),
    )
    db.execute(
        "UPDATE images SET original_url = COALESCE(original_url, ?) WHERE id = ? AND original_url IS NULL"
        " AND ? IS NOT NULL",
        (row.url, image_id, row.url),
    )
    db.execute(
        "UPDATE images SET width = ?, height = ? WHERE id = ? AND width IS NULL AND height IS NULL AND ? AND ?",
        (row.width, row.height, image_id, row.width, row.height),
    )
