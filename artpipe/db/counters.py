"""Table `counters`: how many rows there are of each kind, kept by triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from artpipe.db.connection import Database, Row


def numbers(db: Database, table: str) -> dict[str, int]:
    """Rows of a table by decision, stage or status."""
    rows = db.rows("SELECT part, number FROM counters WHERE counted = ? AND number <> 0 ORDER BY part", (table,))
    return {row[0]: row[1] for row in rows}


def sizes(db: Database, table: str) -> dict[str, int]:
    """Bytes of a table's files by stage."""
    rows = db.rows("SELECT part, bytes FROM counters WHERE counted = ? AND number <> 0 ORDER BY part", (table,))
    return {row[0]: row[1] for row in rows}


def wrong(db: Database) -> Iterator[Row]:
    """Counters that differ from a real count; it looks at every row there is."""
    return db.stream(
        "SELECT counted, part, sum(number) AS number, sum(bytes) AS bytes,"
        " sum(real_number) AS real_number, sum(real_bytes) AS real_bytes FROM ("
        "SELECT counted, part, number, bytes, 0 AS real_number, 0 AS real_bytes FROM counters"
        " UNION ALL SELECT counted, part, 0, 0, number, bytes FROM counted_now) GROUP BY counted, part"
        " HAVING sum(number) <> sum(real_number) OR sum(bytes) <> sum(real_bytes)"
    )


def recount(db: Database) -> None:
    """Within an open transaction: count everything anew."""
    db.execute("DELETE FROM counters")
    db.execute(
        "INSERT INTO counters (counted, part, number, bytes) SELECT counted, part, number, bytes FROM counted_now"
    )
