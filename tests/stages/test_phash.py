from __future__ import annotations

import re

import imagehash
import numpy as np
import pytest
from PIL import Image
from stages.pictures import encode, oriented, photo, scene

from artpipe.stages.imaging import Picture, fitted
from artpipe.stages.phash import PHash
from artpipe.stages.phash import encode as encode_hash

pytestmark = pytest.mark.usefixtures("engine")


def phash(data: bytes) -> str:
    return PHash().make(Picture(data), {}).values["phash"]


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_the_product_is_a_row_with_the_pictures_size() -> None:
    product = PHash().make(Picture(oriented(photo("coffee"), 6)), {})
    assert product.data is None
    assert (product.width, product.height) == (600, 400)
    assert re.fullmatch("[0-9a-f]{16}", product.values["phash"])


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "retina"])
def test_it_is_the_hash_others_compute_with_imagehash(name: str) -> None:
    picture = Picture(encode(photo(name), "png"))
    thumbnail = picture.scaled(fitted(photo(name).size, 400, 10_000))
    assert PHash().make(picture, {}).values["phash"] == str(imagehash.phash(thumbnail))
    assert distance(phash(encode(photo(name), "png")), str(imagehash.phash(photo(name)))) <= 2


def odd_pictures() -> list[Image.Image]:
    """Noise of all sizes, coarse blocks, and flat or symmetric pictures, where rounding decides about bits."""
    random = np.random.default_rng(1)
    noise = [random.integers(0, 256, (*random.integers(1, 60, 2), 3), dtype=np.uint8) for _ in range(60)]
    blocks = [np.kron(random.integers(0, 2, (4, 4, 1)) * 255, np.ones((15, 15, 3))).astype(np.uint8) for _ in range(40)]
    flat = [Image.new("RGB", (9, 7), colour) for colour in ("black", "white", "#010203", "red")]
    gradients = [Image.linear_gradient("L").convert("RGB"), Image.radial_gradient("L").convert("RGB")]
    return [*flat, *gradients, scene(), *map(Image.fromarray, [*noise, *blocks])]


def test_every_bit_is_that_of_imagehash() -> None:
    found = [encode_hash(image) for image in odd_pictures()]
    assert [hashed for hashed, _ in found] == [str(imagehash.phash(image)) for image in odd_pictures()]
    assert {encoder for _, encoder in found} == {"numpy", "imagehash"}


def test_it_shares_the_thumbnails_decode_and_reduction() -> None:
    picture = Picture(encode(photo("coffee"), "png"))
    thumbnail = picture.scaled((400, 267))
    PHash().make(picture, {})
    assert picture.scaled((400, 267)) is thumbnail


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_copies_are_near_and_other_pictures_far(name: str) -> None:
    original = phash(encode(photo(name), "png"))
    assert distance(original, phash(encode(photo(name).resize((300, 200)), "webp"))) <= 6
    assert distance(original, phash(oriented(photo(name).resize((1700, 1100)), 8, quality=60))) <= 6
    for other in ("astronaut", "chelsea", "coffee", "rocket"):
        if other != name:
            assert distance(original, phash(encode(photo(other), "png"))) > 14


def test_transparency_is_white() -> None:
    image = photo().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    flat = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    assert phash(encode(image, "png")) == phash(encode(flat, "png"))
