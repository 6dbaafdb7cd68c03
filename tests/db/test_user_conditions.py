"""A condition of the user's own can ask anything of the database, and change nothing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from support.library import TestLibrary

from artpipe.db import user_conditions
from artpipe.db.connection import Database
from artpipe.errors import UsageError


def asked(library: TestLibrary, condition: str) -> list[str]:
    with closing(user_conditions.open_for_conditions(library.db)) as db:
        user_conditions.check(db, condition)
        sql = f"SELECT id FROM images WHERE {user_conditions.clause(condition)} AND id <> 'c' ORDER BY id"
        return [row[0] for row in db.rows(sql)]


@pytest.fixture
def three(library: TestLibrary) -> TestLibrary:
    library.ok("init")
    library.sql("INSERT INTO images (id, width, username) VALUES ('a', 10, 'ann'), ('b', 20, NULL), ('c', 30, 'ann')")
    return library


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("width > 15", ["b"]),
        ("width > 5 OR username = 'ann'", ["a", "b"]),
        ("username = 'ann' -- and nobody else", ["a"]),
        ("id IN (SELECT image_id FROM artifacts)", []),
        ("id IN (SELECT value FROM json_each('[\"b\"]'))", ["b"]),
        (
            "EXISTS (WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 5) SELECT 1 FROM n)",
            ["a", "b"],
        ),
    ],
)
def test_what_can_be_asked(three: TestLibrary, condition: str, found: list[str]) -> None:
    assert asked(three, condition) == found


@pytest.mark.parametrize(
    "condition",
    [
        "hight > 3",
        "width >",
        "1); DELETE FROM images; --",
        "id = ?",
        "id = :who",
        "load_extension('x')",
        "width > 1; SELECT 1",
        "\ud800",
        "a\0b",
    ],
)
def test_what_is_refused(three: TestLibrary, condition: str) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        asked(three, condition)
    assert three.value("SELECT count(*) FROM images") == 3


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM images",
        "UPDATE images SET width = 1",
        "INSERT INTO images (id) VALUES ('x')",
        "CREATE TABLE x (y)",
        "CREATE TEMP TABLE x (y)",
        "ATTACH 'other.db' AS other",
        "PRAGMA query_only = OFF",
        "PRAGMA writable_schema = ON",
        "VACUUM INTO 'copy.db'",
        "BEGIN IMMEDIATE",
    ],
)
def test_no_statement_changes_anything_on_this_connection(three: TestLibrary, tmp_path: Path, statement: str) -> None:
    before = three.db.read_bytes()
    with (
        closing(user_conditions.open_for_conditions(three.db)) as db,
        pytest.raises(Exception, match=r"authoriz|readonly"),
    ):
        db.execute(statement)
    assert three.db.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} <= {"cv.db", "art", "artpipe.toml", "cv.db-wal", "cv.db-shm"}


def test_errors_that_are_not_the_users_are_not_blamed_on_him(three: TestLibrary) -> None:
    with (
        closing(Database(three.db)) as db,
        pytest.raises(Exception, match="no such table"),
        user_conditions.blamed_on_user(None),
    ):
        db.rows("SELECT 1 FROM nowhere")
