"""Pictures as the bytes of a file, the same bytes each time."""

from io import BytesIO

import numpy as np
from PIL import Image

QUALITY = 90
ORIENTATION = 0x0112
"""The EXIF tag that tells a viewer how to turn the picture."""


def jpeg(image: Image.Image) -> bytes:
    return _saved(image, "JPEG", quality=QUALITY, optimize=True)


def progressive_jpeg(image: Image.Image) -> bytes:
    return _saved(image, "JPEG", quality=QUALITY, progressive=True, optimize=True)


def jpeg_on_its_left_side(image: Image.Image) -> bytes:
    """Stored as a camera held upright stores it: EXIF orientation 6."""
    return _turned(image, Image.Transpose.ROTATE_90, 6)


def jpeg_on_its_right_side(image: Image.Image) -> bytes:
    """The camera held the other way round: EXIF orientation 8."""
    return _turned(image, Image.Transpose.ROTATE_270, 8)


def _turned(image: Image.Image, turn: Image.Transpose, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return _saved(image.transpose(turn), "JPEG", quality=QUALITY, optimize=True, exif=exif)


def cmyk_jpeg(image: Image.Image) -> bytes:
    """For the printer: what all three inks have in common is printed in black."""
    inks = 255 - np.asarray(image, dtype=np.float32)
    black = inks.min(axis=2)
    colours = (inks - black[..., None]) / np.maximum(255 - black, 1)[..., None] * 255
    planes = [Image.fromarray((plane + 0.5).astype(np.uint8)) for plane in (*np.moveaxis(colours, 2, 0), black)]
    return _saved(Image.merge("CMYK", planes), "JPEG", quality=QUALITY, optimize=True)


def broken_jpeg(image: Image.Image) -> bytes:
    """A download that stopped half-way."""
    whole = jpeg(image)
    return whole[: len(whole) // 2]


def png(image: Image.Image) -> bytes:
    """Keeps what the image has: transparency, 16 bits."""
    return _saved(image, "PNG", compress_level=4)


def webp(image: Image.Image) -> bytes:
    return _saved(image, "WEBP", quality=QUALITY, method=2)


def gif(image: Image.Image) -> bytes:
    """96 colours."""
    return _saved(image.quantize(96, dither=Image.Dither.NONE), "GIF")


def _saved(image: Image.Image, name: str, **options: int | bool | Image.Exif) -> bytes:
    buffer = BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()
