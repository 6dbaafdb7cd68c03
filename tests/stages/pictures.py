"""Odd pictures for tests, generated."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from PIL.Image import Transpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

# Every format artpipe opens, each way of writing it that has its own decoder.
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {}),
    "jpeg": ("JPEG", {"quality": 90}),
    "jpeg-progressive": ("JPEG", {"quality": 90, "progressive": True}),
    "webp": ("WEBP", {"quality": 90}),
    "webp-lossless": ("WEBP", {"lossless": True}),
    "gif": ("GIF", {}),
    "bmp": ("BMP", {}),
    "tiff": ("TIFF", {}),
    "tiff-lzw": ("TIFF", {"compression": "tiff_lzw"}),
    "avif": ("AVIF", {"quality": 90, "speed": 10}),
    "jp2": ("JPEG2000", {}),
    "j2k": ("JPEG2000", {"no_jp2": True}),
    "ppm": ("PPM", {}),
}

# What a writer does to an upright picture so that this EXIF orientation makes it upright again.
_WRITTEN = {
    1: None,
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}


def encode(image: Image.Image, name: str, **options: Any) -> bytes:
    """The bytes of a file; `name` is a key of `FORMATS`."""
    format_, defaults = FORMATS[name]
    file = io.BytesIO()
    image.save(file, format_, **(defaults | options))
    return file.getvalue()


def scene(width: int = 64, height: int = 32) -> Image.Image:
    """Four flat quadrants (red, green over blue, yellow) on which every turn and flip shows."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (220, 20, 20)
    pixels[: height // 2, width // 2 :] = (20, 200, 20)
    pixels[height // 2 :, : width // 2] = (20, 20, 220)
    pixels[height // 2 :, width // 2 :] = (230, 220, 20)
    return Image.fromarray(pixels)


@cache
def photo(name: str = "astronaut") -> Image.Image:
    """A photograph out of scikit-image's wheel: astronaut, chelsea, coffee, rocket, retina."""
    from skimage import data

    return Image.fromarray(getattr(data, name)()).convert("RGB")


def oriented(image: Image.Image, orientation: int, name: str = "jpeg", **options: Any) -> bytes:
    """A file that looks like `image` once its EXIF orientation is applied."""
    step = _WRITTEN[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(image.transpose(step) if step is not None else image, name, exif=exif, **options)


def animated(name: str, frames: int = 3, size: tuple[int, int] = (24, 16)) -> bytes:
    colours = ["#cc2200", "#22cc00", "#0022cc", "#ccaa00"]
    first, *rest = [Image.new("RGB", size, colours[i % 4]) for i in range(frames)]
    return encode(first, name, save_all=True, append_images=rest, duration=80)


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    size: tuple[int, int],
    depth_and_type: tuple[int, int],
    rows: Sequence[bytes],
    chunks: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:
    """A PNG written chunk by chunk, for what Pillow would not write.

    Args:
        size: width and height as the header claims them.
        depth_and_type: bits a sample; 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA.
        rows: packed samples, without the filter byte.
        chunks: name and content of what stands before the pixels.
    """
    header = struct.pack(">IIBBBBB", *size, *depth_and_type, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    middle = b"".join(png_chunk(name, data) for name, data in chunks)
    body = png_chunk(b"IHDR", header) + middle + png_chunk(b"IDAT", packed)
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


def ycck_jpeg(colour: tuple[int, int, int]) -> bytes:
    """A flat CMYK JPEG with Adobe's transform 2: CMY stored as YCbCr, everything inverted, K empty.

    Pillow writes transform 0 only; the marker's byte is patched, and the samples are made to fit it.
    """
    stored = Image.new("RGB", (16, 16), tuple(255 - sample for sample in colour)).convert("YCbCr")
    empty = Image.new("L", (16, 16), 255)
    planes = [Image.eval(plane, lambda value: 255 - value) for plane in (*stored.split(), empty)]
    data = encode(Image.merge("CMYK", planes), "jpeg", quality=100)
    marker = data.index(b"Adobe")
    return data[: marker + 11] + b"\x02" + data[marker + 12 :]


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def icc(space: bytes, pcs: bytes, tags: Mapping[bytes, bytes], device: bytes = b"mntr") -> bytes:
    """An ICC profile, version 2.1 (ICC.1:2001-04), with no more than the given tags.

    Args:
        space: of the device: `RGB `, `GRAY`, `CMYK`.
        pcs: connection space: `XYZ `, `Lab `.
        tags: signature and content.
        device: class: `mntr` monitor, `prtr` printer.
    """
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        padded = content + b"\0" * (-len(content) % 4)
        table += name + struct.pack(">II", offset + len(body), len(content))
        body += padded
    white = _fixed(0.9642, 1.0, 0.8249)
    size = struct.pack(">I", 128 + len(table) + len(body))
    head = size + b"\0\0\0\0\x02\x10\0\0" + device + space + pcs + b"\0" * 12 + b"acsp" + b"\0" * 28 + white
    return head.ljust(128, b"\0") + table + body


def gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def rgb_profile(red: Sequence[float], green: Sequence[float], blue: Sequence[float], gamma: float) -> bytes:
    """A matrix profile; the primaries are XYZ relative to D50."""
    curve = gamma_curve(gamma)
    primaries = {b"rXYZ": red, b"gXYZ": green, b"bXYZ": blue, b"wtpt": (0.9642, 1.0, 0.8249)}
    tags = {name: b"XYZ \0\0\0\0" + _fixed(*value) for name, value in primaries.items()}
    return icc(b"RGB ", b"XYZ ", tags | {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


# Display P3's primaries, adapted to D50.
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def grey_profile(gamma: float) -> bytes:
    white = b"XYZ \0\0\0\0" + _fixed(0.9642, 1.0, 0.8249)
    return icc(b"GRAY", b"XYZ ", {b"wtpt": white, b"kTRC": gamma_curve(gamma)})


def cmyk_profile(inks: Mapping[tuple[int, int, int, int], tuple[float, float, float]]) -> bytes:
    """A printer profile: the Lab colour of each combination of full inks; those not given are black."""
    nodes = b""
    for index in range(16):
        ink = (index >> 3 & 1, index >> 2 & 1, index >> 1 & 1, index & 1)
        lightness, a, b = inks.get(ink, (0.0, 0.0, 0.0))
        nodes += bytes((round(lightness * 2.55), round(a + 128), round(b + 128)))
    ramp = bytes(range(256))
    matrix = _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + matrix + ramp * 4 + nodes + ramp * 3
    white = b"XYZ \0\0\0\0" + _fixed(0.9642, 1.0, 0.8249)
    return icc(b"CMYK", b"Lab ", {b"wtpt": white, b"A2B0": table, b"A2B1": table}, device=b"prtr")


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Likeness of two pictures of one size and mode, in decibels; 99 for equal ones."""
    first, second = (np.asarray(image, np.float64) for image in (one, other))
    assert first.shape == second.shape
    error = float(((first - second) ** 2).mean())
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))


def draw_blurhash(text: str, width: int, height: int) -> Pixels:
    """Decode a blurhash (github.com/woltapp/blurhash/blob/master/Algorithm.md)."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"

    def number(start: int, length: int) -> int:
        value = 0
        for letter in text[start : start + length]:
            value = value * 83 + digits.index(letter)
        return value

    down, across = divmod(number(0, 1), 9)
    greatest = (number(1, 1) + 1) / 166
    average = np.array([number(2, 4) >> shift & 255 for shift in (16, 8, 0)]) / 255
    light = [np.where(average <= 0.04045, average / 12.92, ((average + 0.055) / 1.055) ** 2.4)]
    for at in range(6, len(text), 2):
        steps = np.array([number(at, 2) // 19**place % 19 for place in (2, 1, 0)]) - 9
        light.append(np.sign(steps) * (steps / 9) ** 2 * greatest)
    factors = np.array(light).reshape(down + 1, across + 1, 3)
    rows = np.cos(np.pi * np.outer(np.arange(height) / height, np.arange(down + 1)))
    columns = np.cos(np.pi * np.outer(np.arange(width) / width, np.arange(across + 1)))
    linear = np.clip(np.einsum("yj,xi,jic->yxc", rows, columns, factors), 0, 1)
    levels = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    pixels: Pixels = np.rint(levels * 255).astype(np.uint8)
    return pixels


def see_through(image: Image.Image, mode: str = "RGBA") -> Image.Image:
    image = image.convert(mode)
    image.putalpha(Image.radial_gradient("L").resize(image.size))
    return image
