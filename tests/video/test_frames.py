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
