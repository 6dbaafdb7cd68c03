"""The main seed's queries and statements, in the plain sqlite3 shell, on our file as it stands."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess

import pytest
from support.library import TestLibrary
from support.photos import small
from support.templates import prepared

SHELL = shutil.which("sqlite3")


def shell(library: TestLibrary, sql: str) -> list[str]:
    """Lines that the sqlite3 shell prints; Python's own SQLite, without foreign keys, where there is no shell."""
    if SHELL:
        done = subprocess.run([SHELL, str(library.db)], input=sql, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return done.stdout.splitlines()
    with sqlite3.connect(library.db) as db:
        parts = [part for part in sql.split(";") if part.strip()]
        rows = [row for part in parts for row in db.execute(part).fetchall()]
    return ["|".join("" if value is None else str(value) for value in row) for row in rows]


@pytest.fixture
def worked(library: TestLibrary) -> TestLibrary:
    return prepared(library, work)


def work(library: TestLibrary) -> None:
    """A and b are approved, c is rejected, d pending; b came too late for the upscales."""
    for seed, name in enumerate("abcd"):
        small(library.img / f"{name}.png", seed)
    library.ok("register", "img")
    library.ok("approve", "a")
    library.ok("reject", "c", "--reason", "gif")
    library.ok("run")
    library.ok("approve", "b")
    library.ok("run", "web-optimized", "blurhash")


@pytest.mark.parametrize("true", ["TRUE", "true", "1"])
def test_ready_for_upscaling(worked: TestLibrary, true: str) -> None:
    found = shell(
        worked,
        f"""
        SELECT i.id FROM images i
        JOIN artifacts a1 ON i.id = a1.image_id AND a1.stage = 'web-optimized'
        LEFT JOIN artifacts a2 ON i.id = a2.image_id AND a2.stage = 'ersgan-enhanced'
        WHERE i.approved = {true} AND a2.id IS NULL;
        """,
    )
    assert found == ["b"] == worked.ok("find-ready", "web-optimized", "ersgan-enhanced").lines


def test_failed_jobs_for_retry(worked: TestLibrary) -> None:
    worked.sql("INSERT INTO jobs (image_id, stage, status, retry_count) VALUES ('b', 'ersgan-enhanced', 'failed', 2)")
    worked.sql("INSERT INTO jobs (image_id, stage, status, retry_count) VALUES ('d', 'web-optimized', 'failed', 3)")
    found = shell(worked, "SELECT image_id, stage FROM jobs WHERE status = 'failed' AND retry_count < 3;")
    assert found == ["b|ersgan-enhanced"]


def test_gallery(worked: TestLibrary) -> None:
    found = shell(
        worked,
        """
        SELECT i.id, i.width, i.height, b.blurhash, a.file_path
        FROM images i
        JOIN artifacts a ON i.id = a.image_id AND a.stage = 'web-optimized'
        LEFT JOIN blurhash_cache b ON i.id = b.image_id AND b.stage = 'web-optimized'
        WHERE i.approved = TRUE
        ORDER BY i.created_at DESC;
        """,
    )
    assert sorted(line.split("|", 1)[0] for line in found) == ["a", "b"]
    for line in found:
        # A blurhash may hold a bar itself, so the columns are taken from both ends.
        image_id, width, height, rest = line.split("|", 3)
        blurhash, path = rest.rsplit("|", 1)
        assert (width, height, path) == ("60", "40", f"web-optimized/{image_id}.webp")
        assert len(blurhash) == 28
        assert (worked.art / path).is_file()


def test_statistics(worked: TestLibrary) -> None:
    found = shell(
        worked,
        """
        SELECT 'Total Images' as metric, COUNT(*) as value FROM images
        UNION ALL SELECT 'Approved Images', COUNT(*) FROM images WHERE approved = true
        UNION ALL SELECT 'Rejected Images', COUNT(*) FROM images WHERE rejected = true
        UNION ALL SELECT 'Pending Approval', COUNT(*) FROM images WHERE approved = false AND rejected = false;
        SELECT stage, COUNT(*) as count FROM artifacts GROUP BY stage ORDER BY stage;
        """,
    )
    assert found[:4] == ["Total Images|4", "Approved Images|2", "Rejected Images|1", "Pending Approval|1"]
    assert "web-optimized|2" in found[4:]
    numbers = worked.json("stats")["images"]
    assert numbers == {"total": 4, "approved": 2, "rejected": 1, "pending": 1}


def test_tables_may_be_created_again(worked: TestLibrary) -> None:
    before = worked.sql("SELECT name, sql FROM sqlite_master ORDER BY name")
    shell(
        worked,
        """
        CREATE TABLE IF NOT EXISTS images (id TEXT PRIMARY KEY, sha256 TEXT UNIQUE NOT NULL);
        CREATE TABLE IF NOT EXISTS artifacts (id INTEGER PRIMARY KEY AUTOINCREMENT);
        CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY AUTOINCREMENT);
        CREATE TABLE IF NOT EXISTS blurhash_cache (image_id TEXT NOT NULL);
        """,
    )
    assert worked.sql("SELECT name, sql FROM sqlite_master ORDER BY name") == before


def test_job_of_an_external_script(worked: TestLibrary) -> None:
    start = "INSERT INTO jobs (image_id, stage, status, started_at) VALUES ('b', '{}', 'running', datetime('now'));"
    shell(worked, start.format("ersgan-enhanced"))
    running = worked.json("jobs", "--status", "running")["jobs"]
    assert [(job["image_id"], job["stage"]) for job in running] == [("b", "ersgan-enhanced")]
    # What somebody else works on is let be.
    assert worked.json("run", "ersgan-enhanced")["completed"] == 0
    end = "WHERE image_id = 'b' AND stage = '{}' AND status = 'running';"
    shell(
        worked,
        "UPDATE jobs SET status = 'failed', completed_at = datetime('now'), error_message = 'no', "
        "retry_count = retry_count + 1 " + end.format("ersgan-enhanced"),
    )
    assert worked.json("run", "ersgan-enhanced")["completed"] == 1
    shell(worked, start.format("my-stage"))
    shell(worked, "UPDATE jobs SET status = 'completed', completed_at = datetime('now') " + end.format("my-stage"))
    assert worked.value("SELECT count(*) FROM jobs WHERE status = 'running'") == 0


def test_external_script_takes_a_pending_job(worked: TestLibrary) -> None:
    worked.run("run", "--time-limit", "0s")
    pending = "SELECT count(*) FROM jobs WHERE image_id = 'b' AND stage = 'ersgan-enhanced' AND status = 'pending'"
    assert worked.value(pending) == 1
    shell(worked, "INSERT INTO jobs (image_id, stage, status) VALUES ('b', 'ersgan-enhanced', 'running');")
    assert worked.value(pending) == 0
    worked.sql("DELETE FROM jobs WHERE status = 'running'")
    worked.ok("run")


def test_artifact_of_an_external_script_is_taken_as_it_is(worked: TestLibrary) -> None:
    import hashlib

    file = small(worked.art / "ersgan-enhanced/b.png", 77, (240, 160))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    shell(
        worked,
        "INSERT OR REPLACE INTO artifacts (image_id, stage, file_path, sha256, width, height, file_size, processing_params)"
        f" VALUES ('b', 'ersgan-enhanced', 'ersgan-enhanced/b.png', '{digest}', 240, 160, {file.stat().st_size}, NULL);",
    )
    assert worked.json("run")["by_stage"].keys() == {"ersgan-thumbnails"}
    assert file.read_bytes() == (worked.art / "ersgan-enhanced/b.png").read_bytes()


def test_blurhash_of_an_external_script_goes_stale_with_its_file(worked: TestLibrary) -> None:
    shell(
        worked,
        "INSERT OR REPLACE INTO blurhash_cache (image_id, stage, blurhash, width, height)"
        " VALUES ('a', 'web-optimized', 'L9AB23~q^+IA4;xDRjSh{9s:O9M}', 60, 40);",
    )
    worked.ok("run")
    stored = "SELECT blurhash FROM blurhash_cache WHERE image_id = 'a' AND stage = 'web-optimized'"
    assert worked.value(stored) == "L9AB23~q^+IA4;xDRjSh{9s:O9M}"
    worked.settings("[stages.web-optimized]\nwidth = 30\n")
    worked.ok("run")
    assert worked.value(stored) != "L9AB23~q^+IA4;xDRjSh{9s:O9M}"


def test_rows_that_plain_sql_adds_are_planned(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("register", "img")
    library.ok("run")
    shell(library, "UPDATE images SET approved = true WHERE id = 'a';")
    assert library.json("run", "--dry-run")["would_run"] == 4


def test_times_are_utc_text(worked: TestLibrary) -> None:
    for table, column in (
        ("images", "created_at"),
        ("artifacts", "created_at"),
        ("jobs", "completed_at"),
        ("runs", "ended_at"),
    ):
        text = worked.value(f"SELECT {column} FROM {table} LIMIT 1")
        assert worked.value("SELECT ? = datetime(?)", (text, text)) == 1
        assert worked.value("SELECT abs(julianday('now') - julianday(?)) < 1", (text,)) == 1


def test_updated_at_is_kept_by_a_trigger(worked: TestLibrary) -> None:
    worked.sql("UPDATE images SET updated_at = '2001-01-01 00:00:00' WHERE id = 'a'")
    assert worked.value("SELECT updated_at FROM images WHERE id = 'a'") == "2001-01-01 00:00:00"
    shell(worked, "UPDATE images SET username = 'ann' WHERE id = 'a';")
    assert worked.value("SELECT updated_at > '2020' FROM images WHERE id = 'a'") == 1
