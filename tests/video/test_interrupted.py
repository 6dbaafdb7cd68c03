"""Whatever interrupts the taking of frames, starting again is the whole recovery."""

from __future__ import annotations

import json
import os
import signal
import time

from support.faultpoints import wait_until_nobody_in
from support.films import film
from support.library import TestLibrary

FRAMES = ("video-posters", "video-frames")


def frames(library: TestLibrary) -> dict[str, bytes]:
    return {name: data for name, data in library.files().items() if name.startswith("video-")}


def long_film(library: TestLibrary) -> None:
    film(library.img / "long.mp4", 900, fps=10, size=(320, 240))
    library.ok("register", "img")
    library.settings("[stages.video-frames]\nevery = 2\n")


def kill_when_some_are_taken(library: TestLibrary, number: int) -> dict[str, int]:
    """Returns the inodes of the pictures that were complete then."""
    process = library.start("run", "video-frames", "-j", "1")
    deadline = time.monotonic() + 60
    while not list(library.art.glob(f".scratch/film-*/{number:04}.jpeg")) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    wait_until_nobody_in(library.folder)
    (journal,) = library.art.glob(".scratch/film-*/journal.jsonl")
    complete = [json.loads(line)["taken"]["file"] for line in journal.read_text().splitlines()]
    return {name: (journal.parent / name).stat().st_ino for name in complete}


def continued(library: TestLibrary) -> int:
    how = library.value("SELECT processing_params FROM artifacts WHERE image_id = 'long' AND stage = 'video-frames'")
    return int(json.loads(how)["continued"])


def test_killed_in_the_middle_carries_on(library: TestLibrary) -> None:
    long_film(library)
    first = kill_when_some_are_taken(library, 40)
    assert library.value("SELECT count(*) FROM lineage") == 0
    assert not list(library.art.glob("video-frames/*"))
    # Other commands leave alone what is to be gone on with, and say nothing of it.
    library.ok("register", "img")
    assert "scratch" not in library.run("verify").out
    second = kill_when_some_are_taken(library, 200)
    assert len(second) > len(first) >= 40
    assert [second[name] for name in first][:-2] == list(first.values())[:-2]
    library.ok("run", *FRAMES)
    assert continued(library) >= len(second) - 2
    made = frames(library)
    assert len(made) == 1 + 1 + 1 + 450
    # The very files: they were not written again.
    files = [library.artifact(f"v-long-{number:04}", "video-frames") for number in range(1, len(second) - 1)]
    assert [file.stat().st_ino for file in files] == list(second.values())[:-2]
    library.ok("verify")
    other = TestLibrary(library.folder / "other")
    other.folder.mkdir()
    other.ok("init", "--db", "cv.db")
    long_film(other)
    other.ok("run", *FRAMES)
    assert continued(other) == 0
    assert frames(other) == made
    assert (
        other.sql("SELECT * FROM lineage ORDER BY 1")[0][:4] == library.sql("SELECT * FROM lineage ORDER BY 1")[0][:4]
    )


def test_with_other_settings_it_begins_again(library: TestLibrary) -> None:
    long_film(library)
    kill_when_some_are_taken(library, 20)
    library.settings("[stages.video-frames]\nevery = 3\n")
    library.ok("run", "video-frames")
    assert continued(library) == 0
    assert library.value("SELECT count(*) FROM lineage") == 300


def test_what_nobody_wants_any_more_is_swept_away(library: TestLibrary) -> None:
    long_film(library)
    kill_when_some_are_taken(library, 20)
    library.ok("reject", "long")
    library.ok("run")
    library.ok("run")
    assert not list(library.art.glob(".scratch/*"))


def test_too_long_for_its_time_limit_gets_there_by_and_by(library: TestLibrary) -> None:
    long_film(library)
    kill_when_some_are_taken(library, 20)
    library.settings("[stages.video-frames]\nevery = 2\ntimeout = 0.001\n")
    assert library.json("run", "video-frames")["failed"] == 1
    library.settings("[stages.video-frames]\nevery = 2\n")
    library.ok("retry")
    library.ok("run", "video-frames")
    assert continued(library) >= 18


def test_lost_frame_is_made_again(library: TestLibrary) -> None:
    library.repeats = True
    film(library.img / "clip.mp4", 25)
    library.ok("register", "img")
    library.ok("run")
    before = frames(library)
    library.artifact("v-clip-0002", "video-frames").unlink()
    assert library.run("verify").code == 3
    library.run("repair")
    library.ok("run")
    assert frames(library) == before
    library.ok("verify")


def test_frame_lost_when_it_is_needed(library: TestLibrary) -> None:
    library.repeats = True
    film(library.img / "clip.mp4", 25)
    library.ok("register", "img")
    library.ok("run")
    library.artifact("v-clip-0002", "video-frames").unlink()
    library.ok("approve", "v-clip-0002")
    library.ok("run")
    assert library.artifact("v-clip-0002", "web-optimized").exists()
