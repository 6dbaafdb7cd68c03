"""What `jobs` and `list` answer, in which order, whichever way the database takes to it."""

from __future__ import annotations

import pytest
from support.library import TestLibrary

from artpipe.db import images


@pytest.fixture
def listed(library: TestLibrary) -> TestLibrary:
    library.ok("init")
    library.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)"
        " INSERT INTO images (id, rejected, created_at) SELECT printf('%02d', i), i % 3 = 0, '2026-01-' || (10 + i / 4) FROM n"
    )
    library.sql(
        "INSERT INTO jobs (image_id, stage, status) SELECT id, 'stage' || (rowid % 4),"
        " CASE rowid % 3 WHEN 0 THEN 'failed' WHEN 1 THEN 'pending' ELSE 'completed' END FROM images ORDER BY sha256, id DESC"
    )
    return library


@pytest.mark.parametrize("limit", [None, 0, 1, 7, 12, 100])
@pytest.mark.parametrize("stage", [None, "stage2", "unknown"])
def test_jobs_by_status_the_newest_first(listed: TestLibrary, stage: str | None, limit: int | None) -> None:
    sql = "SELECT id FROM jobs WHERE status <> 'completed' AND stage IS COALESCE(?, stage) ORDER BY status, id DESC LIMIT ?"
    options = [*(["--stage", stage] if stage else []), *(["--limit", str(limit)] if limit is not None else [])]
    found = [job["id"] for job in listed.json("jobs", *options)["jobs"]]
    assert found == [row[0] for row in listed.sql(sql, (stage, -1 if limit is None else limit))]
    completed = listed.json("jobs", "--status", "completed", *options)["jobs"]
    assert [job["id"] for job in completed] == sorted((job["id"] for job in completed), reverse=True)


@pytest.mark.parametrize("few", [0, 1000])
def test_list_with_a_stage_is_the_same_both_ways(
    listed: TestLibrary, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(images, "FEW", few)
    try:
        listed.sql("INSERT INTO artifacts (image_id, stage, file_path) SELECT id, 's', id FROM images WHERE rowid % 2")
        expected = "SELECT id FROM images WHERE rowid % 2 AND NOT rejected ORDER BY created_at DESC, rowid DESC LIMIT 4"
        found = listed.ok("list", "--stage", "s", "--status", "pending", "--limit", "4").lines
        assert found == [row[0] for row in listed.sql(expected)]
    finally:
        listed.sql("DELETE FROM artifacts")
