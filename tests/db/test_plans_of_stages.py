"""Planning goes from image to image: never along all results, never along all jobs that failed."""

from __future__ import annotations

import json
import re

import pytest
from support.films import film
from support.library import TestLibrary
from support.photos import small
from support.plans import Seen, watching

COPY = json.dumps(["cp", "{input}", "{output}"])
FAILS = json.dumps(["sh", "-c", "exit 1", "{output}"])
SETTINGS = f"""
[stages.face-swap-results]
input = ["face-swap-styles", "face-swap-sources"]
pairs = "all"
command = {COPY}
[stages.both]
input = ["upstream", "face-swap-results"]
command = {COPY}
[stages.fails]
command = {FAILS}
[stages.of-frames]
input = "video-frames"
for = "all"
command = {COPY}
extension = "jpeg"
"""
# All jobs of one status, where those of one image are meant.
ALONG_JOBS = re.compile(r"INDEX jobs_by_(?:status|age) \((?:status=\? AND )?stage=\?\)")


def a_day(library: TestLibrary) -> None:
    for at, name in enumerate(["styles/a", "styles/b", "sources/c", "img/d"]):
        small(library.folder / f"{name}.png", at)
    film(library.img / "clip.mp4", 15)
    library.ok("register", "--approve", "--stage", "face-swap-styles", "styles")
    library.ok("register", "--approve", "--stage", "face-swap-sources", "sources")
    library.ok("register", "--approve", "img")
    library.settings(SETTINGS)
    stages = ("face-swap-results", "both", "fails", "of-frames")
    library.ok("run", *stages, "--dry-run")
    assert library.run("run", *stages, "--order", "newest").code == 1
    library.ok("approve", "a-c")
    library.run("run", *stages, "a-c")
    library.ok("why", "a-c", "both")
    library.ok("rebuild", "both", "--dry-run")
    library.ok("rebuild", "--check", "video-frames", "face-swap-results")
    library.ok("truncate")


@pytest.fixture
def seen(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> Seen:
    with watching(monkeypatch) as plans:
        a_day(library)
    return plans


# What happens once: the library is created, the stages themselves have changed.
ONCE = ("INSERT INTO counters (", "UPDATE images SET origin =", "INSERT INTO unsettled SELECT id FROM images")


def test_nothing_scans(seen: Seen) -> None:
    found = {sql: steps for sql, steps in seen.scans().items() if not sql.startswith(ONCE)}
    assert found == {}


def test_jobs_are_looked_up_by_their_image(seen: Seen) -> None:
    planned = {sql: plan for sql, plan in seen.plans.items() if "temp.wanted" in sql or "temp.page" in sql}
    assert len(planned) > 10
    along = {sql: [step for step in plan if ALONG_JOBS.search(step)] for sql, plan in planned.items()}
    assert {sql: steps for sql, steps in along.items() if steps} == {}
