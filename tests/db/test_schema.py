"""Schema versions: the snapshot, upgrades, refusals."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.library import TestLibrary

from artpipe.db import schema
from artpipe.db.connection import Database

SNAPSHOT = Path(__file__).parent / "schema.sql"

# Column names and types as the main seed writes them.
SEED = {
    "images": (
        "id TEXT, sha256 TEXT, original_url TEXT, username TEXT, created_at TIMESTAMP, updated_at TIMESTAMP, approved BOOLEAN,"
        " rejected BOOLEAN, rejection_reason TEXT, width INTEGER, height INTEGER, file_size INTEGER, mime_type TEXT"
    ),
    "artifacts": (
        "id INTEGER, image_id TEXT, stage TEXT, file_path TEXT, sha256 TEXT, created_at TIMESTAMP, width INTEGER,"
        " height INTEGER, file_size INTEGER, processing_params TEXT"
    ),
    "jobs": (
        "id INTEGER, image_id TEXT, stage TEXT, status TEXT, started_at TIMESTAMP, completed_at TIMESTAMP, error_message TEXT,"
        " retry_count INTEGER"
    ),
    "blurhash_cache": "image_id TEXT, stage TEXT, blurhash TEXT, width INTEGER, height INTEGER, created_at TIMESTAMP",
}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(schema.create_database(tmp_path / "cv.db")) as made:
        yield made


def test_snapshot_is_what_the_steps_make(database: Database) -> None:
    """After a new step delete schema.sql and run this test once: it writes the file for you to look at."""
    made = schema.snapshot(database)
    if not SNAPSHOT.exists():
        SNAPSHOT.write_text(made)
        pytest.fail("schema.sql was missing and has been written; look at it and commit it")
    assert made == SNAPSHOT.read_text()


@pytest.mark.parametrize("table", SEED)
def test_the_seeds_columns_are_all_there(database: Database, table: str) -> None:
    ours = [f"{row['name']} {row['type']}" for row in database.rows(f"PRAGMA table_info({table})")]
    theirs = SEED[table].split(", ")
    assert ours[: len(theirs)] == theirs


def test_what_we_add_can_be_left_out(database: Database) -> None:
    for table, columns in SEED.items():
        seed = {column.split()[0] for column in columns.split(", ")}
        for row in database.rows(f"PRAGMA table_info({table})"):
            if row["name"] not in seed:
                assert not row["notnull"] or row["dflt_value"] is not None, row["name"]


def test_approved_and_rejected_exclude_each_other(library: TestLibrary) -> None:
    library.ok("init")
    library.sql("INSERT INTO images (id, approved) VALUES ('x', 1)")
    with pytest.raises(sqlite3.IntegrityError):
        library.sql("UPDATE images SET rejected = 1")


def test_one_open_job_per_image_and_stage(library: TestLibrary) -> None:
    library.ok("init")
    library.sql("INSERT INTO images (id) VALUES ('x')")
    library.sql("INSERT INTO jobs (image_id, stage, status) VALUES ('x', 's', 'pending')")
    with pytest.raises(sqlite3.IntegrityError):
        library.sql("INSERT INTO jobs (image_id, stage, status) VALUES ('x', 's', 'pending')")


def test_upgrade_keeps_a_copy_and_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cv.db"
    schema.create_database(path).close()
    real = schema.steps()
    next_version = real[-1][0] + 1
    step = tmp_path / "step.sql"
    step.write_text("CREATE TABLE extra (x);\nCREATE TABLE images (x);\n")
    broken = (next_version, step)
    monkeypatch.setattr(schema, "steps", lambda: [*real, broken])
    with pytest.raises(sqlite3.OperationalError):
        schema.open_database(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == next_version - 1
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'extra'").fetchone()[0] == 0
    step.write_text("CREATE TABLE extra (x);\n")
    with closing(schema.open_database(path)) as opened:
        assert opened.scalar("PRAGMA user_version") == next_version
    copy = tmp_path / f"cv.db.v{next_version - 1}.bak"
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == next_version - 1


def test_wal_and_foreign_keys_are_on(database: Database) -> None:
    assert database.scalar("PRAGMA journal_mode") == "wal"
    assert database.scalar("PRAGMA foreign_keys") == 1
    assert database.scalar("PRAGMA synchronous") == 2
