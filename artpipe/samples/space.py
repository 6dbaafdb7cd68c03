"""What a telescope shows."""

import math

import numpy as np
from PIL import Image

from artpipe.samples.canvas import Field, expose, finish, patch, plane, smooth, tinted
from artpipe.samples.nightsky import starlight
from artpipe.samples.noise import clouds, lookup

MOON = 0.86
"""Of the moon, in half picture heights."""
LARGE = 0.06
"""Craters of this radius and more have a peak in the middle."""


def nebula(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Glowing gas with dark lanes of dust."""
    x, y = plane(width, height)
    tile = np.stack([clouds(rng, 512, 512, 1.75, 0.4) for _ in range(3)], axis=-1)
    drift = lookup(tile[..., :2], x * 0.22 + 0.1, y * 0.22)
    folded = lookup(tile, x * 0.3 + drift[..., 0] * 0.035, y * 0.3 + drift[..., 1] * 0.035)
    fine = clouds(rng, width, height, 1.35, 0.12)
    heart = np.exp(-((x * 1.25 - 0.1 - 0.25 * y) ** 2) / 0.16 - (y + 0.05) ** 2 / 0.5)
    hydrogen = np.exp(folded[..., 0] + fine * 0.16) * (0.03 + heart) * 0.8
    oxygen = np.exp(folded[..., 1] * 1.1 + fine * 0.1) * (0.02 + heart**2)
    dust = np.exp(-2.6 * smooth(0.1, 1.7, folded[..., 2] + 0.35 * fine + 0.6 * drift[..., 0]))[..., None]
    light = tinted(hydrogen, (0.95, 0.07, 0.16)) + tinted(oxygen, (0.02, 0.3, 0.62))
    light *= dust ** np.array([0.8, 1.1, 1.25], np.float32)
    light += tinted(heart**3, (0.5, 0.35, 0.28)) * dust
    light += starlight(rng, width, height, 1500, spikes=9) * (0.4 + 0.6 * dust)
    return finish(expose(light * 0.9 + 0.0015, 1.1), rng, 1.0)


def spiral_galaxy(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Two great arms, seen at a slant."""
    x, y = plane(width, height)
    along, across = x * 0.87 + y * 0.5, (y * 0.87 - x * 0.5) / 0.52
    radius = np.hypot(along, across) + 1e-3
    light = _galaxy(rng, radius, np.arctan2(across, along))
    light += starlight(rng, width, height, 700, spikes=4) * 0.7
    return finish(expose(light + 0.002, 1.25), rng, 1.0)


def _galaxy(rng: np.random.Generator, radius: Field, angle: Field) -> Field:
    """Linear light of old stars in the disc, young ones in the arms, pink births; dust before all of them."""
    out = np.log(radius)
    wind = angle * 2 + out * 5.2
    churn = lookup(clouds(rng, 512, 512, 1.3, 0.25), (angle + out * 2.4) / (2 * np.pi), out * 0.35)
    clumps = clouds(rng, radius.shape[1], radius.shape[0], 1.2, 0.08)
    lane = smooth(0.3, 1.0, np.cos(wind - 0.85 + 0.7 * churn)) * smooth(-1, 1.2, clumps + churn)
    clear = np.exp(-1.7 * lane * smooth(0.06, 0.2, radius))
    disc = np.exp(-radius * 3.9)
    bulge = np.exp(-radius * 13) * 3 + np.exp(-((radius / 0.16) ** 2)) * 0.8
    arms = np.exp(1.9 * (np.cos(wind + 0.45 * churn) - 0.6) + 0.4 * churn + 0.3 * clumps)
    births = smooth(1.3, 2.4, clumps + 0.8 * np.cos(wind)) * smooth(0.1, 0.3, radius)
    light = tinted(disc * arms * clear * 1.7, (0.16, 0.36, 1.0))
    light += tinted((bulge + disc * 0.35) * clear, (1.0, 0.6, 0.24))
    return light + tinted(births * disc, (2.0, 0.12, 0.5))


def half_moon(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Low sun on old ground, in 65,536 shades of grey."""
    x, y = plane(width, height)
    squared = (x**2 + y**2) / MOON**2
    front = np.sqrt(np.clip(1 - squared, 0, 1))
    ground = _craters(rng, width, height) + 0.0035 * clouds(rng, width, height, 1.5, 0.2)
    down, right = np.gradient(ground, 2 / height)
    facing = -0.8 * (x / MOON - right * front) - 0.28 * (y / MOON - down * front) + 0.53 * front
    seas = smooth(-0.1, 1.3, clouds(rng, width, height, 2.6, 0.6))
    pale = 0.86 - 0.38 * seas + 0.05 * clouds(rng, width, height, 0.9, 0.1)
    bright = np.clip(np.maximum(facing, 0) ** 0.8 * pale, 0, 1) ** 0.75
    shown = bright * smooth(1 + 4 / height, 1 - 4 / height, squared)
    return Image.fromarray((shown * 65535).astype(np.uint16))


def _craters(rng: np.random.Generator, width: int, height: int) -> Field:
    """Heights in half picture heights: many small craters over few large ones."""
    ground = np.zeros((height, width), dtype=np.float32)
    for size in np.sort(0.008 * rng.power(1, 700) ** -0.62)[::-1].tolist():
        _dig(ground, rng.uniform(0, 2 * math.pi), 0.84 * math.sqrt(rng.random()), min(size, 0.17))
    return ground


def _dig(ground: Field, turn: float, out: float, size: float) -> None:
    """Add one crater in a direction from the middle, squeezed towards the limb as a sphere shows it."""
    height, width = ground.shape
    scale = height / 2
    column, row = out * math.cos(turn) * scale + width / 2, out * math.sin(turn) * scale + scale
    part, right, down = patch(ground, column, row, int(size * scale * 2) + 2)
    radial = (right * math.cos(turn) + down * math.sin(turn)) / scale
    across = (down * math.cos(turn) - right * math.sin(turn)) / scale
    squeeze = max(0.25, math.sqrt(max(0, 1 - (out / MOON) ** 2)))
    r = np.hypot(radial / squeeze, across) / size
    bowl = np.maximum(r**2 - 1, -0.75) * smooth(1.08, 0.95, r)
    wall = 0.42 * np.exp(-(((r - 1) / 0.2) ** 2))
    apron = 0.12 * np.exp(-np.maximum(r - 1, 0) * 4) * smooth(0.9, 1.1, r) * smooth(2, 1.4, r)
    peak = 0.3 * np.exp(-((r / 0.13) ** 2)) if size > LARGE else 0.0
    part += (bowl + wall + apron + peak) * size * 0.32
