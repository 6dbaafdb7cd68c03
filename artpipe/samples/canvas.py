"""What every scene paints with: coordinates, palettes, light."""

from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Field: TypeAlias = NDArray[np.floating[Any]]
"""Height x width (one value a pixel), or height x width x 3 for a picture: red, green, blue in 0..1."""


def plane(width: int, height: int) -> tuple[Field, Field]:
    """Centred coordinates: y grows downwards from -1 to 1, x has the same unit; together they broadcast."""
    x = (np.arange(width, dtype=np.float32) + 0.5) * (2 / height) - width / height
    y = (np.arange(height, dtype=np.float32) + 0.5) * (2 / height) - 1
    return x[None, :], y[:, None]


def near(x: Field, y: Field, cx: float, cy: float, reach: float) -> tuple[slice, slice]:
    """The rows and columns of a square around a place, to paint in a small part of a large picture."""
    rows = np.searchsorted(y[:, 0], (cy - reach, cy + reach))
    columns = np.searchsorted(x[0], (cx - reach, cx + reach))
    return slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1]))


def patch(picture: Field, x: float, y: float, reach: int) -> tuple[Field, Field, Field]:
    """The part of a picture within `reach` pixels of a place, and how far right and below of it each pixel is."""
    top, left = max(0, int(y) - reach), max(0, int(x) - reach)
    part = picture[top : max(0, int(y) + reach + 1), left : max(0, int(x) + reach + 1)]
    across = np.arange(left, left + part.shape[1], dtype=np.float32) + 0.5 - x
    below = np.arange(top, top + part.shape[0], dtype=np.float32) + 0.5 - y
    return part, across[None, :], below[:, None]


def smooth(low: float | Field, high: float | Field, value: Field) -> Field:
    """0 below `low`, 1 above `high`, an S between; `low` may be the larger one."""
    t: Field = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def colour(code: str) -> Field:
    """Three values of 0..1 for a code such as ff8800."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)], dtype=np.float32)


def ramp(value: Field, codes: str) -> Field:
    """Colours for values of 0..1 from evenly spaced stops, written as codes between blanks."""
    return np.take(_table(codes), np.clip(value * 1023, 0, 1023).astype(np.int32), axis=0)


def descent(width: int, height: int, codes: str, share: float = 1) -> Field:
    """Colours from the top down; the last one is reached at this share of the height."""
    down = (np.arange(height, dtype=np.float32) + 0.5) / (height * share)
    return np.repeat(ramp(down, codes)[:, None], width, axis=1)


@cache
def _table(codes: str) -> Field:
    stops = np.stack([colour(code) for code in codes.split()])
    at = np.linspace(0, len(stops) - 1, 1024)
    channels = [np.interp(at, np.arange(len(stops)), channel) for channel in stops.T]
    return np.stack(channels, axis=-1).astype(np.float32)


def mix(below: Field, above: Field, share: float | Field) -> Field:
    """`share` of `above` over `below`, the same for all three colours; one share, or one a pixel."""
    part = share[..., None] if isinstance(share, np.ndarray) else share
    return below + (above - below) * part


def tinted(strength: Field, hue: Field | tuple[float, float, float]) -> Field:
    """A picture of one hue, as strong as a field says; linear light may exceed 1."""
    return strength[..., None] * np.asarray(hue, dtype=np.float32)


def screen(below: Field, light: Field) -> Field:
    """Add light without ever burning out."""
    return 1 - (1 - below) * (1 - np.clip(light, 0, 1))


def expose(light: Field, exposure: float = 1.0) -> Field:
    """Linear light of any strength as a camera would show it."""
    caught: Field = 1 - np.exp(-exposure * np.maximum(light, 0))
    return np.power(caught, np.float32(1 / 2.2))


def blur(picture: Field, radius: float) -> Field:
    """Gaussian blur through 8 bits: meant for glows and mist."""
    sharp = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    return np.asarray(sharp.filter(ImageFilter.GaussianBlur(radius))).astype(np.float32) / 255


def finish(picture: Field, rng: np.random.Generator, grain: float = 0.6) -> Image.Image:
    """An 8-bit image; a grain of about one step keeps skies free of bands."""
    height, width = picture.shape[:2]
    noise = rng.standard_normal((height, width, 1), dtype=np.float32) * grain if grain else 0.0
    return Image.fromarray(np.clip(picture * 255 + noise + 0.5, 0, 255).astype(np.uint8))


def halve(picture: Field) -> Field:
    """Half the size, each pixel the mean of four: what makes edges smooth."""
    columns = picture[:, 0::2] + picture[:, 1::2]
    return (columns[0::2] + columns[1::2]) * 0.25
