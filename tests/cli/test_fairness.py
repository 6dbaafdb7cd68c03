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


@pytest.mark.parametrize(("order", "expected"), [("oldest", ["00", "01", "02"]), ("newest", ["09", "08", "07"])])
def test_order_says_which_come_first(library: TestLibrary, order: str, expected: list[str]) -> None:
    fill(library, 10)
    settings(library, "one")
    library.ok("run", "one", "--order", order, "--limit", "3", "-j", "1")
    assert sorted(worked_on(library, "one")) == sorted(expected)
    assert library.json("run", "one", "--order", order)["completed"] == 7


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
