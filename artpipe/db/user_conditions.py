"""Conditions on images that a user wrote in SQL, asked without the power to change anything."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from artpipe.db.connection import Database
from artpipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_FORBIDDEN_FUNCTIONS = {"load_extension"}


def open_for_conditions(path: Path) -> Database:
    """The database on a connection that can only read: the file is opened so, and SQLite refuses all else."""
    db = Database(path, mode="ro")
    # SQLite sets these up at their first use, by what looks like writing to the schema.
    db.rows("SELECT 1 FROM json_each('[]'), json_tree('[]')")
    db.restrict(_authorize)
    return db


@contextmanager
def blamed_on_user(condition: str | None) -> Iterator[None]:
    """What goes wrong in here is the condition's fault.

    Raises:
        UsageError: it is not SQL, names what does not exist, or wants to do more than read.
    """
    try:
        yield
    except (sqlite3.Error, UnicodeError) as error:
        if condition is None:
            raise
        raise UsageError(
            f"--where {condition!r} cannot be used: {error}. It takes an SQL condition on the columns of images,"
            " like \"width > height AND username = 'ann'\"."
        ) from None


def check(db: Database, condition: str) -> None:
    """Prove, before anybody waits for pictures, that the condition can be asked.

    Raises:
        UsageError: it cannot.
    """
    with blamed_on_user(condition):
        db.rows(f"SELECT id FROM images WHERE {clause(condition)} LIMIT 0")


def clause(condition: str | None) -> str:
    """The condition as part of a longer one; the line end keeps a comment in it from hiding what follows."""
    return f"({condition}\n)" if condition else "TRUE"


def _authorize(action: int, first: str | None, second: str | None, _database: str | None, _by: str | None) -> int:
    del first
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (second or "").lower() in _FORBIDDEN_FUNCTIONS else sqlite3.SQLITE_OK
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
