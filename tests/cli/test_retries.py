"""How often a failed job is tried again by itself, also when that is changed in between."""

from __future__ import annotations

import json

import pytest
from support.library import TestLibrary
from support.photos import small

FAILS = json.dumps(["sh", "-c", "exit 3", "{input}", "{output}"])


def settings(library: TestLibrary, retries: int) -> None:
    library.settings(f"[stages.fails]\ncommand = {FAILS}\nretries = {retries}\n")


def due(library: TestLibrary) -> None:
    library.sql("UPDATE jobs SET due_at = datetime('now', '-1 minute') WHERE due_at IS NOT NULL")


@pytest.fixture
def failing(library: TestLibrary) -> TestLibrary:
    small(library.img / "a.png")
    library.ok("register", "--approve", "img")
    settings(library, 0)
    assert library.run("run", "fails").code == 1
    return library


def test_more_retries_are_given_to_what_has_failed_already(failing: TestLibrary) -> None:
    assert failing.json("run", "fails", "--dry-run")["would_run"] == 0
    settings(failing, 1)
    answer = failing.json("why", "a", "fails")
    assert (answer["would_run"], answer["reason"]) == (True, "retry")
    for targets in (["fails"], ["fails", "a"]):
        assert failing.json("run", *targets, "--dry-run")["by_stage"] == {"fails": {"retry": 1}}
    assert failing.json("run", "fails")["failed"] == 1
    assert failing.value("SELECT attempts FROM jobs") == 2
    due(failing)
    assert failing.json("run", "fails")["failed"] == 0
    assert failing.json("why", "a", "fails")["reason"] == "failed-before"


def test_fewer_retries_are_the_end_of_it(failing: TestLibrary) -> None:
    settings(failing, 3)
    failing.run("run", "fails")
    due(failing)
    settings(failing, 1)
    assert failing.json("why", "a", "fails")["reason"] == "failed-before"
    assert failing.json("run", "fails", "--dry-run")["would_run"] == 0
    assert failing.json("run", "fails")["failed"] == 0
