"""Mathematics that looks like something."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artpipe.samples.canvas import Field, colour, finish, halve, mix, plane, ramp, smooth
from artpipe.samples.noise import clouds, lookup

INKS = ("14213d", "0d3b66", "1b7f8c", "2a9d8f", "edae49", "d1495b")
HAIRS, STEPS, MARGIN = 7000, 170, 2
FAR = 64.0
"""Square of the distance from which a point never comes back."""


def marble(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Polished malachite: noise bent by noise, with veins of gold along its folds."""
    x, y = plane(width, height)
    u, v = x * 0.16, y * 0.16
    tile = np.stack([clouds(rng, 512, 512, 2.0, 0.35) for _ in range(2)], axis=-1)
    first = lookup(tile, u + 0.2, v)
    second = lookup(tile, u + 0.075 * first[..., 0], v + 0.075 * first[..., 1] + 0.4)
    third = lookup(tile[..., 0], u + 0.07 * second[..., 0], v + 0.07 * second[..., 1])
    layer = np.sin(third * 9 + first[..., 0] * 2)
    stone = ramp(0.5 + 0.2 * third + 0.06 * layer, "021a1c 053a3a 0b6b5e 2fa084 a5dcb8 f1f7e4")
    stone = stone * (0.94 + 0.06 * layer)[..., None]
    gold = ramp(0.5 + 0.5 * np.sin(third * 14 + (x + y) * 9), "6e4812 b8862d f0cf73 fff4c8")
    vein = _fold(second[..., 0] + 0.35 * third) * smooth(-0.9, 0.6, second[..., 1])
    shine = 0.1 * np.exp(-(((x + y * 0.6 + 0.25) / 0.5) ** 2))
    return finish(mix(stone, gold, vein * 0.95) + shine[..., None], rng)


def _fold(field: Field) -> Field:
    """1 on the line where a field is zero, 0 off it; the line keeps its width."""
    down, across = np.gradient(field)
    slope = np.hypot(down, across) * field.shape[0] / 8 + 0.15
    return smooth(0.09, 0.02, np.abs(field) / slope)


def ink_flow(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Thousands of brush hairs that follow one invisible current."""
    tile = clouds(rng, 512, 512, 3.4, 0.5)
    down, across = np.gradient(tile, 1 / 512)
    flow = np.stack([down, -across], axis=-1)
    flow /= np.hypot(down, across)[..., None].mean()
    ink = _trails(rng, flow, width, height)
    paper = colour("f6efe0") * (1 - 0.025 * np.abs(clouds(rng, width, height, 0.9, 0.02)))[..., None]
    return finish(paper * np.exp(-ink), rng)


def _trails(rng: np.random.Generator, flow: Field, width: int, height: int) -> Field:
    """How much of red, green and blue the ink swallows at each pixel."""
    inks = 1 - np.stack([colour(code) for code in INKS])
    place = (rng.random((HAIRS, 2), dtype=np.float32) * 1.2 - 0.1) * np.array([width, height], np.float32)
    mood = place[:, 0] / width * 3.6 + place[:, 1] / height * 2.6 + rng.normal(0, 0.35, HAIRS)
    tint = inks[mood.astype(np.int32) % len(inks)] * rng.uniform(0.25, 1, (HAIRS, 1)) ** 2 * 0.85
    path = np.empty((STEPS, HAIRS, 2), dtype=np.float32)
    for step in range(STEPS):
        path[step] = place
        drift = lookup(flow, place[:, 0] / height * 0.55, place[:, 1] / height * 0.55)
        place += drift / (np.hypot(drift[:, :1], drift[:, 1:]) + 0.25) * 0.9
    pressure = np.sin(np.linspace(0.02, 3.12, STEPS, dtype=np.float32)) ** 0.6
    whole = _splat(path + MARGIN, pressure[:, None, None] * tint, width + 2 * MARGIN, height + 2 * MARGIN)
    return whole[MARGIN:-MARGIN, MARGIN:-MARGIN]


def _splat(path: Field, strength: Field, width: int, height: int) -> Field:
    """Add drops at fractional places, each shared between four pixels."""
    path = path.reshape(-1, 2)
    inside = (path[:, 0] > 0) & (path[:, 1] > 0) & (path[:, 0] < width - 1) & (path[:, 1] < height - 1)
    path, strength = path[inside], strength.reshape(-1, 3)[inside]
    corner = path.astype(np.int32)
    share = path - corner
    sums = np.zeros((3, height * width))
    for right in (0, 1):
        for below in (0, 1):
            part = np.abs(1 - right - share[:, 0]) * np.abs(1 - below - share[:, 1])
            cell = (corner[:, 1] + below) * width + corner[:, 0] + right
            for channel in range(3):
                sums[channel] += np.bincount(cell, part * strength[:, channel], height * width)
    return sums.T.reshape(height, width, 3).astype(np.float32)


def julia(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """The Julia set of -0.79 + 0.15i; half of it is computed, the other half is the same upside down."""
    x, y = plane(width * 2, height * 2)
    start = ((x + 1j * y[:height]) * 0.92 * np.exp(0.35j)).astype(np.complex64)
    steps, trap = (part.reshape(start.shape) for part in _escape(start.ravel(), np.complex64(-0.79 + 0.15j)))
    depth = np.log1p(np.maximum(steps, 0)) / np.log(90)
    top = ramp(depth**1.25, "070b22 0d2350 17507e 2592a0 8fd6b4 fdf1c4 f5a545 c94c4c 5c1a4a 2a0d33")
    top = top * (0.6 + 0.4 * np.exp(-trap * 2.5))[..., None] + colour("ffdca8") * (0.25 * np.exp(-trap * 18))[..., None]
    return finish(halve(np.concatenate([top, top[::-1, ::-1]])), rng)


def _escape(z: NDArray[np.complex64], c: np.complex64, limit: int = 90) -> tuple[Field, Field]:
    """Smooth number of steps until a point escapes, and how near it came to the axes on the way."""
    count = np.full(z.size, limit, dtype=np.float32)
    near = np.full(z.size, 9, dtype=np.float32)
    alive, trap = np.arange(z.size), near.copy()
    for step in range(limit):
        z = z * z + c
        trap = np.minimum(trap, np.minimum(np.abs(z.real), np.abs(z.imag)))
        size = z.real**2 + z.imag**2
        out = size > FAR
        count[alive[out]] = step + 2 - np.log2(np.log2(size[out]))
        near[alive[out]] = trap[out]
        alive, z, trap = alive[~out], z[~out], trap[~out]
    near[alive] = trap
    return count, near
