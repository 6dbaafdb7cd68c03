"""What the database alone can tell about a library's soundness."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from artpipe.db.artifacts import ROW_TABLES
from artpipe.db.connection import Database
from artpipe.db.images import STATUS_SQL
from artpipe.db.planning import get_meta, set_meta

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from artpipe.db.connection import Row
    from artpipe.model import Table

_ROUND = "verify_round"
# A round that will never come: everything is due in it.
NEVER = 2**62
_STATE = "CASE WHEN i.approved THEN 'approved' WHEN i.rejected THEN 'rejected' ELSE 'pending' END"
_CLEAR = " OR ".join(f"({condition})" for condition in STATUS_SQL.values())
UNCLEAR_STATES = f"SELECT id, approved, rejected FROM images WHERE ({_CLEAR}) IS NOT TRUE"
CONTRADICTING_DECISIONS = (
    f"SELECT i.id, {_STATE} AS state, d.was, d.became, d.was_reason, d.decided_at FROM images i"
    " LEFT JOIN decisions d ON d.id = (SELECT max(id) FROM decisions WHERE image_id = i.id)"
    f" WHERE {_STATE} <> COALESCE(d.became, 'pending') OR (d.replaced AND d.became = 'pending')"
)
_RECORDED = "id, image_id, stage, file_path, sha256, file_size, verified_round"
# Enough to tell a person what is wrong; a torn database has as many as it has pages.
_MOST_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file, as its row describes it.

    Args:
        round: in which its bytes were compared last; 0 for never.
    """

    id: int
    image_id: str
    stage: str
    path: str
    sha256: str | None
    size: int | None
    round: int

    def same_as(self, other: Recorded) -> bool:
        """Whether both say the same about the same file, however often it was verified between them."""
        return (self.id, self.path, self.sha256, self.size) == (other.id, other.path, other.sha256, other.size)


def prepare(db: Database) -> None:
    """Make the temporary table of files found on disk; it may get larger than memory."""
    db.execute("PRAGMA temp_store=FILE")
    db.execute("CREATE TEMP TABLE listed (path TEXT NOT NULL, size INTEGER)")


def integrity(db: Database, *, quick: bool) -> list[str]:
    """What SQLite itself finds wrong with the file."""
    pragma = "quick_check" if quick else "integrity_check"
    return [row[0] for row in db.rows(f"PRAGMA {pragma}({_MOST_MESSAGES})") if row[0] != "ok"]


