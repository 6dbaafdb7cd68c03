"""What libvips scales, beside what Pillow makes of the same."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from stages.engines import using
from stages.pictures import (
    P3,
    encode,
    grey_profile,
    oriented,
    photo,
    psnr,
    rgb_profile,
    see_through,
    ycck_jpeg,
)

from artpipe.stages.imaging import Picture

pytest.importorskip("pyvips")

PHOTOS = ("astronaut", "chelsea", "coffee", "rocket", "retina")
SMALL = photo("coffee").resize((90, 61))


def scaled(data: bytes, size: tuple[int, int], engine: str) -> tuple[Image.Image, str]:
    with using(engine):
        picture = Picture(data)
        return picture.scaled(size), picture.engines(size)["scaler"]


@pytest.mark.parametrize("factor", [1.1, 1.5, 2, 2.56, 3, 3.9])
@pytest.mark.parametrize("name", PHOTOS)
def test_photographs_are_scaled_like_pillow_does(name: str, factor: float) -> None:
    source = photo(name).resize((801, 603))
    size = round(801 / factor), round(603 / factor)
    found, scaler = scaled(encode(source, "png"), size, "libvips")
    assert scaler == "libvips"
    assert psnr(found, source.resize(size, Image.Resampling.LANCZOS)) > 50


@pytest.mark.parametrize("factor", [4, 4.5, 10])
def test_pillow_scales_down_far_and_little_pictures(factor: float) -> None:
    size = round(1600 / factor), round(1200 / factor)
    data = encode(photo().resize((1600, 1200)), "tiff")
    assert scaled(data, size, "libvips") == scaled(data, size, "pillow")
    assert scaled(data, size, "libvips")[1] == "pillow"
    assert scaled(encode(SMALL, "png"), (60, 40), "libvips")[1] == "pillow"
    assert scaled(encode(photo(), "png"), photo().size, "libvips")[1] == "pillow"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["jpeg", "jpeg-progressive", "webp", "png"])
def test_turned_pictures_are_scaled_like_pillow_does(name: str, orientation: int) -> None:
    data = oriented(photo("coffee"), orientation, name)
    found, scaler = scaled(data, (301, 199), "libvips")
    assert scaler == "libvips"
    assert psnr(found, scaled(data, (301, 199), "pillow")[0]) > 50


CMYK = {
    "cmyk jpeg": encode(photo().convert("CMYK"), "jpeg"),
    "ycck jpeg": ycck_jpeg((30, 40, 220)),
    "cmyk tiff": encode(photo().convert("CMYK"), "tiff"),
    "wide gamut jpeg": encode(photo(), "jpeg", icc_profile=rgb_profile(*P3, gamma=2.2)),
    "grey jpeg": encode(photo().convert("L"), "jpeg", icc_profile=grey_profile(1.4)),
}


@pytest.mark.parametrize("name", CMYK)
def test_other_colours_are_scaled_like_pillow_does(name: str) -> None:
    first, second = (
        scaled(CMYK[name], (15, 15) if "ycck" in name else (200, 200), engine)[0] for engine in ("libvips", "pillow")
    )
    assert psnr(first, second) > 50


@pytest.mark.parametrize("size", [(1, 300_000), (300_000, 1), (3, 100_000), (100_000, 3)])
def test_pillow_scales_very_narrow_pictures(size: tuple[int, int]) -> None:
    data = encode(photo().convert("L").resize(size), "png")
    wanted = max(1, size[0] // 3), max(1, size[1] // 3)
    assert scaled(data, wanted, "libvips") == scaled(data, wanted, "pillow")


@pytest.mark.parametrize("size", [(48, 30_000), (30_000, 48)])
def test_narrow_pictures_are_scaled_like_pillow_does(size: tuple[int, int]) -> None:
    data = encode(photo().convert("L").resize(size), "png")
    wanted = size[0] // 3, size[1] // 3
    found, scaler = scaled(data, wanted, "libvips")
    assert (found.size, scaler) == (wanted, "libvips")
    assert psnr(found, scaled(data, wanted, "pillow")[0]) > 45


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 0, 0), (0, 255, 0)])
def test_no_hidden_colour_shows_at_an_edge(hidden: tuple[int, int, int]) -> None:
    y, x = np.mgrid[:600, :600]
    inside = (x - 300) ** 2 + (y - 300) ** 2 < 200**2
    disc = Image.fromarray(np.where(inside[..., None], 255, np.array([*hidden, 0])).astype(np.uint8))
    found, scaler = scaled(encode(disc, "png"), (211, 211), "libvips")
    pixels = np.asarray(found).astype(int)
    edge = pixels[(pixels[..., 3] > 30) & (pixels[..., 3] < 225)]
    assert scaler == "libvips"
    assert len(edge) > 200
    assert edge[:, :3].min() > 250
    assert pixels[0, 0, 3] == 0
    alpha = (image.getchannel("A") for image in (found, scaled(encode(disc, "png"), (211, 211), "pillow")[0]))
    assert psnr(*alpha) > 45


def test_soft_alpha_is_scaled_like_pillow_does() -> None:
    data = encode(see_through(photo().resize((700, 700))), "png")
    first, second = (scaled(data, (300, 300), engine)[0] for engine in ("libvips", "pillow"))
    assert first.mode == second.mode == "RGBA"
    over = (Image.alpha_composite(Image.new("RGBA", (300, 300), "#336699"), image) for image in (first, second))
    assert psnr(*over) > 48
