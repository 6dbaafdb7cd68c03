"""prune and the rows that nobody wants any more: jobs of stages that are gone, values of rejected images."""

from __future__ import annotations

import json

import pytest
from support.library import TestLibrary
from support.photos import small
from support.templates import prepared

FAILS = json.dumps(["sh", "-c", "exit 3", "{input}", "{output}"])
COPY = json.dumps(["cp", "{input}", "{output}"])
GONE = f"[stages.fails]\ncommand = {FAILS}\nretries = 0\n[stages.waits]\ncommand = {COPY}\n"
VALUES = ("thumbnails-small", "web-optimized", "blurhash", "phash")


@pytest.fixture
def made(library: TestLibrary) -> TestLibrary:
    library.repeats = True
    return prepared(library, make)


def make(library: TestLibrary) -> None:
    for seed in range(3):
        small(library.img / f"p{seed}.png", seed)
    library.ok("register", "--approve", "--copy", "img")
    library.ok("run", *VALUES)


def values(library: TestLibrary) -> set[tuple[str, str]]:
    return set(
        library.sql(
            "SELECT image_id, 'blurhash' FROM blurhash_cache UNION SELECT image_id, 'phash' FROM perceptual_hashes"
        )
    )


def jobs(library: TestLibrary) -> dict[tuple[str, str], int]:
    rows = library.sql("SELECT stage, status, count(*) FROM jobs WHERE status <> 'completed' GROUP BY 1, 2")
    return {(row[0], row[1]): row[2] for row in rows}


def test_jobs_of_stages_that_are_gone(made: TestLibrary) -> None:
    made.settings(GONE)
    assert made.run("run", "fails").code == 1
    made.ok("run", "waits", "--limit", "0")
    # A script's own, of a stage that no settings know.
    made.ok("start-job", "p0", "by-script", "--keep")
    made.ok("fail-job", "p0", "by-script", "it did not work")
    before = {("fails", "failed"): 3, ("waits", "pending"): 3, ("by-script", "failed"): 1}
    assert made.json("prune")["jobs"] == {}
    made.settings("")
    assert made.json("prune")["jobs"] == {"fails": 3, "waits": 3}
    assert "6 jobs" in made.ok("prune").err
    assert jobs(made) == before
    assert made.json("prune", "--limit", "1", "--yes")["jobs"] == {}
    assert made.json("prune", "--yes")["jobs"] == {"fails": 3, "waits": 3}
    assert jobs(made) == {("by-script", "failed"): 1}
    assert made.json("prune", "--yes")["jobs"] == {}
    assert made.json("stats")["jobs"]["pending"] == 0
    assert made.json("prune", "--stage", "by-script", "--yes")["jobs"] == {"by-script": 1}
    made.ok("verify")
    made.settings(GONE)
    assert made.json("run", "fails", "waits", "--dry-run")["would_run"] == 6


def test_values_of_rejected_images(made: TestLibrary) -> None:
    made.ok("reject", "p1", "--reason", "dull")
    made.ok("store-blurhash", "p1", "thumbnails-small", "LEHV6nWB2yk8pyo0adR*.7kCMdnj", "40", "30")
    decisions = made.sql("SELECT * FROM decisions")
    listed = made.json("prune")
    assert listed["values"] == {"blurhash": 1, "phash": 1}
    assert ("p1", "phash") in values(made)
    assert made.json("prune", "--yes")["values"] == {"blurhash": 1, "phash": 1}
    # What another program has stored stays.
    assert {kind for name, kind in values(made) if name == "p1"} == {"blurhash"}
    assert {name for name, kind in values(made) if kind == "phash"} == {"p0", "p2"}
    assert made.sql("SELECT * FROM decisions") == decisions
    assert made.artifact("p1", "upstream").exists()
    assert made.json("prune", "--yes")["values"] == {}
    assert made.json("run", *VALUES, "--dry-run")["would_run"] == 0
    made.ok("approve", "p1")
    assert made.json("run", *VALUES)["by_stage"]["phash"] == {"completed": 1, "failed": 0}


def test_values_stay_where_nothing_could_compute_them_again(made: TestLibrary) -> None:
    made.ok("reject", "p1", "--reason", "dull")
    made.ok("truncate", "p1", "--yes")
    assert made.json("prune", "--yes")["values"] == {}
    assert {("p1", "blurhash"), ("p1", "phash")} <= values(made)


def test_values_that_a_stage_keeps_for_all(made: TestLibrary) -> None:
    made.settings('[stages.phash]\nfor = "all"\n')
    made.ok("reject", "p1", "--reason", "dull")
    assert made.json("prune")["values"] == {"blurhash": 1}
