"""run --dry-run: what would be done, with a forecast from what was done before."""

from __future__ import annotations

import json

from support.library import TestLibrary
from support.photos import small

STAGES = ("thumbnails-small", "web-optimized", "blurhash")


def fill(library: TestLibrary, first: int, last: int) -> None:
    for seed in range(first, last):
        small(library.img / f"{seed}.png", seed)
    library.ok("register", "--approve", "img")


def test_nothing_is_foretold_of_what_was_never_made(library: TestLibrary) -> None:
    fill(library, 0, 1)
    result = library.ok("run", *STAGES, "--dry-run")
    assert "No forecast for thumbnails-small, web-optimized, blurhash: never made here" in result.err
    foretold = library.json("run", *STAGES, "--dry-run")["forecast"]
    assert (foretold["seconds"], foretold["bytes"], foretold["unknown"]) == (None, None, list(STAGES))


def test_time_and_room_are_those_of_past_jobs(library: TestLibrary) -> None:
    fill(library, 0, 2)
    library.ok("run", *STAGES)
    library.sql("UPDATE jobs SET seconds = 30 WHERE stage = 'web-optimized'")
    library.sql("UPDATE jobs SET seconds = 10 WHERE stage <> 'web-optimized'")
    sizes = {row[0]: row[1] for row in library.sql("SELECT stage, avg(file_size) FROM artifacts GROUP BY stage")}
    fill(library, 2, 6)
    answer = library.json("run", *STAGES, "--dry-run", "-j", "2")
    assert answer["would_run"] == 12
    foretold = answer["forecast"]
    assert foretold["seconds"] == 4 * (30 + 10 + 10) / 2
    assert abs(foretold["bytes"] - 4 * (sizes["web-optimized"] + sizes["thumbnails-small"])) <= 2
    assert foretold["by_stage"]["web-optimized"]["from_jobs"] == 2
    said = library.ok("run", *STAGES, "--dry-run", "-j", "2").err
    assert "About 100 s with 2 workers" in said
    assert "judging by 6 past jobs" in said
    # Part of a plan is not foretold.
    assert "About" not in library.ok("run", *STAGES, "--dry-run", "--limit", "2").err
    assert library.json("run", *STAGES)["completed"] == 12


def test_stage_of_few_places_takes_its_time(library: TestLibrary) -> None:
    fill(library, 0, 1)
    copy = json.dumps(["cp", "{input}", "{output}"])
    library.settings(f'[stages.paid]\ncommand = {copy}\nextension = "png"\nworkers = 1\n')
    library.ok("run", "paid")
    library.sql("UPDATE jobs SET seconds = 5")
    fill(library, 1, 4)
    assert library.json("run", "paid", "--dry-run", "-j", "8")["forecast"]["seconds"] == 15


def test_what_takes_the_place_of_something_needs_no_room(library: TestLibrary) -> None:
    fill(library, 0, 2)
    library.ok("run", "web-optimized")
    library.settings("[stages.web-optimized]\nwidth = 30\n")
    foretold = library.json("run", "web-optimized", "--dry-run")["forecast"]
    assert (foretold["bytes"], foretold["unknown"]) == (0, [])
