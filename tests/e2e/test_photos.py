"""The main job on real photographs, from register to the gallery query."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from stages.pictures import draw_blurhash
from support.invariants import violations
from support.library import TestLibrary
from support.photos import PHOTOS, photo, psnr, save

from artpipe.stages.imaging import Picture
from artpipe.stages.upscale.maker import Upscaler

# The upscaled width: small enough for two cores, with tiles that meet inside the picture.
WIDTH = 120


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """On a real disk, also where the other tests work in memory."""
    lasting = Path("/var/tmp")  # noqa: S108 - a folder in it is made by TemporaryDirectory
    with TemporaryDirectory(prefix="artpipe-photos-", dir=lasting if lasting.is_dir() else None) as made:
        yield Path(made)


@pytest.fixture(scope="module")
def photos(folder: Path) -> Iterator[TestLibrary]:
    library = TestLibrary(folder)
    for index, name in enumerate(PHOTOS):
        suffix, options = (("png", {}), ("jpg", {"quality": 92}), ("webp", {"quality": 95}))[index % 3]
        save(photo(name), library.img / f"{name}.{suffix}", **options)
    library.settings(
        f'[stages.ersgan-enhanced]\ninput = "upscale-source"\ntile = 64\n'
        f'[stages.upscale-source]\nkind = "resize"\nwidth = {WIDTH}\nformat = "png"\n'
    )
    library.ok("init")
    library.ok("register", "img")
    library.ok("approve", *PHOTOS)
    library.ok("run")
    yield library
    assert violations(library.db, library.art) == []


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def size_at_width(library: TestLibrary, image_id: str, width: int) -> tuple[int, int]:
    full = library.sql("SELECT width, height FROM images WHERE id = ?", (image_id,))[0]
    scale = min(width / full[0], 1)
    return round(full[0] * scale), round(full[1] * scale)


def test_every_artifact_is_what_its_row_says(photos: TestLibrary) -> None:
    rows = photos.sql("SELECT file_path, width, height, file_size, sha256 FROM artifacts")
    assert len(rows) == len(PHOTOS) * 6
    for path, width, height, size, sha256 in rows:
        data = (photos.art / path).read_bytes()
        assert len(data) == size
        assert hashlib.sha256(data).hexdigest() == sha256
        assert pixels(photos.art / path).shape == (height, width, 3)


@pytest.mark.parametrize("image_id", PHOTOS)
@pytest.mark.parametrize("stage", ["thumbnails-small", "web-optimized"])
def test_reduced_copies_have_the_promised_size_and_look_alike(photos: TestLibrary, image_id: str, stage: str) -> None:
    made = pixels(photos.artifact(image_id, stage))
    width, height = size_at_width(photos, image_id, 400)
    assert made.shape == (height, width, 3)
    reference = Image.fromarray(photo(image_id)).resize((width, height), Image.Resampling.LANCZOS)
    assert psnr(made, np.asarray(reference)) > 30


@pytest.mark.parametrize("image_id", PHOTOS)
def test_upscales_are_exactly_four_times_as_large_and_seamless(photos: TestLibrary, image_id: str) -> None:
    source, made = photos.artifact(image_id, "upscale-source"), photos.artifact(image_id, "ersgan-enhanced")
    height, width, _ = pixels(source).shape
    assert pixels(made).shape == (4 * height, 4 * width, 3)
    defaults = {key: parameter.default for key, parameter in Upscaler.parameters.items()}
    untiled = Upscaler().make(Picture.open(source), {**defaults, "tile": 512, "gpu": -1})
    target = made.with_name("untiled.png")
    target.write_bytes(untiled.data or b"")
    difference = np.abs(pixels(target).astype(int) - pixels(made).astype(int))
    target.unlink()
    assert difference.max() <= 1
    # The network adds detail; it does not change what the picture shows.
    shrunk = Image.fromarray(pixels(made)).resize((width, height), Image.Resampling.BOX)
    assert psnr(np.asarray(shrunk), pixels(source)) > 22


@pytest.mark.parametrize("image_id", PHOTOS)
def test_blurhash_resembles_the_photo(photos: TestLibrary, image_id: str) -> None:
    blurhash, width, height = photos.sql(
        "SELECT blurhash, width, height FROM blurhash_cache WHERE image_id = ? AND stage = 'web-optimized'", (image_id,)
    )[0]
    assert (width, height) == size_at_width(photos, image_id, 400)
    # Four by three waves can show no more than about this.
    coarse = Image.fromarray(photo(image_id)).resize((6, 5), Image.Resampling.BOX)
    picture = coarse.resize((32, 32), Image.Resampling.BICUBIC)
    own = psnr(draw_blurhash(blurhash, 32, 32), np.asarray(picture))
    others = [
        psnr(draw_blurhash(row[0], 32, 32), np.asarray(picture))
        for row in photos.sql("SELECT blurhash FROM blurhash_cache WHERE image_id <> ?", (image_id,))
    ]
    assert own > 16
    assert own > max(others)


def test_perceptual_hashes_are_those_of_the_photos(photos: TestLibrary) -> None:
    import imagehash

    for image_id, phash in photos.sql("SELECT image_id, phash FROM perceptual_hashes"):
        assert imagehash.hex_to_hash(phash) - imagehash.phash(Image.fromarray(photo(image_id))) <= 4


def test_parameters_say_how_it_was_made(photos: TestLibrary) -> None:
    artifact = next(a for a in photos.json("show", "chelsea")["artifacts"] if a["stage"] == "ersgan-enhanced")
    params = artifact["processing_params"]
    assert (params["model"], params["scale"], params["engine"]) == ("realesr-animevideov3", 4, "ncnn")
    assert {"engine_version", "tile", "device", "threads", "weights"} <= params.keys()
