"""Numbered schema versions: create, recognise, upgrade."""

from __future__ import annotations

import shlex
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from artpipe.db.connection import Database
from artpipe.errors import ForeignDatabaseError, LibraryMissingError, NewerDatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

# "artp" in the header of the file: `file cv.db` and we ourselves can tell it from other people's databases.
APPLICATION_ID = 0x61727470


def steps() -> list[tuple[int, Path]]:
    """All schema versions in order, each with the file that holds its SQL."""
    files = (Path(__file__).parent / "versions").iterdir()
    return sorted((int(file.name[:4]), file) for file in files if file.suffix == ".sql")


def newest() -> int:
    return steps()[-1][0]


def open_database(path: Path) -> Database:
    """Open an existing library's database, bringing its schema up to date.

    Raises:
        LibraryMissingError: there is no such file.
        ForeignDatabaseError: it is some other program's database; nothing is written into it.
        NewerDatabaseError: a later artpipe wrote it.
    """
    if not path.is_file():
        raise LibraryMissingError(
            f"There is no database {path}. `artpipe init --db {shlex.quote(str(path))}` makes a library of it;"
            " another --db names one that is there."
        )
    database = Database(path)
    try:
        _require_ours(database)
        # A copy that was restored from a backup comes without it.
        database.use_wal()
        if database.scalar("PRAGMA user_version") < newest():
            _upgrade(database)
    except BaseException:
        database.close()
        raise
    return database


def create_database(path: Path) -> Database:
    """Open the database at `path`; a missing or empty file becomes a new library."""
    if path.exists() and path.stat().st_size:
        return open_database(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    database = Database(path, mode="rwc")
    try:
        database.use_wal()
        _apply(database)
    except BaseException:
        database.close()
        raise
    return database


def _require_ours(database: Database) -> None:
    version = database.scalar("PRAGMA user_version")
    if database.scalar("PRAGMA application_id") != APPLICATION_ID:
        if version or database.scalar("SELECT count(*) FROM sqlite_master"):
            raise ForeignDatabaseError(
                f"{database.path} was made by another program; nothing was written into it."
                " Name another file with --db; `artpipe init --db FILE` makes one."
            )
    elif version > newest():
        raise NewerDatabaseError(
            f"{database.path} has schema version {version}, this artpipe knows {newest()}. Install a newer artpipe."
        )


def _upgrade(database: Database) -> None:
    """Bring an older library up to date, with a copy of it beside it first."""
    version = database.scalar("PRAGMA user_version")
    if version:
        _keep_copy(database, version)
    _apply(database)


def _keep_copy(database: Database, version: int) -> None:
    copy = database.path.with_name(f"{database.path.name}.v{version}.bak")
    guard = Database(database.path)
    try:
        # Nobody upgrades, or makes the same copy, while this lasts.
        with guard.transaction():
            if guard.scalar("PRAGMA user_version") == version and not copy.exists():
                copy_to(database, copy)
    finally:
        guard.close()


def copy_to(database: Database, target: Path) -> None:
    """Write a consistent copy of the database, also while others write to it."""
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    database.execute("VACUUM INTO ?", (str(partial),))
    partial.rename(target)


def _apply(database: Database) -> None:
    """Apply what is missing, each version in its own transaction; a new library is there as a whole or not at all."""
    while (version := database.scalar("PRAGMA user_version")) < newest():
        with database.transaction():
            # Read again under the write lock: another process may have done it meanwhile.
            if database.scalar("PRAGMA user_version") == version:
                missing = [step for step in steps() if step[0] > version]
                for number, file in missing[:1] if version else missing:
                    _step(database, number, file)


def _step(database: Database, version: int, file: Path) -> None:
    for statement in _statements(file.read_text(encoding="utf-8")):
        database.execute(statement)
    database.execute(f"PRAGMA user_version={version}")
    database.execute(f"PRAGMA application_id={APPLICATION_ID}")


def _statements(script: str) -> Iterator[str]:
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if ";" in line and sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def snapshot(database: Database) -> str:
    """The schema as SQLite holds it, one object after the other, for comparing."""
    rows = database.rows(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type, name"
    )
    return ";\n\n".join(row["sql"] for row in rows) + ";\n"
