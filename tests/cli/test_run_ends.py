"""How runs end: limits, signals, kills, and what waits for the next."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from support.gates import Gate
from support.library import TestLibrary
from support.photos import small
from support.running import STAGES, made, three


def test_bad_picture_fails_its_own_jobs_and_is_not_tried_again(library: TestLibrary) -> None:
    three(library)
    whole = bytearray(Path(small(library.folder / "x.png", 7, (300, 300))).read_bytes())
    middle = whole.find(b"IDAT") + 200
    whole[middle : middle + 40] = bytes(40)  # header and end are sound: only decoding can tell
    (library.img / "bad.png").write_bytes(whole)
    library.ok("register", "img")
    result = library.run("run")
    assert result.code == 1
    assert "bad" in result.err
    failed = (
        "SELECT image_id, stage, status, failure_kind, retry_count FROM jobs WHERE status <> 'completed' ORDER BY 2"
    )
    assert library.sql(failed) == [("bad", stage, "failed", "permanent", 1) for stage in ("phash", "thumbnails-small")]
    assert len(made(library)["a"]) == len(STAGES)
    again = library.json("run")
    assert (again["completed"], again["failed"]) == (0, 0)
    assert library.json("why", "bad", "thumbnails-small")["reason"] == "failed-before"
    listed = library.json("jobs")["jobs"]
    assert [(job["image_id"], job["error_code"]) for job in listed] == [("bad", "invalid")] * 2


def test_retry_makes_failed_jobs_due_again(library: TestLibrary) -> None:
    test_bad_picture_fails_its_own_jobs_and_is_not_tried_again(library)
    assert library.json("retry", "--dry-run")["retried"] == 2
    assert library.json("retry", "thumbnails-small")["retried"] == 1
    assert library.run("run").code == 1
    assert library.sql("SELECT count(*), max(retry_count) FROM jobs WHERE status = 'failed'") == [(2, 2)]


def test_failed_job_is_tried_again_when_the_recipe_changes(library: TestLibrary) -> None:
    test_bad_picture_fails_its_own_jobs_and_is_not_tried_again(library)
    library.settings("[stages.thumbnails-small]\nwidth = 20\n")
    assert library.json("run")["failed"] == 1


def test_limit_is_exact_and_ends_well(library: TestLibrary) -> None:
    three(library)
    data = library.json("run", "--limit", "2")
    assert (data["completed"], data["remaining"]) == (2, 7)
    assert library.json("run", "--limit", "0")["completed"] == 0
    assert library.ok("run").code == 0
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == 9


def test_time_limit_leaves_work_and_says_so(library: TestLibrary) -> None:
    three(library)
    result = library.run("run", "--time-limit", "0s")
    assert result.code == 5
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'running'") == 0
    assert library.ok("run", "--time-limit", "10m").code == 0


def test_rejected_meanwhile_is_not_worked_on(library: TestLibrary) -> None:
    three(library)
    library.run("run", "--time-limit", "0s")
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'pending'") > 0
    library.ok("reject", "a", "b")
    assert library.json("run")["completed"] == 0
    assert made(library) == {}
    assert library.value("SELECT count(*) FROM jobs") == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_the_run_cleanly(library: TestLibrary, number: signal.Signals, code: int) -> None:
    for seed in range(4):
        small(library.img / f"{seed}.png", seed, (60, 40))
    library.ok("register", "--approve", "img")
    gate = Gate(library)
    process = library.start("run", "-j", "2")
    gate.wait(process)
    process.send_signal(number)
    process.communicate(timeout=180)
    assert process.returncode == code
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'running'") == 0
    assert library.value("SELECT outcome FROM runs") in {"interrupted", "terminated"}
    gate.open()
    library.ok("run")
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == 4 * 7


def test_killed_run_is_reclaimed_by_the_next(library: TestLibrary) -> None:
    for seed in range(3):
        small(library.img / f"{seed}.png", seed, (60, 40))
    library.ok("register", "--approve", "img")
    gate = Gate(library)
    process = library.start("run", "-j", "2")
    gate.wait(process)
    process.kill()
    process.communicate()
    gate.open()
    library.ok("run")
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == 3 * 7
    assert [row[0] for row in library.sql("SELECT outcome FROM runs ORDER BY id")] == ["died", "finished"]
