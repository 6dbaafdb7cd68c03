"""Whatever interrupts the taking of frames, starting again is the whole recovery."""

from __future__ import annotations

import os
import signal
import time

from support.films import film
from support.library import TestLibrary


def frames(library: TestLibrary) -> dict[str, bytes]:
    return {name: data for name, data in library.files().items() if name.startswith("video-")}


def test_killed_in_the_middle(library: TestLibrary) -> None:
    film(library.img / "long.mp4", 900, fps=10, size=(320, 240))
    library.ok("register", "img")
    library.settings("[stages.video-frames]\nevery = 2\n")
    process = library.start("run", "-j", "1")
    deadline = time.monotonic() + 60
    while not list(library.art.glob(".scratch/run-*/*/0005.jpeg")) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert library.value("SELECT count(*) FROM lineage") == 0
    assert not list(library.art.glob("video-frames/*"))
    library.ok("run")
    made = frames(library)
    assert len(made) == 1 + 1 + 1 + 450
    library.ok("verify")
    other = TestLibrary(library.folder / "other")
    other.folder.mkdir()
    other.ok("init", "--db", "cv.db")
    film(other.img / "long.mp4", 900, fps=10, size=(320, 240))
    other.ok("register", "img")
    other.settings("[stages.video-frames]\nevery = 2\n")
    other.ok("run")
    assert frames(other) == made
    assert (
        other.sql("SELECT * FROM lineage ORDER BY 1")[0][:4] == library.sql("SELECT * FROM lineage ORDER BY 1")[0][:4]
    )


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
