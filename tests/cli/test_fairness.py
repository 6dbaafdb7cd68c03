"""run: every stage gets its share, in the order that was asked for."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from support.library import TestLibrary
from support.photos import small


def fill(library: TestLibrary, number: int) -> None:
    for seed in range(number):
        small(library.img / f"{seed:02}.png", seed)
    library.ok("register", "--approve", "img")


def copying(*names: str, **more: object) -> str:
    command = json.dumps(
        ["sh", "-c", 'echo "$3" >> "$4"; cp "$1" "$2"', "sh", "{input}", "{output}", "{id}", "{params.log}"]
    )
    rest = "".join(f"{key} = {value}\n" for key, value in more.items())
    return "".join(
        f'[stages.{name}]\ncommand = {command}\nextension = "png"\n{rest}params = {{log = "{{log}}-{name}"}}\n'
        for name in names
    )


def settings(library: TestLibrary, *names: str, **more: object) -> None:
    library.settings(copying(*names, **more).replace("{log}", str(library.folder / "log")))


def worked_on(library: TestLibrary, stage: str) -> list[str]:
    log = library.folder / f"log-{stage}"
    return log.read_text().split() if log.exists() else []


def test_long_queue_of_one_stage_does_not_starve_the_others(library: TestLibrary) -> None:
    fill(library, 30)
    settings(library, "one", "two", "three")
    # Queued first, and all of it before the others.
    library.ok("run", "one", "--limit", "0")
    library.ok("run", "one", "two", "three", "--limit", "6", "-j", "3")
    done = Counter(row[0] for row in library.sql("SELECT stage FROM jobs WHERE status = 'completed'"))
    assert done == {"one": 2, "two": 2, "three": 2}
    assert library.json("run", "one", "two", "three")["completed"] == 84


def test_with_room_for_one_job_at_a_time_every_stage_gets_its_turn(library: TestLibrary) -> None:
    fill(library, 12)
    # More stages than there is room for.
    settings(library, "one", "two", "three", "four")
    library.ok("run", "one", "two", "three", "four", "--limit", "12", "-j", "1")
    done = Counter(row[0] for row in library.sql("SELECT stage FROM jobs WHERE status = 'completed'"))
    assert min(done[name] for name in ("one", "two", "three", "four")) >= 2


def test_jobs_that_read_the_same_picture_still_come_together(library: TestLibrary) -> None:
    fill(library, 12)
    library.ok("run", "thumbnails-small", "web-optimized", "phash", "--limit", "9", "-j", "1")
    per_image = Counter(row[0] for row in library.sql("SELECT image_id FROM jobs WHERE status = 'completed'"))
    assert set(per_image.values()) == {3}


DAYS = {
    "04": "2024-01-03",
    "01": "2024-01-02",
    "07": "2024-01-01",
    "02": "2026-02-03",
    "08": "2026-02-02",
    "05": "2026-02-01",
}


def dated(library: TestLibrary) -> None:
    """Pictures whose order is not that of their names."""
    library.sql("UPDATE images SET created_at = '2025-01-01 00:00:00'")
    for name, day in DAYS.items():
        library.sql("UPDATE images SET created_at = ? WHERE id = ?", (f"{day} 00:00:00", name))


@pytest.mark.parametrize("queued", [False, True])
@pytest.mark.parametrize(("order", "expected"), [("oldest", ["07", "01", "04"]), ("newest", ["02", "08", "05"])])
def test_order_goes_by_when_pictures_came(library: TestLibrary, order: str, expected: list[str], queued: bool) -> None:
    fill(library, 10)
    settings(library, "one")
    if queued:
        library.ok("run", "one", "--limit", "0")
    dated(library)
    for name in expected:
        library.ok("run", "one", "--order", order, "--limit", "1", "-j", "1")
        assert worked_on(library, "one")[-1] == name
    assert library.json("run", "one", "--order", order)["completed"] == 7


@pytest.mark.parametrize(("order", "expected"), [("oldest", ["00", "01", "02"]), ("newest", ["09", "08", "07"])])
def test_pictures_that_came_together_go_by_name(library: TestLibrary, order: str, expected: list[str]) -> None:
    fill(library, 10)
    library.sql("UPDATE images SET created_at = '2025-01-01 00:00:00'")
    settings(library, "one")
    library.ok("run", "one", "--order", order, "--limit", "3", "-j", "1")
    assert sorted(worked_on(library, "one")) == sorted(expected)
    assert library.json("run", "one", "--order", order)["completed"] == 7


def test_order_of_named_pictures_of_failed_ones_and_of_those_that_scripts_queued(library: TestLibrary) -> None:
    fill(library, 10)
    settings(library, "one")
    dated(library)
    library.sql("INSERT INTO jobs (image_id, stage, status) VALUES ('02', 'one', 'pending')")
    library.sql(
        "INSERT INTO jobs (image_id, stage, status, failure_kind, attempts) VALUES ('08', 'one', 'failed', 'transient', 1)"
    )
    library.ok("retry")
    for name in ("02", "08"):
        library.ok("run", "one", "--order", "newest", "--limit", "1", "-j", "1")
        assert worked_on(library, "one")[-1] == name
    library.ok("run", "one", "05", "07", "04", "--order", "oldest", "--limit", "1", "-j", "1")
    assert worked_on(library, "one")[-1] == "07"


def test_random_order_is_one_that_is_not_that_of_the_queue(library: TestLibrary) -> None:
    fill(library, 40)
    settings(library, "one")
    library.ok("run", "one", "--order", "random", "--limit", "10", "-j", "1")
    first = {name for name, *_ in library.sql("SELECT image_id FROM jobs WHERE status = 'completed'")}
    # One of 800 million draws of ten would be the first ten.
    assert first != {f"{number:02}" for number in range(10)}
    assert len(first) == 10
    ids = [f"{number:02}" for number in range(40)]
    assert library.json("run", "one", "--order", "random", *ids[:20])["remaining"] == 0
    library.ok("run", "one", "--order", "random")
    assert library.value("SELECT count(*) FROM artifacts WHERE stage = 'one'") == 40


def test_other_order_is_refused(library: TestLibrary) -> None:
    library.ok("init")
    assert library.run("run", "--order", "fastest").code == 2
