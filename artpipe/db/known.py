"""Which hashes, names and paths the library knows already, asked for many files at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from artpipe.db.connection import Database


def hashes(db: Database, sha256s: Iterable[str]) -> set[str]:
    return _those(db, "SELECT sha256 FROM images WHERE sha256 IN (SELECT value FROM json_each(:asked))", sha256s)


def names(db: Database, ids: Iterable[str]) -> set[str]:
    """Those that an image has, as its id or as an alias."""
    sql = (
        "SELECT id FROM images WHERE id IN (SELECT value FROM json_each(:asked))"
        " UNION ALL SELECT name FROM aliases WHERE name IN (SELECT value FROM json_each(:asked))"
    )
    return _those(db, sql, ids)


def paths(db: Database, texts: Iterable[str]) -> set[str]:
    """Those that a file was read from before, whatever became of its image."""
    return _those(db, "SELECT path FROM sources WHERE path IN (SELECT value FROM json_each(:asked))", texts)


def _those(db: Database, sql: str, asked: Iterable[str]) -> set[str]:
    return {row[0] for row in db.rows(sql, {"asked": json.dumps(list(asked))})}
