"""Commands where there is no library: they say where one was looked for, and which command makes it."""

from __future__ import annotations

import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.library import TestLibrary


@pytest.mark.parametrize("command", [("migrate", "old"), ("export-dirs", "out"), ("stats",), ("report",)])
def test_command_that_is_named_makes_one(command: tuple[str, ...], library: TestLibrary) -> None:
    (library.folder / "old/img").mkdir(parents=True)
    result = library.run(*command)
    assert result.code == 4
    assert f"no cv.db in {library.folder} or above it" in result.err
    library.ok(*advice(result.err))
    library.ok(*command)


@pytest.mark.parametrize("name", ["mine.db", "with space.db"])
def test_database_that_was_named(name: str, library: TestLibrary) -> None:
    result = library.run("stats", "--db", name)
    assert result.code == 4
    library.ok(*advice(result.err))
    assert (library.folder / name).exists()
    library.ok("stats", "--db", name)


def test_old_database_that_is_called_as_ours_would_be(library: TestLibrary) -> None:
    with closing(sqlite3.connect(library.db)) as db, db:
        db.execute("CREATE TABLE img (id TEXT, good INTEGER, thumb_height INTEGER, thumb_width INTEGER)")
        db.execute("INSERT INTO img VALUES ('a', 1, 4, 3)")
    result = library.run("migrate", "--db-from", "cv.db")
    assert result.code == 4
    assert "made by another program" in result.err
    arguments = [argument.replace("FILE", "new.db") for argument in advice(result.err)]
    library.ok(*arguments)
    library.ok("migrate", "--db", "new.db", "--db-from", "cv.db")
    assert "approved" in library.ok("list", "--db", "new.db", "--status", "approved", "--json").out
    library.db.unlink()  # what checks every library after its test can make nothing of it


def advice(message: str) -> list[str]:
    """The first command that a message names."""
    found = re.search("`artpipe ([^`]*)`", message)
    assert found, message
    return shlex.split(found[1])


def test_folder_of_an_old_tree_is_moved_in_next(library: TestLibrary) -> None:
    assert "Next: artpipe register PATH" in library.ok("init").err
    for name in ("img", "yes"):
        Path(library.folder / name).mkdir()
    assert "Next: artpipe migrate --dry-run" in library.ok("init").err
