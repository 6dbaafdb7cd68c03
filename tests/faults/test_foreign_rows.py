"""Rows that other programs wrote badly, and parts of the schema that they took away, are found and stop nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from support.damage import as_it_was, fill
from support.library import TestLibrary


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestLibrary]:
    """A small library that every test leaves as it was."""
    library = TestLibrary(tmp_path_factory.mktemp("settled"))
    fill(library, 3)
    yield library
    assert library.run("verify").code == 0


def found(library: TestLibrary) -> list[tuple[str, str]]:
    result = library.run("verify", "--json")
    findings: list[dict[str, Any]] = result.data["findings"]
    assert result.code == (3 if findings else 0), result
    return sorted((finding["code"], finding["item"]) for finding in findings)


BAD_IDS = {
    "'../evil'": "../evil",
    "'a/b'": "a/b",
    "'a' || char(10)": "a\n",
    "'.hidden'": ".hidden",
    "''": "",
    "CAST(x'ff41' AS TEXT)": "\\xffA",
    "x'ff00'": "\\xff\0",
}


@pytest.mark.parametrize("sql", BAD_IDS)
def test_id_that_no_file_can_have_is_found(settled: TestLibrary, sql: str) -> None:
    """As a script of the user's may insert it."""
    with as_it_was(settled):
        settled.sql(f"INSERT INTO images (id, sha256, approved) VALUES ({sql}, 'other', TRUE)")
        assert found(settled) == [("id-unsafe", BAD_IDS[sql])]
        assert settled.run("repair").code == 1


def test_text_that_is_no_utf8_is_found_and_said_in_a_sentence(settled: TestLibrary) -> None:
    with as_it_was(settled):
        settled.sql("UPDATE images SET username = CAST(x'41ff' AS TEXT) WHERE id = '01'")
        settled.sql("UPDATE jobs SET error_message = CAST(x'ff' AS TEXT) WHERE id = 1")
        image_id = settled.value("SELECT image_id FROM jobs WHERE id = 1")
        assert found(settled) == sorted([("text-garbled", "01"), ("text-garbled", image_id)])
        result = settled.run("show", "01")
        assert result.code == 74
        assert "no UTF-8; `artpipe verify` says where" in result.err


def test_name_that_is_no_utf8_in_the_ids_is_said_in_a_sentence(settled: TestLibrary) -> None:
    with as_it_was(settled):
        settled.sql("INSERT INTO images (id, sha256, approved) VALUES (CAST(x'ff41' AS TEXT), 'other', TRUE)")
        for command in ("list", "history", "run", "report"):
            result = settled.run(command)
            assert result.code == 74, (command, result)
            assert "`artpipe verify` says where" in result.err


def test_measures_that_are_no_numbers_are_found_and_cleared(settled: TestLibrary) -> None:
    """As `width=$(identify …)` writes them when the program prints nothing."""
    with as_it_was(settled):
        settled.sql("UPDATE images SET width = '', height = '4x3' WHERE id = '01'")
        settled.sql("UPDATE artifacts SET width = '' WHERE image_id = '01' AND stage = 'web-optimized'")
        assert found(settled) == [("number-garbled", "01")] * 3
        for command in ("gallery", "stats", "report", "list"):
            settled.ok(command)
        settled.ok("show", "01")
        settled.ok("repair")
        assert settled.sql("SELECT width, height FROM images WHERE id = '01'") == [(None, None)]
        assert found(settled) == []


@pytest.mark.parametrize("path", ["upstream/../../outside.png", "/outside.png"])
def test_row_that_points_outside_fails_its_own_jobs_alone(settled: TestLibrary, path: str) -> None:
    with as_it_was(settled):
        settled.sql("UPDATE artifacts SET file_path = ? WHERE image_id = '01' AND stage = 'upstream'", (path,))
        settled.sql("DELETE FROM artifacts WHERE stage = 'web-optimized'")
        assert settled.run("run", "web-optimized").code == 1
        assert settled.sql(
            "SELECT image_id, status, error_code FROM jobs WHERE stage = 'web-optimized' AND error_code NOT NULL"
        ) == [("01", "failed", "outside-art")]
        assert settled.value("SELECT count(*) FROM artifacts WHERE stage = 'web-optimized'") == 2
        assert settled.json("run", "web-optimized")["failed"] == 0, "it is not tried again and again"


