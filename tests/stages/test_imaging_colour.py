from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from stages.pictures import (
    P3,
    cmyk_profile,
    encode,
    grey_profile,
    photo,
    png,
    png_chunk,
    psnr,
    rgb_profile,
    scene,
    ycck_jpeg,
)

from artpipe.stages.imaging import Picture

pytestmark = pytest.mark.usefixtures("engine")

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def pixels(data: bytes) -> Any:
    return np.asarray(Picture(data).full()).astype(int)


def near(found: Any, wanted: tuple[int, ...], tolerance: int = 3) -> bool:
    return bool(np.abs(np.asarray(found, int) - np.asarray(wanted)).max() <= tolerance)


@pytest.mark.parametrize("name", ["jpeg", "tiff", "tiff-lzw"])
@pytest.mark.parametrize(
    ("ink", "colour"),
    [
        ((0, 255, 255, 0), (255, 0, 0)),
        ((255, 0, 255, 0), (0, 255, 0)),
        ((0, 0, 0, 0), (255, 255, 255)),
        ((0, 0, 0, 255), (0, 0, 0)),
    ],
)
def test_cmyk_inks_have_their_colours(name: str, ink: tuple[int, ...], colour: tuple[int, ...]) -> None:
    found = pixels(encode(Image.new("CMYK", (16, 16), ink), name))
    assert near(found[8, 8], colour)


@pytest.mark.parametrize("colour", [(230, 20, 30), (20, 200, 40), (30, 40, 220), (255, 255, 255), (0, 0, 0)])
def test_ycck_jpegs_have_their_colours(colour: tuple[int, int, int]) -> None:
    assert near(pixels(ycck_jpeg(colour))[8, 8], colour, 4)


def test_a_cmyk_profile_decides_what_inks_look_like() -> None:
    # A press whose cyan is a green, and whose paper is white: nothing that could be guessed.
    profile = cmyk_profile({(0, 0, 0, 0): (100, 0, 0), (1, 0, 0, 0): (87.7, -86, 83)})
    data = encode(Image.new("CMYK", (16, 16), (255, 0, 0, 0)), "tiff", icc_profile=profile)
    assert near(pixels(data)[8, 8], (0, 255, 0), 12)
    paper = encode(Image.new("CMYK", (16, 16)), "jpeg", icc_profile=profile)
    assert near(pixels(paper)[8, 8], (255, 255, 255))


