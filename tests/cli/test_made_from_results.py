"""Stages that are made from results and frames: for exactly those, and announced as such."""

from __future__ import annotations

import json

import pytest
from support.films import film
from support.library import TestLibrary
from support.photos import small

COPY = json.dumps(["cp", "{input}", "{output}"])
JOIN = json.dumps(["cp", "{inputs.source}", "{output}"])
SWAPS = (
    '[stages.face-swap-results]\ninput = { style = "face-swap-styles", source = "face-swap-sources" }\n'
    f'pairs = "all"\ncommand = {JOIN}\n'
)


def of(stage: str, name: str, audience: str, extension: str = "png") -> str:
    return f'[stages.{name}]\ninput = "{stage}"\nfor = "{audience}"\ncommand = {COPY}\nextension = "{extension}"\n'


@pytest.fixture
def swaps(library: TestLibrary) -> TestLibrary:
    for at, name in enumerate(["styles/mona", "sources/a", "sources/b"]):
        small(library.folder / f"{name}.png", at, (24, 16))
    library.ok("register", "--approve", "--stage", "face-swap-styles", "styles")
    library.ok("register", "--approve", "--stage", "face-swap-sources", "sources")
    return library


@pytest.mark.parametrize("audience", ["all", "not-rejected"])
def test_results_that_nobody_has_decided_on_are_worked_on(swaps: TestLibrary, audience: str) -> None:
    swaps.settings(
        SWAPS
        + of("face-swap-results", "framed", audience)
        + f'[stages.tiny]\nkind = "resize"\ninput = "face-swap-results"\nfor = "{audience}"\nwidth = 8\n'
    )
    dry = swaps.json("run", "framed", "tiny", "--dry-run")
    assert dry["by_stage"] == {name: {"missing": 2} for name in ("face-swap-results", "framed", "tiny")}
    assert swaps.json("run", "framed", "tiny")["completed"] == 6
    assert swaps.artifact("mona-b", "framed").exists()
    swaps.ok("reject", "mona-a")
    assert swaps.json("run", "framed", "tiny", "--dry-run")["would_run"] == 0


def test_results_that_are_approved_are_worked_on_when_they_are(swaps: TestLibrary) -> None:
    swaps.settings(SWAPS + of("face-swap-results", "framed", "approved"))
    assert swaps.json("run", "framed")["completed"] == 2
    swaps.ok("approve", "mona-a")
    assert swaps.json("run", "framed")["by_stage"] == {"framed": {"completed": 1, "failed": 0}}


def test_a_named_result_is_not_called_unapproved(swaps: TestLibrary) -> None:
    swaps.settings(SWAPS)
    swaps.ok("pair", "face-swap-results")
    assert "not approved" not in swaps.ok("run", "face-swap-results", "mona-a").err


def test_what_is_made_from_frames_is_not_made_from_the_list_of_them(library: TestLibrary) -> None:
    film(library.img / "clip.mp4", 25)
    library.ok("register", "img")
    library.settings(
        of("video-frames", "copy", "all", "jpeg")
        + '[stages.joined]\ninput = ["copy", "video-frames"]\nfor = "all"\nextension = "jpeg"\n'
        + f"command = {JOIN.replace('source', 'copy')}\n"
        + '[stages.tiny]\nkind = "resize"\ninput = "video-frames"\nfor = "all"\nwidth = 8\n'
    )
    dry = library.ok("run", "joined", "tiny", "--dry-run", "--json")
    assert dry.data["by_stage"] == {"video-frames": {"missing": 1}}
    said = library.ok("run", "joined", "tiny", "--dry-run").err
    assert "what is made of the frames of 1 video comes on top" in said.lower()
    run = library.json("run", "joined", "tiny")
    assert run["by_stage"] == {
        "video-frames": {"completed": 1, "failed": 0},
        **{name: {"completed": 3, "failed": 0} for name in ("copy", "joined", "tiny")},
    }
    assert library.json("run", "joined", "tiny", "--dry-run")["would_run"] == 0
    answer = library.json("why", "clip", "copy")
    assert (answer["would_run"], answer["reason"]) == (False, "no-frame")
    assert library.ok("find-ready", "video-frames", "copy").lines == []
    library.ok("approve", "clip")
    assert library.ok("find-ready", "video-frames", "web-optimized").lines == ["clip"]


def test_frames_are_paired_and_the_list_of_them_is_not(swaps: TestLibrary) -> None:
    film(swaps.img / "clip.mp4", 15)
    swaps.ok("register", "img")
    swaps.settings(
        '[stages.face-swap-results]\ninput = { style = "video-frames", source = "face-swap-sources" }\n'
        f'pairs = "all"\nfor = "not-rejected"\ncommand = {JOIN}\n'
    )
    assert swaps.json("run", "face-swap-results")["by_stage"]["video-frames"]["completed"] == 1
    swaps.ok("run", "face-swap-results")
    results = {row[0] for row in swaps.sql("SELECT id FROM images WHERE origin = 'face-swap-results'")}
    assert results == {f"v-clip-000{number}-{name}" for number in (1, 2) for name in "ab"}
    assert swaps.value("SELECT count(*) FROM artifacts WHERE stage = 'face-swap-results'") == 4
    assert swaps.json("run", "face-swap-results")["completed"] == 0