def broken_references(db: Database) -> Iterator[Row]:
    """Rows that name a row of another table that is not there: child, parent, missing, number."""
    tables = [row[0] for row in db.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    for table in tables:
        for key in db.rows("SELECT * FROM pragma_foreign_key_list(?)", (table,)):
            child, parent = f'c."{key["from"]}"', f'p."{key["to"]}"'
            yield from db.stream(
                f"SELECT '{table}' AS child, '{key['table']}' AS parent, {child} AS missing, count(*) AS number"
                f' FROM "{table}" c WHERE {child} IS NOT NULL'
                f' AND NOT EXISTS (SELECT 1 FROM "{key["table"]}" p WHERE {parent} = {child}) GROUP BY {child}'
            )


def unclear_states(db: Database) -> Iterator[Row]:
    """Images that none of the three decisions counts, so that the parts do not add up to the total."""
    return db.stream(UNCLEAR_STATES)


def contradicting_originals(db: Database) -> Iterator[Row]:
    """Images whose own row and whose original's row contradict each other."""
    return db.stream(
        "SELECT i.id, i.content, i.sha256, a.file_path, a.sha256 AS recorded FROM images i"
        " LEFT JOIN artifacts a ON a.image_id = i.id AND a.stage = 'upstream'"
        " WHERE (i.content = 'present') <> (a.id IS NOT NULL) OR (i.content = 'present'"
        " AND (i.sha256 IS NULL OR a.sha256 IS NOT i.sha256))"
    )


def stale_values(db: Database, table: Table) -> Iterator[Row]:
    """Hashes of another file than the one that is there now, where no job is on its way to it."""
    return db.stream(
        f"SELECT v.image_id, v.stage, v.input_sha256 FROM {table} v"
        " JOIN artifacts a ON a.image_id = v.image_id AND a.stage = v.stage"
        " WHERE v.input_sha256 <> a.sha256 AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.image_id = v.image_id"
        " AND j.status IN ('pending', 'running'))"
    )


def contradicting_decisions(db: Database) -> Iterator[Row]:
    """Images in another state than was decided last, or from which a statement took the decision unasked."""
    return db.stream(CONTRADICTING_DECISIONS)


def decided_and_gone(db: Database) -> Row | None:
    """How many images were approved or rejected and have no row any more, with one of them."""
    return db.row(
        "SELECT count(*) AS number, min(d.image_id) AS example FROM decisions d WHERE d.became <> 'pending'"
        " AND NOT EXISTS (SELECT 1 FROM images i WHERE i.id = d.image_id)"
        " AND d.id = (SELECT max(id) FROM decisions WHERE image_id = d.image_id)"
    )


def running_jobs(db: Database) -> list[Row]:
    """Jobs in somebody's hands; `open` is whether the run they name has not ended."""
    return db.rows(
        "SELECT j.id, j.image_id, j.stage, j.run_id, j.started_at, j.claimed_by,"
        " r.id IS NOT NULL AND r.ended_at IS NULL AS open"
        " FROM jobs j LEFT JOIN runs r ON r.id = j.run_id WHERE j.status = 'running' ORDER BY j.id"
    )


def holders(db: Database, places: Sequence[tuple[str, str]]) -> list[Row]:
    """Jobs that are, or were last, at work on these (image id, stage)."""
    return db.rows(
        "SELECT j.image_id, j.stage, j.status, j.run_id FROM json_each(?) p"
        " JOIN jobs j ON j.image_id = json_extract(p.value, '$[0]') AND j.stage = json_extract(p.value, '$[1]')"
        " WHERE j.status = 'running' OR (j.status = 'completed' AND j.run_id IS NOT NULL)",
        (json.dumps(places),),
    )


def load_listing(db: Database, entries: Sequence[tuple[str, int | None]]) -> None:
    """Add (path, size) of files found on disk; size None for what is no regular file."""
    db.execute(
        "INSERT INTO temp.listed SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)",
        (json.dumps(entries),),
    )


def listed(db: Database) -> Iterator[Row]:
    return db.stream("SELECT path, size FROM temp.listed ORDER BY path")


def recorded(db: Database) -> Iterator[Recorded]:
    """All files that have a row, in order of path."""
    return map(_recorded, db.stream(f"SELECT {_RECORDED} FROM artifacts ORDER BY file_path"))


def find_recorded(db: Database, image_id: str, stage: str) -> Recorded | None:
    row = db.row(f"SELECT {_RECORDED} FROM artifacts WHERE image_id = ? AND stage = ?", (image_id, stage))
    return None if row is None else _recorded(row)


def file_counts(db: Database) -> dict[str, int]:
    """Rows of files by stage."""
    return {row[0]: row[1] for row in db.rows("SELECT stage, count(*) FROM artifacts GROUP BY stage")}


def last_row(db: Database) -> int:
    return int(db.scalar("SELECT COALESCE(max(id), 0) FROM artifacts"))


def paths_at(db: Database, places: Sequence[tuple[str, str]]) -> list[str]:
    """The files that the rows of these (image id, stage) name."""
    sql = (
        "SELECT a.file_path FROM json_each(?) p JOIN artifacts a"
        " ON a.image_id = json_extract(p.value, '$[0]') AND a.stage = json_extract(p.value, '$[1]')"
    )
    return [row[0] for row in db.rows(sql, (json.dumps(places),))]


def paths_since(db: Database, paths: Sequence[str], after_row: int) -> list[str]:
    """Those of the paths that rows name which are newer than a row's number."""
    sql = "SELECT file_path FROM artifacts WHERE id > ? AND file_path IN (SELECT value FROM json_each(?))"
    return [row[0] for row in db.rows(sql, (after_row, json.dumps(list(paths))))]


def begin_round(db: Database, *, go_on: bool) -> int:
    """The number of the round to work on: the unfinished one where that is asked for, else a new one."""
    with db.transaction():
        number, state = _last_round(db)
        if go_on and state == "open":
            return number
        set_meta(db, _ROUND, f"{number + 1} open")
    return number + 1


def _last_round(db: Database) -> tuple[int, str]:
    number, _, state = str(get_meta(db, _ROUND)).partition(" ")
    if number.isdecimal():
        return int(number), state
    # Never written, or by somebody who did not know what it means.
    return int(db.scalar("SELECT COALESCE(max(verified_round), 0) FROM artifacts")), "done"


def end_round(db: Database, number: int) -> None:
    """Everything was compared; unless somebody has begun another round meanwhile, the next one is new."""
    with db.transaction():
        if get_meta(db, _ROUND) == f"{number} open":
            set_meta(db, _ROUND, f"{number} done")


def due(db: Database, number: int, page: int) -> Iterator[Recorded]:
    """Files that were not compared in this round yet, those compared longest ago first; marking them is no harm."""
    sql = (
        f"SELECT {_RECORDED} FROM artifacts WHERE verified_round < :number"
        " AND (verified_round, id) > (:verified_round, :id) ORDER BY verified_round, id LIMIT :page"
    )
    for rows in db.pages(sql, {"number": number, "page": page}, {"verified_round": -1, "id": 0}):
        yield from map(_recorded, rows)


def count_due(db: Database, number: int) -> int:
    return int(db.scalar("SELECT count(*) FROM artifacts WHERE verified_round < ?", (number,)))


def mark(db: Database, number: int, rows: Sequence[Recorded]) -> None:
    """Note that these files were sound in this round."""
    with db.transaction():
        db.many(
            "UPDATE artifacts SET verified_round = ?, verified_at = CURRENT_TIMESTAMP WHERE id = ? AND sha256 IS ?",
            ((number, row.id, row.sha256) for row in rows),
        )


def value_tables() -> list[tuple[Table, str]]:
    """Tables of values that stages computed, each with the stage's usual name."""
    return list(ROW_TABLES.items())


def copy_into(db: Database, target: Path) -> list[str]:
    """Write one consistent state of the database into a new file, also while others write to it.

    Returns what SQLite finds wrong with the copy.
    """
    db.execute("VACUUM INTO ?", (str(target),))
    with closing(Database(target)) as copy:
        # VACUUM forgets this; a restored library would let one process at a time in.
        copy.use_wal()
        return integrity(copy, quick=True)


def _recorded(row: Row) -> Recorded:
    return Recorded(*row)
