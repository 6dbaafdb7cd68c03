"""A church window."""

from itertools import product

import numpy as np
from PIL import Image

from artpipe.samples.canvas import Field, blur, colour, finish, mix, plane, ramp, screen, smooth
from artpipe.samples.noise import clouds

PANES = 21
"""Panes from top to bottom."""
SUN = 0.24
"""Its radius."""
HILLS = ((0.2, 0.18, "3a6ea5"), (0.38, -0.21, "2a9d6f"), (0.6, 0.15, "14633f"))
"""Where each begins, how it slopes, its colour."""
SPRING = 0.36
"""How far down the river begins."""


def stained_glass(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """A valley at sunrise in leaded panes; sunlight comes through."""
    x, y = plane(width, height)
    column, row, gap, other = _panes(rng, x, y)
    tint = _design(column, row) * np.exp(0.22 * _per_pane(rng, column, row))[..., None]
    ripple = clouds(rng, width, height, 1.5, 0.1, stretch=2)
    bubble = smooth(2.2, 3.0, clouds(rng, width, height, 0.7, 0.02))
    light = np.exp(-np.hypot(x - 0.15, y + 0.25) * 0.75) * 1.35 + 0.1
    glass = tint * (light * (1 + 0.1 * ripple) + 0.25 * bubble)[..., None]
    glass = np.clip(glass * (0.55 + 0.45 * smooth(0.0, 0.05, gap))[..., None], 0, 1)
    lead = 0.0085 + 0.006 * other
    metal = ramp(smooth(lead, 0, gap) + 0.05 * ripple, "0b0a0d 1d1b20 3a3840 6a6870")
    shown = mix(metal, glass, smooth(lead - 2 / height, lead + 2 / height, gap))
    return finish(screen(shown, blur(glass, height / 45) ** 1.5 * 0.35), rng)


def _panes(rng: np.random.Generator, x: Field, y: Field) -> tuple[Field, Field, Field, Field]:
    """Per pixel: x and y of its pane, how far the lead is, and 0..1 at random for each length of lead."""
    scale = PANES / 2
    jitter = rng.uniform(0.08, 0.92, (2, 64, 64)).astype(np.float32)
    x, y = np.broadcast_arrays(x * scale + 32, y * scale + 32)
    column, row = x.astype(np.int32), y.astype(np.int32)
    best, second = (np.full((3, *x.shape), 99, dtype=np.float32) for _ in range(2))
    for down, aside in product((-1, 0, 1), repeat=2):
        i, j = column + aside, row + down
        middle = jitter[:, j, i] + np.stack([i, j]).astype(np.float32)
        found = np.stack([(middle[0] - x) ** 2 + (middle[1] - y) ** 2, *middle])
        closer, next_closer = found[0] < best[0], found[0] < second[0]
        second = np.where(closer, best, np.where(next_closer, found, second))
        best = np.where(closer, found, best)
    apart = np.hypot(best[1] - second[1], best[2] - second[2])
    gap = (second[0] - best[0]) / (2 * apart) / scale
    return (best[1] - 32) / scale, (best[2] - 32) / scale, gap, np.mod(apart * 7.3, 1)


def _per_pane(rng: np.random.Generator, column: Field, row: Field) -> Field:
    chance = rng.standard_normal((97, 89), dtype=np.float32)
    return chance[(column * 1000).astype(np.int32) % 97, (row * 1000).astype(np.int32) % 89]


def _design(x: Field, y: Field) -> Field:
    """What colour the glazier chooses for a pane around a place: sun, sky in rays, three hills, a river."""
    sun = np.hypot(x - 0.15, y + 0.25)
    rays = np.sin(np.arctan2(y + 0.25, x - 0.15) * 9) > 0
    picture = ramp(sun / 1.25, "ffe08a ffb347 f2694b c23a6b 6a2f8a 2b2f86 16205c")
    picture = mix(picture, colour("ffd98a"), smooth(1.2, 0.3, sun) * 0.45 * rays)
    picture[sun < SUN] = colour("fff6cf")
    for level, bend, code in HILLS:
        picture[y > level + bend * x - 0.12 * np.cos(x * 3 + level * 9)] = colour(code)
    river = np.abs(x + 0.1 + 0.25 * np.sin(y * 5)) < 0.05 + 0.2 * np.maximum(y - 0.3, 0)
    picture[river & (y > SPRING)] = colour("5cc8f0")
    return picture
