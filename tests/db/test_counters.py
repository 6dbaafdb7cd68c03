"""Kept counters equal a real count, whatever plain SQL does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from support.library import TestLibrary
from support.photos import small
from support.plain_sql import Statement, histories, perform

from artpipe.db import schema

SIZE = "CAST(CASE WHEN typeof(file_size) <> 'text' AND file_size >= 0 AND file_size <= 1125899906842624 THEN file_size ELSE 0 END AS INT)"
REAL = {
    "images": "SELECT CASE WHEN approved IS TRUE THEN 'approved' WHEN rejected IS TRUE THEN 'rejected' ELSE 'pending' END, count(*), 0 FROM images GROUP BY 1",
    "jobs": "SELECT status, count(*), 0 FROM jobs GROUP BY 1",
    "artifacts": f"SELECT stage, count(*), sum({SIZE}) FROM artifacts GROUP BY 1",
    "blurhash_cache": "SELECT stage, count(*), 0 FROM blurhash_cache GROUP BY 1",
    "perceptual_hashes": "SELECT stage, count(*), 0 FROM perceptual_hashes GROUP BY 1",
}


def kept(db: sqlite3.Connection) -> set[tuple[object, ...]]:
    return set(db.execute("SELECT counted, part, number, bytes FROM counters WHERE number <> 0 OR bytes <> 0"))


def real(db: sqlite3.Connection) -> set[tuple[object, ...]]:
    return {(table, *row) for table, sql in REAL.items() for row in db.execute(sql)}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("counters") / "cv.db"
    schema.create_database(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        yield db


@given(every=histories())
@settings(max_examples=150, deadline=None)
def test_counters_are_right_after_any_statements(empty: sqlite3.Connection, every: list[Statement]) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        empty.backup(db)
        for one in every:
            perform(db, one)
            assert kept(db) == real(db), one


IMAGE = "INSERT INTO images (id, sha256) VALUES ('{}', '{}')"
ARTIFACT = "{} INTO artifacts (id, image_id, stage, file_path, file_size) VALUES ({}, '{}', '{}', 'p', {})"
JOB = "{} INTO jobs (id, image_id, stage, status) VALUES ({}, '{}', 's', '{}')"
ROW = "{} INTO blurhash_cache (rowid, image_id, stage, blurhash, width, height) VALUES ({}, '{}', '{}', 'h', 1, 1)"


@pytest.mark.parametrize("recursive", [0, 1])
@pytest.mark.parametrize(
    "script",
    [
        [
            IMAGE.format("a", "x"),
            IMAGE.format("b", "y"),
            "REPLACE INTO images (id, sha256, rejected) VALUES ('a', 'y', 1)",
        ],
        [
            IMAGE.format("a", "x"),
            IMAGE.format("b", "y"),
            "UPDATE OR REPLACE images SET sha256 = 'x', approved = 1 WHERE id = 'b'",
        ],
        [IMAGE.format("a", "x"), IMAGE.format("b", "y"), "UPDATE OR REPLACE images SET id = 'a'"],
        [IMAGE.format("a", "x"), IMAGE.format("b", "y"), "UPDATE OR REPLACE images SET rowid = 2 WHERE rowid = 1"],
        # A number that SQLite uses for "none given yet".
        ["INSERT INTO images (rowid, id) VALUES (-1, 'a')", "REPLACE INTO images (id) VALUES ('b')"],
        [ARTIFACT.format("INSERT", 1, "a", "s", 5), ARTIFACT.format("REPLACE", "NULL", "a", "s", 7)],
        [
            ARTIFACT.format("INSERT", 1, "a", "s", 5),
            ARTIFACT.format("INSERT", 2, "b", "t", 6),
            ARTIFACT.format("REPLACE", 1, "b", "t", 7),
        ],
        [
            ARTIFACT.format("INSERT", 1, "a", "s", 5),
            ARTIFACT.format("INSERT", 2, "b", "t", 6),
            "UPDATE OR REPLACE artifacts SET id = 2, sha256 = 'z' WHERE id = 1",
        ],
        # Noted, but never replaced; what comes next must not take it for gone.
        [
            *(ARTIFACT.format("INSERT", 1, "a", "s", 5), ARTIFACT.format("INSERT OR IGNORE", 1, "a", "s", 7)),
            *("UPDATE artifacts SET id = 9", ARTIFACT.format("INSERT", 2, "b", "t", 6)),
        ],
        [JOB.format("INSERT", 1, "a", "pending"), JOB.format("REPLACE", 2, "a", "pending")],
        [JOB.format("INSERT", 1, "a", "running"), JOB.format("REPLACE", 2, "a", "running")],
        [JOB.format("INSERT", 1, "a", "pending"), JOB.format("INSERT", 2, "a", "running")],
        [
            JOB.format("INSERT", 1, "a", "failed"),
            JOB.format("INSERT", 2, "a", "pending"),
            "UPDATE OR REPLACE jobs SET status = 'running' WHERE id = 1",
        ],
        [ROW.format("INSERT", 1, "a", "s"), ROW.format("REPLACE", 2, "a", "s"), ROW.format("REPLACE", 2, "b", "t")],
        [
            ROW.format("INSERT", 1, "a", "s"),
            ROW.format("INSERT", 2, "b", "t"),
            "UPDATE OR REPLACE blurhash_cache SET image_id = 'a', stage = 's'",
        ],
    ],
)
def test_rows_that_vanish_without_a_word(empty: sqlite3.Connection, script: list[str], recursive: int) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        empty.backup(db)
        db.execute(f"PRAGMA recursive_triggers={recursive}")
        for sql in script:
            db.execute(sql)
            assert kept(db) == real(db), sql


def test_stats_reads_the_counters(library: TestLibrary) -> None:
    for seed, name in enumerate("abc"):
        small(library.img / f"{name}.png", seed)
    library.ok("register", "img")
    library.ok("approve", "a")
    library.ok("reject", "b", "--reason", "gif")
    library.ok("run", "thumbnails-small", "blurhash")
    stats = library.json("stats")
    assert stats["images"] == {"total": 3, "approved": 1, "rejected": 1, "pending": 1}
    assert stats["artifacts"] == {"blurhash": 2, "thumbnails-small": 2, "upstream": 3, "web-optimized": 1}
    assert stats["bytes"]["upstream"] == sum(file.stat().st_size for file in library.img.iterdir())
    assert stats["jobs"]["completed"] == 5
    assert library.json("jobs")["counts"] == stats["jobs"]


def test_upgrading_a_library_counts_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cv.db"
    every = schema.steps()
    monkeypatch.setattr(schema, "steps", lambda: every[:2])
    schema.create_database(path).close()
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        db.execute("INSERT INTO images (id, approved) VALUES ('a', 1), ('b', 1), ('c', 0)")
        for name, stage in (
            ("a", "web-optimized"),
            ("b", "web-optimized"),
            ("b", "ersgan-enhanced"),
            ("c", "upstream"),
        ):
            db.execute(
                "INSERT INTO artifacts (image_id, stage, file_path, file_size) VALUES (?, ?, 'p', 7)", (name, stage)
            )
        db.execute("INSERT INTO jobs (image_id, stage, status) VALUES ('a', 'ersgan-enhanced', 'failed')")
        db.execute(
            "INSERT INTO blurhash_cache (image_id, stage, blurhash, width, height) VALUES ('b', 'web-optimized', 'h', 1, 1)"
        )
    monkeypatch.undo()
    schema.open_database(path).close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (every[-1][0],)
        assert kept(db) == real(db)
        ready = "SELECT w.output, r.image_id FROM ready r JOIN watched w ON w.id = r.watched_id ORDER BY 1, 2"
        assert db.execute(ready).fetchall() == [
            ("blurhash", "a"),
            ("ersgan-enhanced", "a"),
            ("ersgan-thumbnails", "b"),
        ]
    assert (tmp_path / "cv.db.v2.bak").exists()


def test_verify_finds_and_repair_recounts(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("register", "img", "--approve")
    library.ok("run", "web-optimized")
    library.sql("UPDATE counters SET number = number + 1, bytes = 5 WHERE part = 'upstream'")
    library.sql("DELETE FROM counters WHERE counted = 'jobs'")
    library.sql("INSERT INTO counters (counted, part, number) VALUES ('images', 'lost', 3)")
    library.sql("DELETE FROM ready")
    found = library.run("verify", "--quick", "--json")
    assert found.code == 3
    assert {(one["code"], one["stage"]) for one in found.data["findings"]} == {
        ("counter-wrong", "upstream"),
        ("counter-wrong", "completed"),
        ("counter-wrong", "lost"),
        ("ready-missing", ""),
    }
    assert library.json("repair", "--dry-run")["repaired"] == 4
    assert library.json("repair")["repaired"] == 4
    library.ok("verify", "--quick")
    assert library.json("stats")["images"]["total"] == 1
    assert library.ok("find-ready", "web-optimized", "ersgan-enhanced").lines == ["a"]
