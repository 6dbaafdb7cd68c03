"""Values that other programs wrote into columns that are not for such."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from artpipe.names import fits_a_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from artpipe.db.connection import Database

# The tables that scripts write, each with the column that says whose row it is.
_OWNER = {"images": "id", "artifacts": "image_id", "jobs": "image_id", "blurhash_cache": "image_id"}
_NUMBERS = ("width", "height", "file_size")
_NOT_PLAIN = "GLOB '*[^ -~]*'"


class Odd(NamedTuple):
    """One value: of which image, in which table and column, and what it is for people."""

    item: str
    table: str
    column: str
    value: str


def ids(db: Database) -> Iterator[Odd]:
    """Ids that no file can be named after and no command takes."""
    sql = (
        "SELECT CAST(id AS BLOB), typeof(id) = 'text' FROM images"
        f" WHERE typeof(id) <> 'text' OR id = '' OR id {_NOT_PLAIN} OR id GLOB '.*' OR instr(id, '/')"
        " OR length(id) > 200"
    )
    for raw, is_text in db.stream(sql):
        text = _readable(raw)
        if not is_text or text is None or not fits_a_file(text):
            yield Odd(_shown(raw), "images", "id", _shown(raw))


def texts(db: Database) -> Iterator[Odd]:
    """Text that is no UTF-8; an id is found among the ids."""
    for table, owner in _OWNER.items():
        names = [
            row[0]
            for row in db.rows("SELECT name FROM pragma_table_info(?) WHERE type = 'TEXT'", (table,))
            if (table, row[0]) != ("images", "id")
        ]
        values = ", ".join(f'CAST("{name}" AS BLOB)' for name in names)
        where = " OR ".join(f'"{name}" {_NOT_PLAIN}' for name in names)
        for row in db.stream(f"SELECT CAST({owner} AS BLOB), {values} FROM {table} WHERE {where}"):
            for name, raw in zip(names, row[1:], strict=True):
                if raw is not None and _readable(raw) is None:
                    yield Odd(_shown(row[0]), table, name, _shown(raw))


def numbers(db: Database) -> Iterator[Odd]:
    """Measures that are no numbers."""
    for table in ("images", "artifacts"):
        for name in _NUMBERS:
            sql = f"SELECT {_OWNER[table]}, {name} FROM {table} WHERE typeof({name}) IN ('text', 'blob')"
            for item, value in db.stream(sql):
                yield Odd(str(item), table, name, repr(value)[:50])


def clear_number(db: Database, odd: Odd) -> None:
    """Within an open transaction: write NULL, for unknown, where no number stands."""
    db.execute(
        f"UPDATE {odd.table} SET {odd.column} = NULL"
        f" WHERE {_OWNER[odd.table]} = ? AND typeof({odd.column}) IN ('text', 'blob')",
        (odd.item,),
    )


def _readable(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _shown(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "backslashreplace")[:200]
