"""Patterns that people make by hand."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artpipe.samples.canvas import Field, colour, descent, finish, halve, mix, plane, smooth
from artpipe.samples.noise import clouds

WATER = ("b4cbc0", "86b0ae", "5d95a0", "3f7f93", "2b6884", "1c4f70", "123a5a", "0c2844")
"""Colours of the sea from far to near."""


def weave(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Satin ribbons, over and under."""
    x, y = plane(width * 2, height * 2)
    a, b = 6.5 * (x + y) + 40, 6.5 * (x - y) + 40
    over = np.mod(np.floor(a) + np.floor(b), 2) < 1
    first = _ribbon(a, b, "16324f 16324f 2a628f 3e92a8 f3ead7 3e92a8 2a628f", over)
    second = _ribbon(b, a, "c8553d c8553d e09f3e f3ead7 e09f3e c8553d 7d2e3a", ~over)
    upper, lower = np.where(over[..., None], (first, second), (second, first))
    on_top, below = np.where(over, (_covered(a), _covered(b)), (_covered(b), _covered(a)))
    picture = mix(mix(colour("1b1716"), lower * 0.62, below), upper, on_top)
    return finish(halve(picture), rng, 0)


def _covered(a: Field) -> Field:
    return smooth(0.47, 0.44, np.abs(np.mod(a, 1) - 0.5))


def _ribbon(a: Field, b: Field, codes: str, over: NDArray[np.bool_]) -> Field:
    """Colour of the ribbons across `a`, bent up where they lie over the others."""
    stops = np.stack([colour(code) for code in codes.split()])
    across, ahead = np.mod(a, 1) - 0.5, np.mod(b, 1) - 0.5
    bow = np.where(over, np.maximum(np.cos(ahead * np.pi), 0) ** 0.7, np.float32(0.75))
    thread = 1 + 0.12 * np.cos(across * 2 * np.pi * 5)
    light = (0.62 + 0.5 * bow) * (0.78 + 0.3 * np.cos(across * 2.6)) * thread
    gloss = 0.16 * np.exp(-(((ahead + 0.12) / 0.13) ** 2)) * over
    return stops[np.floor(a).astype(np.int32) % len(stops)] * light[..., None] + gloss[..., None]


def waves(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """A woodblock sea: scales of water, a red sun."""
    x, y = plane(width * 2, height * 2)
    sky = descent(width * 2, height * 2, "d8c49a ecdcb8 f6e8cb f8d3a6", 0.6)
    picture = mix(sky, colour("c8372d"), smooth(0.403, 0.4, np.hypot(x + 0.35, y + 0.28)))
    for depth, tone in enumerate(WATER):
        level = -0.02 + 0.065 * depth + 0.009 * depth**2
        band = (y[:, 0] > level - 0.15) & (y[:, 0] < level + 0.13 + 0.02 * depth)
        picture[band] = _swell(picture[band], x, y[band], depth, level, colour(tone))
    fibre = clouds(rng, width, height, 0.8, 0.02, stretch=4)
    return finish(halve(picture) * (1 + 0.012 * fibre)[..., None], rng, 0)


def _swell(picture: Field, x: Field, y: Field, depth: int, level: float, water: Field) -> Field:
    """One row of waves, filled with rings like the scales of a fish, under a line of foam."""
    size = 0.12 + 0.03 * depth
    shift = depth * 0.37
    below = y - level + (0.05 + 0.008 * depth) * np.abs(np.sin((x / (size * 5) + shift) * np.pi)) ** 1.5
    below = below + 0.02 * np.sin(x * 1.7 + depth * 2)
    tone = _scales(x + shift, np.broadcast_to(y - level, below.shape), size, water)
    tone = mix(tone, water * 0.8, smooth(0.09, 0.0, below) * 0.5)
    foam = smooth(0.004, 0.001, np.abs(below - 0.008) - 0.005 - 0.001 * depth)
    return mix(picture, mix(tone, colour("f8f1dd"), foam), smooth(-0.002, 0.002, below))


def _scales(x: Field, y: Field, size: float, water: Field) -> Field:
    """Seigaiha: overlapping discs of rings, each row half a disc aside, the lower ones in front."""
    radius = size / 2
    lowest = np.floor(y / (radius / 2)) + 2
    ring = np.full(y.shape, 1, dtype=np.float32)
    for row in (lowest - 2, lowest - 1, lowest):
        across = np.mod(x - np.mod(row, 2) * radius + radius, size) - radius
        r = np.hypot(across, y - row * (radius / 2)) / radius
        ring = np.where(r < 1, r, ring)
    stripes = smooth(0.35, 0.65, 0.5 + 0.5 * np.cos(ring * 2 * np.pi * 3))
    return mix(water, mix(water, colour("f8f1dd"), 0.55), stripes)
