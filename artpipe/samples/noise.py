"""Random textures that repeat without a seam."""

import numpy as np
from numpy.typing import NDArray

from artpipe.samples.canvas import Field

STACK = 3
"""Dimensions of several tiles, one upon the other."""


def clouds(
    rng: np.random.Generator,
    width: int,
    height: int,
    slope: float = 1.8,
    largest: float = 0.5,
    stretch: float = 1,
) -> Field:
    """Fractal noise of mean 0 and deviation 1.

    Args:
        rng: where the randomness comes from.
        width: in pixels.
        height: in pixels.
        slope: the steeper the softer.
        largest: size of the largest shapes, in picture heights.
        stretch: how many times wider than high the shapes are.
    """
    across, down = _frequencies(width, height)
    squared = (across * stretch) ** 2 + down**2
    return _from_spectrum(rng, width, height, (squared + 1 / largest**2) ** (-slope / 2))


def band(rng: np.random.Generator, size: int, frequency: float) -> Field:
    """Square noise whose shapes all have about one size: `frequency` of them fit side by side."""
    across, down = _frequencies(size, size)
    octaves = np.log2(np.sqrt(across**2 + down**2) / frequency + 1e-6)
    return _from_spectrum(rng, size, size, np.exp(-4 * octaves**2))


def _frequencies(width: int, height: int) -> tuple[Field, Field]:
    across = np.fft.rfftfreq(width).astype(np.float32) * height
    down = np.fft.fftfreq(height).astype(np.float32) * height
    return across[None, :], down[:, None]


def _from_spectrum(rng: np.random.Generator, width: int, height: int, strength: Field) -> Field:
    parts = rng.standard_normal((2, *strength.shape), dtype=np.float32) * strength
    parts[:, 0, 0] = 0
    field: Field = np.fft.irfft2(parts[0] + 1j * parts[1], s=(height, width)).astype(np.float32)
    field /= field.std()
    return field


def lookup(tile: Field, x: Field, y: Field) -> Field:
    """The values of a tile (or of several, stacked last) at any places, in units of the repeating tile."""
    height, width = tile.shape[:2]
    left, right, share_x = _neighbours(x, width)
    upper, lower, share_y = _neighbours(y, height)
    flat = tile.reshape(height * width, -1) if tile.ndim == STACK else tile.ravel()
    if tile.ndim == STACK:
        share_x, share_y = share_x[..., None], share_y[..., None]
    rows: list[Field] = []
    for row in (upper * width, lower * width):
        first, second = (flat.take(row + column, axis=0, mode="clip") for column in (left, right))
        rows.append(first + (second - first) * share_x)
    return rows[0] + (rows[1] - rows[0]) * share_y


def line(rng: np.random.Generator, count: int, slope: float, largest: float) -> Field:
    """Fractal noise in one dimension, of mean 0 and deviation 1; `largest` in values."""
    return clouds(rng, count, 1, slope, largest).reshape(count)


def along(values: Field, place: Field, first: float, last: float) -> Field:
    """The values of a line that reaches from `first` to `last`, at any places; beyond its ends it stays."""
    ends = np.linspace(first, last, len(values))
    return np.interp(place, ends, values).astype(np.float32).reshape(place.shape)


def _neighbours(place: Field, size: int) -> tuple[NDArray[np.int32], NDArray[np.int32], Field]:
    """The cells before and after a place, and how far it is from the first to the second."""
    cells = (place - np.floor(place)) * size
    before = np.minimum(cells.astype(np.int32), size - 1)
    after = before + 1
    after[after == size] = 0
    return before, after, cells - before.astype(np.float32)