def test_work_on_an_id_that_leads_outside_fails_alone(settled: TestLibrary) -> None:
    with as_it_was(settled):
        settled.sql("INSERT INTO images (id, sha256, approved, content) VALUES ('../x', 'q', TRUE, 'present')")
        settled.sql(
            "INSERT INTO artifacts (image_id, stage, file_path, sha256) SELECT '../x', stage, file_path, sha256"
            " FROM artifacts WHERE image_id = '01' AND stage = 'upstream'"
        )
        settled.sql("DELETE FROM artifacts WHERE stage = 'web-optimized'")
        assert settled.run("run", "web-optimized").code == 1
        assert settled.sql("SELECT image_id FROM jobs WHERE status = 'failed'") == [("../x",)]
        assert settled.value("SELECT count(*) FROM artifacts WHERE stage = 'web-optimized'") == 3
        assert not (settled.art / "x.webp").exists()


@pytest.mark.parametrize("kind", ["index", "trigger", "view"])
def test_parts_of_the_schema_that_are_gone_are_found_and_made_again(settled: TestLibrary, kind: str) -> None:
    with as_it_was(settled):
        before = settled.sql("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2")
        names = [name for one, name, sql in before if one == kind and sql]
        # With a view go its triggers.
        lost = sorted({*names, *(name for one, name, sql in before if kind == "view" and "INSTEAD OF" in (sql or ""))})
        with closing(sqlite3.connect(settled.db)) as db:
            for name in names:
                db.execute(f"DROP {kind} {name}")
        if kind == "trigger":
            settled.sql("DELETE FROM blurhash_cache WHERE image_id = '01'")
        if kind == "index":
            told = settled.run("run", "blurhash")
            assert (told.code, "`artpipe repair` makes it again" in told.err) == (74, True)
        settled.sql("CREATE TABLE mine (x)")
        settled.sql("CREATE INDEX my_index ON images (username)")
        assert [one for one in found(settled) if one[0] == "schema-differs"] == [
            ("schema-differs", name) for name in lost
        ]
        data = settled.json("repair")
        assert (data["unrepairable"], data["complete"]) == (0, True)
        settled.ok("run", "blurhash")
        assert found(settled) == []
        after = settled.sql("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%my%i%' ORDER BY 1, 2")
        assert [row for row in after if row[1] != "mine"] == before
        assert settled.value("SELECT count(*) FROM blurhash_cache") == 3


def test_tables_and_columns_that_are_gone_need_a_backup(settled: TestLibrary) -> None:
    with as_it_was(settled):
        settled.sql("ALTER TABLE runs RENAME COLUMN outcome TO result")
        settled.sql("DROP TABLE decisions")
        assert {("schema-differs", "decisions"), ("schema-differs", "runs.outcome")} <= set(found(settled))
        assert settled.run("repair").code != 0


def test_unique_index_that_cannot_be_made_again_is_told(settled: TestLibrary) -> None:
    with as_it_was(settled):
        (name,) = settled.sql("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE UNIQUE INDEX%ON jobs%'")[0]
        settled.sql(f"DROP INDEX {name}")
        for _ in range(2):
            settled.sql("INSERT INTO jobs (image_id, stage, status) VALUES ('01', 'phash', 'pending')")
        result = settled.run("repair")
        assert result.code == 1
        assert "cannot be made: UNIQUE constraint failed" in result.err


@pytest.mark.parametrize("value", ["'garbage'", "x'ff00'", "''", "'-1 open'"])
def test_notes_that_mean_nothing_stop_nothing(settled: TestLibrary, value: str) -> None:
    with as_it_was(settled):
        settled.sql(f"UPDATE meta SET value = {value}")
        assert found(settled) == []
        settled.ok("verify", "--incremental")
        settled.ok("repair")
        settled.ok("run", "phash")


def test_original_without_any_hash_is_found(settled: TestLibrary) -> None:
    with as_it_was(settled):
        settled.sql("UPDATE images SET sha256 = NULL WHERE id = '01'")
        settled.sql("UPDATE artifacts SET sha256 = NULL WHERE image_id = '01' AND stage = 'upstream'")
        assert found(settled) == [("original-differs", "01")]
