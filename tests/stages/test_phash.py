from __future__ import annotations

import re

import imagehash
import pytest
from PIL import Image
from stages.pictures import encode, oriented, photo

from artpipe.stages.imaging import Picture
from artpipe.stages.phash import PHash


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
    data = encode(photo(name), "png")
    assert phash(data) == str(imagehash.phash(photo(name)))


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
