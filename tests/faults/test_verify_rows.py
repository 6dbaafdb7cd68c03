"""verify finds rows that other programs wrote badly, and a database or disk that is not what it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from support.damage import fill, undone
from support.library import TestLibrary
from support.verifying import codes, found_in

from artpipe.actions import compare

REPLACE = (
    "INSERT OR REPLACE INTO images (id, sha256, file_size) SELECT id, sha256, file_size FROM images WHERE id = '00'"
)


PLAIN_SQL = {
    "state-unclear": "UPDATE images SET approved = NULL WHERE id = '00'",
    "original-unexpected": "UPDATE images SET content = 'absent' WHERE id = '00'",
    "original-unrecorded": "DELETE FROM artifacts WHERE image_id = '00' AND stage = 'upstream'",
    "original-differs": "UPDATE images SET sha256 = 'other' WHERE id = '00'",
    "blurhash-stale": "UPDATE blurhash_cache SET input_sha256 = 'other' WHERE image_id = '00'",
    "phash-stale": "UPDATE perceptual_hashes SET input_sha256 = 'other' WHERE image_id = '00'",
    "decision-weakened": REPLACE,
    "image-gone": "DELETE FROM images WHERE id = '00'",
    "file-differs": "UPDATE artifacts SET sha256 = 'other' WHERE image_id = '00' AND stage = 'web-optimized'",
    "file-missing": "UPDATE artifacts SET file_path = 'web-optimized/x' WHERE image_id = '00' AND stage = 'web-optimized'",
    "job-orphaned": "INSERT INTO jobs (image_id, stage, status, run_id) SELECT '00', 'x', 'running', max(id) FROM runs",
    "run-died": "INSERT INTO runs (command, host, pid) VALUES ('run', 'here', 1)",
}


# What else is wrong then.
COMPANIONS = {
    "original-unrecorded": {"file-unrecorded"},
    "file-missing": {"file-unrecorded"},
    "file-differs": {"blurhash-stale"},
}


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestLibrary]:
    """A small library that every test leaves as it was."""
    library = TestLibrary(tmp_path_factory.mktemp("settled"))
    fill(library, 4)
    yield library
    assert found_in(library) == {}


@pytest.mark.parametrize("code", PLAIN_SQL)
def test_what_plain_sql_breaks_is_found(settled: TestLibrary, code: str) -> None:
    with undone(settled):
        settled.sql(PLAIN_SQL[code])
        assert codes(settled) == {code} | COMPANIONS.get(code, set())


@pytest.mark.parametrize("path", ["/etc/passwd", "../img/00.png", "img/00.png", "thumbnails-small/../../cv.db", ""])
def test_rows_that_point_outside_are_found(settled: TestLibrary, path: str) -> None:
    with undone(settled):
        settled.sql("UPDATE artifacts SET file_path = ? WHERE image_id = '00' AND stage = 'web-optimized'", (path,))
        findings = found_in(settled)
        assert findings.pop(path or "00") == "outside-art"
        assert findings == {"web-optimized/00.webp": "file-unrecorded"}


def test_decision_that_was_changed_behind_the_triggers_is_found(settled: TestLibrary) -> None:
    with undone(settled):
        settled.sql("DROP TRIGGER decisions_on_update")
        settled.sql("UPDATE images SET approved = FALSE WHERE id = '00'")
        assert codes(settled) == {"decision-contradicts", "schema-differs"}


def test_decision_that_a_person_takes_back_is_no_finding(settled: TestLibrary) -> None:
    with undone(settled):
        # By plain SQL, which is how the seed decides, and by REPLACE with the decision named again.
        settled.sql("UPDATE images SET approved = FALSE WHERE id = '00'")
        settled.sql("UPDATE images SET approved = FALSE, rejected = TRUE WHERE id = '01'")
        settled.sql(
            "INSERT OR REPLACE INTO images (id, sha256, content, approved)"
            " SELECT id, sha256, content, approved FROM images WHERE id = '02'"
        )
        assert found_in(settled) == {}


def test_weakened_decision_is_settled_by_a_person(settled: TestLibrary) -> None:
    with undone(settled):
        settled.sql(REPLACE)
        assert found_in(settled) == {"00": "decision-weakened"}
        settled.ok("approve", "00")
        assert found_in(settled) == {}
        settled.ok("reset", "00")
        assert found_in(settled) == {}


def test_jobs_of_other_programs_are_only_mentioned(settled: TestLibrary) -> None:
    with undone(settled):
        settled.sql(
            "INSERT INTO jobs (image_id, stage, status, started_at) VALUES ('00', 'x', 'running', '2020-01-01 00:00:00')"
        )
        (settled.art / "x").mkdir()
        (settled.art / "x" / "00.png").write_bytes(b"half of it")
        data = settled.json("verify")
        assert data["findings"] == []
        assert "1 jobs were started by other programs" in data["mentions"][0]
        assert "2020-01-01" in settled.ok("verify").err
        (settled.art / "x" / "00.png").unlink()
        (settled.art / "x").rmdir()


def test_damaged_database_is_found(settled: TestLibrary) -> None:
    with undone(settled):
        with closing(sqlite3.connect(settled.db)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'images_by_age'").fetchone()[0]
            size = db.execute("PRAGMA page_size").fetchone()[0]
        data = bytearray(settled.db.read_bytes())
        data[(page - 1) * size : (page - 1) * size + 200] = bytes(200)
        settled.db.write_bytes(data)
        for option in ("--quick", "--no-progress"):
            result = settled.run("verify", option, "--json")
            assert (result.code, set(result.data["by_code"]), result.data["complete"]) == (
                3,
                {"database-corrupt"},
                False,
            )


def test_missing_art_folder_is_not_compared(settled: TestLibrary) -> None:
    aside = settled.folder / "aside"
    settled.art.rename(aside)
    assert settled.run("verify").code == 4
    settled.art.mkdir()
    assert settled.run("verify").code == settled.run("repair").code == 4
    settled.art.rmdir()
    aside.rename(settled.art)


def test_empty_mount_point_is_one_finding(settled: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "EMPTY_FOLDER", 3)
    aside = settled.folder / "aside"
    (settled.art / "web-optimized").rename(aside)
    (settled.art / "web-optimized").mkdir()
    with undone(settled):
        assert found_in(settled) == found_in(settled, "--quick") == {"web-optimized": "folder-empty"}
        assert settled.json("repair") == {**settled.json("repair"), "unrepairable": 1, "queued": 0}
    (settled.art / "web-optimized").rmdir()
    aside.rename(settled.art / "web-optimized")


def test_time_limit_leaves_the_rest(settled: TestLibrary) -> None:
    result = settled.run("verify", "--time-limit", "0s", "--json")
    assert (result.code, result.data["complete"], result.data["checked"]) == (5, False, 0)
    assert settled.run("verify", "--until", "25:00").code == 2
    assert settled.run("verify", "--quick", "--incremental").code == 2
