"""Tables `artifacts`, `blurhash_cache` and `perceptual_hashes`: what stages made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db import counters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from artpipe.db.connection import Database, Row
    from artpipe.model import Settled, Table

ROW_TABLES: dict[Table, str] = {"blurhash_cache": "blurhash", "perceptual_hashes": "phash"}


class FileRow(NamedTuple):
    """An artifact row that no job made: an original, or a file that somebody else's program wrote.

    Its fields are the columns that `_PUT` writes, in that order.
    """

    image_id: str
    stage: str
    file_path: str
    sha256: str
    file_size: int
    width: int | None
    height: int | None
    processing_params: str | None = None
    input_sha256: str | None = None


_PUT = (
    "INSERT INTO artifacts (image_id, stage, file_path, sha256, file_size, width, height, processing_params,"
    " input_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (image_id, stage) DO UPDATE SET file_path = excluded.file_path, sha256 = excluded.sha256,"
    " file_size = excluded.file_size, width = excluded.width, height = excluded.height,"
    " processing_params = excluded.processing_params, input_sha256 = excluded.input_sha256, recipe = NULL,"
    " pinned = FALSE, created_at = CURRENT_TIMESTAMP"
)


def put(db: Database, row: FileRow) -> None:
    db.execute(_PUT, row)


def put_all(db: Database, rows: Iterable[FileRow]) -> None:
    db.many(_PUT, rows)


def settle(db: Database, table: Table, done: Settled) -> None:
    """Record what a job made, in place of what was there before."""
    if table == "artifacts":
        _settle_file(db, done)
    else:
        _settle_value(db, table, done)


def _settle_file(db: Database, done: Settled) -> None:
    made, claim = done.made, done.claim
    db.execute(
        "INSERT INTO artifacts (image_id, stage, file_path, sha256, file_size, width, height, processing_params,"
        " input_sha256, recipe, pinned) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (image_id, stage) DO UPDATE SET file_path = excluded.file_path, sha256 = excluded.sha256,"
        " file_size = excluded.file_size, width = excluded.width, height = excluded.height,"
        " processing_params = excluded.processing_params, input_sha256 = excluded.input_sha256,"
        " recipe = excluded.recipe, pinned = excluded.pinned, created_at = CURRENT_TIMESTAMP",
        (
            *(claim.image_id, claim.stage, done.file_path, made.sha256, made.size),
            *(made.width or None, made.height or None),
            *(done.processing_params, claim.input_sha256, done.recipe, claim.params is not None),
        ),
    )


def drop_stale_values(db: Database, made: Sequence[tuple[str, str]]) -> None:
    """Forget what was computed from other files than are there now; what is still wanted of it is planned at once.

    Args:
        made: (image id, stage) of the files.
    """
    for table in ROW_TABLES:
        db.execute(
            f"DELETE FROM {table} WHERE rowid IN (SELECT v.rowid FROM json_each(?) m CROSS JOIN {table} v"
            " ON v.image_id = json_extract(m.value, '$[0]') AND v.stage = json_extract(m.value, '$[1]')"
            " CROSS JOIN artifacts a ON a.image_id = v.image_id AND a.stage = v.stage"
            " WHERE v.input_sha256 <> a.sha256)",
            (json.dumps(made),),
        )


def _settle_value(db: Database, table: Table, done: Settled) -> None:
    made, claim, column = done.made, done.claim, ROW_TABLES[table]
    db.execute(
        f"INSERT INTO {table} (image_id, stage, {column}, width, height, processing_params,"
        " input_sha256, recipe, pinned) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        f" ON CONFLICT (image_id, stage) DO UPDATE SET {column} = excluded.{column}, width = excluded.width,"
        " height = excluded.height, processing_params = excluded.processing_params,"
        " input_sha256 = excluded.input_sha256, recipe = excluded.recipe, pinned = excluded.pinned,"
        " created_at = CURRENT_TIMESTAMP",
        (
            *(claim.image_id, claim.input_stage, made.values[column], made.width, made.height),
            *(done.processing_params, claim.input_sha256, done.recipe, claim.params is not None),
        ),
    )


def put_blurhash(db: Database, place: tuple[str, str], blurhash: str, size: tuple[int, int]) -> None:
    """Record a blurhash that somebody else computed, of the artifact as it is now.

    Args:
        place: image id, stage it was computed for.
    """
    db.execute(
        "INSERT INTO blurhash_cache (image_id, stage, blurhash, width, height, input_sha256)"
        " VALUES (?1, ?2, ?3, ?4, ?5, (SELECT sha256 FROM artifacts WHERE image_id = ?1 AND stage = ?2))"
        " ON CONFLICT (image_id, stage) DO UPDATE SET blurhash = excluded.blurhash, width = excluded.width,"
        " height = excluded.height, input_sha256 = excluded.input_sha256, recipe = NULL, pinned = FALSE,"
        " processing_params = NULL, created_at = CURRENT_TIMESTAMP",
        (*place, blurhash, *size),
    )


def retire(db: Database, made: Sequence[tuple[str, str]]) -> list[str]:
    """Remove the rows of derived files; returns the paths they stood for.

    Args:
        made: (image id, stage).
    """
    sql = (
        f"DELETE FROM artifacts WHERE id IN (SELECT a.id FROM {_THESE} WHERE a.stage <> 'upstream') RETURNING file_path"
    )
    return [row[0] for row in db.rows(sql, (json.dumps(made),))]


# The rows of a JSON list of (image id, stage).
_THESE = (
    "json_each(?) m CROSS JOIN artifacts a"
    " ON a.image_id = json_extract(m.value, '$[0]') AND a.stage = json_extract(m.value, '$[1]')"
)


def get(db: Database, image_id: str, stage: str) -> Row | None:
    return db.row("SELECT * FROM artifacts WHERE image_id = ? AND stage = ?", (image_id, stage))


def at(db: Database, places: Sequence[tuple[str, str]]) -> list[Row]:
    """Image id, stage, sha256 and recipe of those that are there.

    Args:
        places: (image id, stage).
    """
    return db.rows(f"SELECT a.image_id, a.stage, a.sha256, a.recipe FROM {_THESE}", (json.dumps(places),))


def stands(db: Database, file_path: str) -> bool:
    """Whether a row stands for the file `STAGE/ID.EXT`."""
    stage, _, name = file_path.partition("/")
    row = get(db, name.rpartition(".")[0], stage)
    return row is not None and row["file_path"] == file_path


def of_image(db: Database, image_id: str) -> list[Row]:
    return db.rows("SELECT * FROM artifacts WHERE image_id = ? ORDER BY id", (image_id,))


def values_of_image(db: Database, table: Table, image_id: str) -> list[Row]:
    return db.rows(f"SELECT * FROM {table} WHERE image_id = ? ORDER BY stage", (image_id,))


def counts(db: Database) -> dict[str, int]:
    """Artifacts by stage, the row stages `blurhash` and `phash` included."""
    found = counters.numbers(db, "artifacts")
    for table, name in ROW_TABLES.items():
        number = sum(counters.numbers(db, table).values())
        if number:
            found[name] = number
    return dict(sorted(found.items()))


def sizes(db: Database) -> dict[str, int]:
    """Bytes by stage."""
    return counters.sizes(db, "artifacts")


def some_paths(db: Database) -> list[str]:
    """A few files that must lie in `art/` if it is the right folder; rows that other programs wrote may name others."""
    sql = (
        "SELECT file_path FROM artifacts WHERE id > (SELECT max(id) FROM artifacts) - 100"
        " AND substr(file_path, 1, length(stage) + 1) = stage || '/' ORDER BY id DESC LIMIT 3"
    )
    return [row[0] for row in db.rows(sql)]
