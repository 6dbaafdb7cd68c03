"""Transparency survives upscaling without a fringe."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from stages.pictures import encode, photo

from artpipe.stages.imaging import Picture
from artpipe.stages.upscale.alpha import bleed, enlarge
from artpipe.stages.upscale.maker import Upscaler

Pixels = NDArray[np.uint8]
PARAMS = {key: parameter.default for key, parameter in Upscaler.parameters.items()} | {"threads": 1}


UPSCALER = Upscaler()


def upscaled(pixels: Pixels) -> tuple[str, NDArray[np.int16]]:
    product = UPSCALER.make(Picture(encode(Image.fromarray(pixels), "png")), PARAMS)
    assert product.data is not None
    image = Image.open(io.BytesIO(product.data))
    return image.mode, np.asarray(image).astype(np.int16)


def disc(colour: tuple[int, int, int], size: int = 48) -> Pixels:
    """A smooth-edged disc on transparent black, as drawing programs save it."""
    large = Image.new("L", (size * 4, size * 4), 0)
    ImageDraw.Draw(large).ellipse((size, size, size * 3, size * 3), fill=255)
    alpha = np.asarray(large.resize((size, size), Image.Resampling.BOX))
    pixels = np.zeros((size, size, 4), np.uint8)
    pixels[alpha > 0, :3] = colour
    pixels[:, :, 3] = alpha
    return pixels


@pytest.mark.parametrize("colour", [(220, 30, 30), (240, 240, 235)])
def test_the_edge_of_a_disc_keeps_its_colour(colour: tuple[int, int, int]) -> None:
    mode, pixels = upscaled(disc(colour))
    alpha = pixels[:, :, 3]
    edge = (alpha > 0) & (alpha < 255)
    assert mode == "RGBA"
    assert edge.sum() > 500
    assert abs(pixels[edge][:, :3] - np.array(colour)).max() <= 10
    assert alpha[96, 96] == 255
    assert alpha[:8].max() == 0


def test_an_opaque_picture_loses_its_alpha_channel() -> None:
    pixels = np.dstack([np.asarray(photo("astronaut"))[:20, :20], np.full((20, 20), 255, np.uint8)])
    mode, result = upscaled(pixels)
    assert (mode, result.shape) == ("RGB", (80, 80, 3))


def test_one_almost_opaque_pixel_keeps_it() -> None:
    pixels = np.dstack([np.asarray(photo("astronaut"))[:20, :20], np.full((20, 20), 255, np.uint8)])
    pixels[5, 5, 3] = 254
    mode, result = upscaled(pixels)
    assert (mode, result.shape) == ("RGBA", (80, 80, 4))
    assert (result[40:, 40:, 3] == 255).all()


def test_a_wholly_transparent_picture() -> None:
    mode, result = upscaled(np.zeros((9, 7, 4), np.uint8))
    assert mode == "RGBA"
    assert result[:, :, 3].max() == 0


def test_bleeding_fills_holes_with_neighbouring_colours_only() -> None:
    pixels = np.zeros((17, 23, 4), np.uint8)
    pixels[:, :9] = (200, 40, 60, 255)
    pixels[:, 14:] = (200, 40, 60, 3)
    assert (bleed(pixels) == (200, 40, 60)).all()


def test_bleeding_leaves_visible_colours_alone() -> None:
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (21, 34, 4), dtype=np.uint8)
    pixels[:, :, 3] *= random.integers(0, 2, (21, 34), dtype=np.uint8)
    seen = pixels[:, :, 3] > 0
    assert 0 < seen.sum() < seen.size
    assert np.array_equal(bleed(pixels)[seen], pixels[seen][:, :3])


def test_a_hole_is_filled_with_the_alpha_weighted_mean() -> None:
    pixels = np.array([[[255, 0, 0, 200], [0, 255, 0, 100]], [[0, 0, 0, 0], [0, 0, 0, 0]]], np.uint8)
    assert bleed(pixels)[1].tolist() == [[170, 85, 0], [170, 85, 0]]


def test_a_soft_shadow_stays_soft() -> None:
    ramp = np.tile(np.linspace(0, 255, 60).astype(np.uint8), (20, 1))
    large = enlarge(ramp, 4).astype(np.int16)
    assert large.shape == (80, 240)
    assert abs(np.diff(large, axis=1)).max() <= 2
