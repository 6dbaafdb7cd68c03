"""gallery --placeholder grid20: the 20x20 colours that older pages draw."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.library import TestLibrary
from support.photos import photo, save


@pytest.fixture
def photos(library: TestLibrary) -> TestLibrary:
    """Two photographs, approved and with their web copies."""
    for name in ("astronaut", "coffee"):
        save(photo(name), library.img / f"{name}.png")
    library.ok("register", "--approve", "img")
    library.ok("run", "thumbnails-small", "web-optimized", "blurhash", "-j", "1")
    return library


def index_of(library: TestLibrary) -> dict[str, dict[str, str]]:
    """`window.blurhashIndex`, as a script that reads the page line by line finds it."""
    text = (library.art / "gallery-html/index.html").read_text(encoding="utf-8")
    found = re.findall(r'^ *"(.+)": \{ width: (\d+), height: (\d+), blurhash: "(\w+)" \},?$', text, re.MULTILINE)
    return {name: {"width": width, "height": height, "grid": grid} for name, width, height, grid in found}


def averaged(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twenty rows, each the average of its part of all rows; parts may begin within a row."""
    mean: NDArray[np.float64] = pixels.repeat(20, axis=0).reshape(20, *pixels.shape).mean(axis=1)
    return mean


def test_every_picture_has_400_colours_of_its_web_copy(photos: TestLibrary) -> None:
    photos.ok("gallery", "--placeholder", "grid20")
    found = index_of(photos)
    assert sorted(found) == ["astronaut.webp", "coffee.webp"]
    assert found["coffee.webp"]["width"] == "400"
    for name, entry in found.items():
        assert len(entry["grid"]) == 2400
        cells = np.frombuffer(bytes.fromhex(entry["grid"]), np.uint8).reshape(20, 20, 3)
        with Image.open(photos.art / "web-optimized" / name) as web:
            pixels = np.asarray(web.convert("RGB"), dtype=np.float64)
        expected = averaged(averaged(pixels).swapaxes(0, 1)).swapaxes(0, 1)
        # Cells begin at whole pixels.
        assert np.abs(cells - expected).mean() < 1


def test_grids_are_computed_once_and_again_for_another_file(photos: TestLibrary) -> None:
    photos.ok("gallery", "--placeholder", "grid20")
    photos.sql("UPDATE colour_grids SET grid = zeroblob(1200)")
    photos.ok("gallery", "--placeholder", "grid20")
    assert index_of(photos)["coffee.webp"]["grid"] == "0" * 2400
    photos.sql("UPDATE colour_grids SET input_sha256 = 'another'")
    photos.ok("gallery", "--placeholder", "grid20")
    assert index_of(photos)["coffee.webp"]["grid"] != "0" * 2400


def test_a_picture_that_cannot_be_read_goes_without(photos: TestLibrary) -> None:
    photos.artifact("coffee", "web-optimized").write_bytes(b"damaged")
    photos.ok("gallery", "--placeholder", "grid20")
    assert sorted(index_of(photos)) == ["astronaut.webp"]
    photos.ok("repair")
    photos.repeats = True
    photos.ok("run", "-j", "1", "web-optimized")
    for path in sorted((photos.art / ".quarantine").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert json.loads(photos.ok("verify", "--json").out)["data"]["findings"] == []
