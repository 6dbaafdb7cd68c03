"""Frames of videos are images of their own."""

from __future__ import annotations

import json

import pytest
from PIL import Image
from support.films import film
from support.library import TestLibrary


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm"])
def test_a_frame_each_second(library: TestLibrary, suffix: str) -> None:
    film(library.img / f"trip.{suffix}", 35)
    library.ok("register", "img")
    image, source = library.json("show", "trip")["image"], library.json("show", "trip")["artifacts"][1]
    assert (image["status"], image["width"], image["height"]) == ("pending", 64, 48)
    assert source["file_path"] == f"video-sources/trip.{suffix}"
    assert source["processing_params"]["fps"] == pytest.approx(10)
    assert source["processing_params"]["seconds"] == pytest.approx(3.5, abs=0.15)
    run = library.json("run")
    assert run["failed"] == 0, run
    names = [f"v-trip-{number:04}" for number in range(1, 5)]
    rows = library.sql("SELECT child_id, position, role, stage FROM lineage WHERE parent_id = 'trip' ORDER BY 1")
    assert [row[0] for row in rows] == names
    assert [row[1] for row in rows] == pytest.approx([0, 1, 2, 3], abs=0.01)
    assert {row[2:] for row in rows} == {("frame", "video-frames")}
    for name in names:
        with Image.open(library.art / f"video-frames/{name}.jpeg") as picture:
            assert (picture.format, picture.size) == ("JPEG", (64, 48))
        assert library.artifact(name, "thumbnails-small").exists()
    assert library.artifact("trip", "thumbnails-small").exists()
    assert json.loads(library.artifact("trip", "video-frames").read_text())["damaged"] == 0
    again = library.json("run")
    assert (again["completed"], again["failed"], again["remaining"]) == (0, 0, 0)


def test_dry_run_counts_what_stands_for_the_video(library: TestLibrary) -> None:
    film(library.img / "trip.mp4", 5)
    library.ok("register", "img")
    dry = library.json("run", "thumbnails-small", "--dry-run")
    assert dry["by_stage"] == {"video-posters": {"missing": 1}, "thumbnails-small": {"missing": 1}}
    assert library.json("run", "thumbnails-small")["completed"] == dry["would_run"]


def test_poster_is_not_black(library: TestLibrary) -> None:
    film(library.img / "trip.mp4", [(0, 0, 0)] * 15 + [(220, 40, 40)] * 5)
    library.ok("register", "img")
    library.ok("run", "video-posters")
    with Image.open(library.artifact("trip", "video-posters")) as picture:
        assert picture.convert("L").resize((1, 1)).getpixel((0, 0)) > 50  # type: ignore[operator] # of one band


def test_replaced_row_is_still_a_video(library: TestLibrary) -> None:
    film(library.img / "trip.mp4", 5)
    library.ok("register", "img")
    library.sql("INSERT OR REPLACE INTO images (id, sha256, mime_type) SELECT id, sha256, mime_type FROM images")
    assert library.value("SELECT origin FROM images") == "video-posters"
    assert library.json("run")["failed"] == 0


def test_lost_video_fails_and_comes_back(library: TestLibrary) -> None:
    library.repeats = True
    film(library.img / "trip.mp4", 5)
    film(library.img / "other.mp4", 7)
    library.ok("register", "img")
    library.artifact("trip", "video-sources").unlink()
    assert library.json("run")["failed"] == 2
    library.ok("register", "--rehash", "img")
    library.ok("retry")
    assert library.json("run")["failed"] == 0
    assert library.artifact("v-trip-0001", "thumbnails-small").exists()
