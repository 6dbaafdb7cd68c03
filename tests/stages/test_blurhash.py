from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from stages.pictures import draw_blurhash, encode, oriented, photo, psnr, scene

from artpipe.stages.blurhash import BlurHash, encode_with_numpy
from artpipe.stages.blurhash import encode as encode_blurhash
from artpipe.stages.imaging import Picture

if TYPE_CHECKING:
    from artpipe.stages.stage import ParameterValue, Product

pytestmark = pytest.mark.usefixtures("engine")

DEFAULTS = {key: parameter.default for key, parameter in BlurHash.parameters.items()}


def hashed(data: bytes, **changes: ParameterValue) -> Product:
    return BlurHash().make(Picture(data), DEFAULTS | changes)


def text_of(data: bytes, **changes: ParameterValue) -> str:
    return hashed(data, **changes).values["blurhash"]


def test_the_product_is_a_row_with_the_pictures_size() -> None:
    product = hashed(oriented(photo("coffee"), 6))
    assert product.data is None
    assert (product.width, product.height) == (600, 400)
    assert list(product.values) == ["blurhash"]
    assert len(product.values["blurhash"]) == 6 + 2 * (4 * 3 - 1)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "retina"])
def test_the_drawn_hash_resembles_the_photo(name: str) -> None:
    drawn = Image.fromarray(draw_blurhash(text_of(encode(photo(name), "jpeg")), 32, 32))
    blurred = photo(name).resize((4, 3), Image.Resampling.BOX).resize((32, 32), Image.Resampling.BICUBIC)
    others = [other for other in ("astronaut", "chelsea", "coffee", "rocket", "retina") if other != name]
    assert psnr(drawn, blurred) > 16
    assert all(psnr(drawn, blurred) > psnr(drawn, photo(other).resize((32, 32))) for other in others)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "retina"])
def test_reducing_first_costs_little_likeness(name: str) -> None:
    whole = encode_with_numpy(photo(name).resize((400, 300)), 4, 3)
    reduced = text_of(encode(photo(name).resize((400, 300)), "png"))
    drawings = [Image.fromarray(draw_blurhash(text, 32, 32)) for text in (whole, reduced)]
    assert psnr(*drawings) > 27


def test_a_known_picture_has_a_known_hash() -> None:
    assert text_of(encode(Image.new("RGB", (8, 8), (255, 0, 0)), "png"), components_x=1, components_y=1) == "00TI:j"
    assert text_of(encode(scene(), "png")) == text_of(encode(scene(), "bmp"))


def test_components_are_used() -> None:
    data = encode(photo(), "png")
    for across, down in ((1, 1), (9, 9), (5, 2)):
        text = text_of(data, components_x=across, components_y=down)
        assert len(text) == 4 + 2 * across * down
    assert text_of(data, sample=16) != text_of(data, sample=100)


def test_transparency_is_white() -> None:
    clear = Image.new("RGBA", (40, 20), (255, 0, 0, 0))
    assert text_of(encode(clear, "png")) == text_of(encode(Image.new("RGB", (40, 20), "white"), "png"))


def test_numpy_stands_in_for_blurhash_python(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(photo(), "png")
    usual = hashed(data)
    monkeypatch.setitem(sys.modules, "blurhash", None)
    substitute = hashed(data)
    assert substitute.values == usual.values
    assert substitute.how == {"encoder": "numpy"}


both = pytest.mark.skipif(sys.version_info >= (3, 13), reason="blurhash-python has no wheel for this Python")


@both
def test_blurhash_python_is_used_where_it_is_installed() -> None:
    assert hashed(encode(scene(), "png")).how == {"encoder": "blurhash-python"}


@both
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "retina"])
@pytest.mark.parametrize("size", [(64, 64), (64, 43), (17, 99)])
def test_both_encoders_give_the_same_characters(name: str, size: tuple[int, int]) -> None:
    image = photo(name).resize(size)
    for components in ((4, 3), (9, 9), (1, 5)):
        assert encode_with_numpy(image, *components) == encode_blurhash(image, *components)[0]


@both
@settings(max_examples=150, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 9), st.integers(1, 9), st.data())
def test_both_encoders_agree_on_anything(width: int, height: int, across: int, down: int, data: st.DataObject) -> None:
    levels = data.draw(st.sampled_from([[0, 255], [255], [0, 1, 2], [10, 128, 250], None]))
    if levels is None:
        raw = data.draw(st.binary(min_size=width * height * 3, max_size=width * height * 3))
    else:
        size = width * height * 3
        raw = bytes(data.draw(st.lists(st.sampled_from(levels), min_size=size, max_size=size)))
    image = Image.fromarray(np.frombuffer(raw, np.uint8).reshape(height, width, 3))
    assert encode_with_numpy(image, across, down) == encode_blurhash(image, across, down)[0]


def test_both_encoders_give_what_they_always_gave() -> None:
    expected = "L*J7{gUre?p9e%]go0JVaxoIjta}"
    assert encode_with_numpy(scene(64, 32), 4, 3) == expected
    assert encode_blurhash(scene(64, 32), 4, 3)[0] == expected