def srgb_of_p3(colour: tuple[int, int, int], gamma: float) -> tuple[int, ...]:
    to_xyz = np.array(P3).T
    from_xyz = np.linalg.inv([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
    light = np.clip(from_xyz @ to_xyz @ (np.array(colour) / 255) ** gamma, 0, 1)
    levels = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return tuple(int(level) for level in np.rint(levels * 255))


@pytest.mark.parametrize("colour", [(200, 100, 100), (60, 160, 90), (128, 128, 128), (250, 250, 250)])
@pytest.mark.parametrize("name", ["png", "jpeg", "webp-lossless", "tiff", "avif"])
def test_wide_gamut_profiles_are_converted(name: str, colour: tuple[int, int, int]) -> None:
    data = encode(Image.new("RGB", (16, 16), colour), name, icc_profile=rgb_profile(*P3, gamma=2.2))
    assert near(pixels(data)[8, 8], srgb_of_p3(colour, 2.2))


def test_profiles_that_swap_colours_swap_them() -> None:
    red, green, blue = P3
    data = encode(Image.new("RGB", (8, 8), (255, 0, 0)), "png", icc_profile=rgb_profile(green, red, blue, 2.2))
    assert near(pixels(data)[4, 4], (0, 255, 0), 5)


def test_profiles_leave_alpha_alone() -> None:
    image = Image.new("RGBA", (8, 8), (200, 100, 100, 77))
    data = encode(image, "png", icc_profile=rgb_profile(*P3, gamma=2.2))
    assert near(pixels(data)[4, 4], (*srgb_of_p3((200, 100, 100), 2.2), 77))


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_profiles_are_converted(mode: str) -> None:
    image = Image.new("L", (8, 8), 64)
    if mode == "LA":
        image.putalpha(99)
    found = pixels(encode(image, "png", icc_profile=grey_profile(1.0)))[4, 4]
    assert near(found, (137, 137, 137, 99)[: 4 if mode == "LA" else 3], 1)  # 64/255 of light is level 137


@pytest.mark.parametrize("name", ["png", "jpeg"])
@pytest.mark.parametrize("profile", [SRGB, b"", b"garbage", SRGB[:200], grey_profile(1.0), cmyk_profile({})])
def test_srgb_broken_and_unfitting_profiles_change_nothing(name: str, profile: bytes) -> None:
    image = photo().resize((64, 64))
    with_profile = encode(image, name, icc_profile=profile)
    without = encode(image, name)
    assert Picture(with_profile).full().tobytes() == Picture(without).full().tobytes()


def test_profiles_that_mean_srgb_cost_nothing() -> None:
    from artpipe.stages.colour import _transform

    assert _transform(SRGB, "RGB") is None
    assert _transform(rgb_profile(*P3, gamma=2.2), "RGB") is not None


def test_profiles_are_applied_to_reduced_pictures_too() -> None:
    data = encode(Image.new("RGB", (160, 160), (200, 100, 100)), "jpeg", icc_profile=rgb_profile(*P3, 2.2))
    found = np.asarray(Picture(data).reduced(10)).astype(int)
    assert found.shape == (20, 20, 3)
    assert near(found[5, 5], srgb_of_p3((200, 100, 100), 2.2))


RAMP16 = np.linspace(0, 65535, 4096).astype(np.uint16).reshape(16, 256)


def is_full_ramp(found: Any) -> bool:
    line = found[..., 0].reshape(-1)
    grey = (found[..., 0] == found[..., 1]).all() and (found[..., 0] == found[..., 2]).all()
    even = abs(line[len(line) // 2] - 127.5) <= 1 and (np.diff(line) >= 0).all()
    return bool(grey and even and line[0] == 0 and line[-1] == 255 and len(set(line)) == 256)


def pgm16(values: Any) -> bytes:
    return b"P5 256 16 65535\n" + bytes(values.astype(">u2").tobytes())


def tiff16_big_endian(values: Any) -> bytes:
    """One strip of 16-bit grey, most significant byte first (mode I;16B); Pillow writes the other order."""
    body = bytes(values.astype(">u2").tobytes())
    tags = [
        (256, 256),
        (257, 16),
        (258, 16),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, 16),
        (279, len(body)),
    ]
    entries = b"".join(struct.pack(">HHII", tag, 4, 1, value) for tag, value in tags)
    return b"MM\0*" + struct.pack(">I", 8 + len(body)) + body + struct.pack(">H", 9) + entries + b"\0\0\0\0"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png((256, 16), (16, 0), [row.astype(">u2").tobytes() for row in RAMP16]), id="png"),
        pytest.param(pgm16(RAMP16), id="pgm, mode I"),
        pytest.param(encode(Image.fromarray(RAMP16), "tiff"), id="tiff, I;16"),
        pytest.param(tiff16_big_endian(RAMP16), id="tiff, I;16B"),
        pytest.param(encode(Image.fromarray(RAMP16.astype(np.int32)), "tiff"), id="tiff, 32 bits"),
        pytest.param(encode(Image.fromarray((RAMP16 / 65535).astype(np.float32)), "tiff"), id="tiff, float"),
        pytest.param(encode(Image.fromarray(RAMP16.astype(np.float32) - 700), "tiff"), id="float, any range"),
        pytest.param(encode(Image.fromarray(RAMP16.astype(np.int32) * 9 - 5), "tiff"), id="32 bits, any range"),
        pytest.param(encode(Image.fromarray(RAMP16.astype(np.int32) * 9), "tiff"), id="32 bits, positive"),
        pytest.param(encode(Image.fromarray(RAMP16.astype(np.int32) // 2 - 5000), "tiff"), id="32 bits, small"),
    ],
)
def test_deep_greys_are_scaled_not_clipped(data: bytes) -> None:
    assert is_full_ramp(pixels(data))


def test_sixteen_bits_are_rounded_to_the_nearest_of_eight() -> None:
    values = np.array([0, 128, 129, 257 * 100 + 128, 257 * 100 + 129, 65407], np.uint16)
    found = pixels(png((6, 1), (16, 0), [values.astype(">u2").tobytes()]))
    assert found[0, :, 0].tolist() == [0, 0, 1, 100, 101, 255]


def test_a_dark_sixteen_bit_picture_stays_dark() -> None:
    values = np.full((1, 4), 2000, np.uint16)
    assert pixels(png((4, 1), (16, 0), [values.astype(">u2").tobytes()]))[0, 0].tolist() == [8, 8, 8]


def test_floats_that_are_no_numbers_do_not_spoil_the_others() -> None:
    values = np.array([[0.0, 0.5, 1.0, np.nan, np.inf, -np.inf]], np.float32)
    found = pixels(encode(Image.fromarray(values), "tiff"))[0, :, 0].tolist()
    assert found == [0, 128, 255, 0, 255, 0]
    assert pixels(encode(Image.fromarray(np.full((1, 2), np.nan, np.float32)), "tiff")).max() == 0
    assert pixels(encode(Image.fromarray(np.full((1, 2), 0.25, np.float32)), "tiff")).max() == 64
    assert pixels(encode(Image.fromarray(np.full((1, 2), 7.5, np.float32)), "tiff")).max() == 0


def test_sixteen_bit_colour_keeps_its_range() -> None:
    rows = [np.repeat(row, 3).astype(">u2").tobytes() for row in RAMP16]
    assert is_full_ramp(pixels(png((256, 16), (16, 2), rows)))


def test_sixteen_bit_alpha_is_kept() -> None:
    row = struct.pack(">8H", 65535, 0, 0, 65535, 0, 65535, 0, 32768)
    assert pixels(png((2, 1), (16, 6), [row]))[0].tolist() == [[255, 0, 0, 255], [0, 255, 0, 128]]
    grey = struct.pack(">4H", 65535, 65535, 25700, 0)
    assert pixels(png((2, 1), (16, 4), [grey]))[0].tolist() == [[255, 255, 255, 255], [100, 100, 100, 0]]


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_transparent_grey_is_transparent_at_every_depth(depth: int) -> None:
    samples = {1: b"\x80", 2: b"\x40", 4: b"\x10", 8: b"\x01\x00", 16: b"\x00\x01\x00\x00"}[depth]  # 1, 0
    found = pixels(png((2, 1), (depth, 0), [samples], [(b"tRNS", b"\0\1")]))
    assert found[0, :, 3].tolist() == [0, 255]
    assert found[0, 0, 0] == {1: 255, 2: 85, 4: 17, 8: 1, 16: 0}[depth]


@pytest.mark.parametrize("depth", [8, 16])
def test_a_transparent_colour_is_transparent(depth: int) -> None:
    code = ">6B" if depth == 8 else ">6H"
    colours = (0x12, 0x34, 0x56, 0x12, 0x34, 0x57)
    samples = colours if depth == 8 else [value * 256 + 7 for value in colours]
    key = struct.pack(">3H", *samples[:3])
    found = pixels(png((2, 1), (depth, 2), [struct.pack(code, *samples)], [(b"tRNS", key)]))
    assert found[0].tolist() == [[0x12, 0x34, 0x56, 0], [0x12, 0x34, 0x57, 255]]


PALETTE = (b"PLTE", bytes((200, 10, 20, 10, 200, 20, 10, 20, 200)))


def test_palettes_without_transparency_are_rgb() -> None:
    picture = Picture(png((3, 1), (8, 3), [b"\0\1\2"], [PALETTE]))
    assert not picture.has_alpha
    assert np.asarray(picture.full())[0].tolist() == [[200, 10, 20], [10, 200, 20], [10, 20, 200]]


@pytest.mark.parametrize("alphas", [b"\x00", b"\xff\x00", b"\x50\xff\x00"])
def test_palettes_keep_their_transparency(alphas: bytes) -> None:
    found = pixels(png((3, 1), (8, 3), [b"\0\1\2"], [PALETTE, (b"tRNS", alphas)]))
    assert found[0, :, 3].tolist() == [*alphas.ljust(3, b"\xff")]
    assert found[0, :, 0].tolist() == [200, 10, 10]


def test_gif_transparency_is_kept() -> None:
    image = Image.new("P", (4, 1))
    image.putpalette([200, 10, 20, 10, 200, 20])
    image.putpixel((1, 0), 1)
    found = pixels(encode(image, "gif", transparency=1))
    assert found[0, :, 3].tolist() == [255, 0, 255, 255]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "La", "RGBa", "PA", "P", "HSV", "YCbCr", "RGBX", "LAB"])
def test_every_mode_becomes_rgb_of_the_same_look(mode: str) -> None:
    from artpipe.stages.colour import to_srgb

    grey = Image.linear_gradient("L").resize((32, 32))
    if mode == "LAB":
        transform = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
        source = transform.apply(grey.convert("RGB"))
        del source.info["icc_profile"]
    else:
        step = {"La": "LA", "RGBa": "RGBA", "PA": "LA", "HSV": "RGB", "YCbCr": "RGB", "RGBX": "RGB"}.get(mode, "L")
        source = grey.convert(step).convert(mode)
    found = to_srgb(source)
    assert found.mode == "RGB"
    wanted = source.convert("L") if mode == "1" else grey
    assert psnr(found, wanted.convert("RGB")) > 38


def test_bilevel_pictures_are_black_and_white() -> None:
    assert pixels(png((8, 1), (1, 0), [b"\xa5"]))[0, :, 0].tolist() == [255, 0, 255, 0, 0, 255, 0, 255]


def test_what_the_reader_is_shown_is_not_changed_by_a_text_behind_the_pixels() -> None:
    data = encode(scene(), "png")
    later = data[:-12] + png_chunk(b"tEXt", b"Comment\0late") + data[-12:]
    assert Picture(later).full().tobytes() == Picture(data).full().tobytes()
    assert Picture(later).full().info == {}
