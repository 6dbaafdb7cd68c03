"""A planet with rings, another one from orbit."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from artpipe.samples.canvas import Field, colour, expose, finish, mix, plane, ramp, smooth, tinted
from artpipe.samples.nightsky import curtain, starlight
from artpipe.samples.noise import along, clouds, line, lookup

RADIUS = 0.56
"""Of the ringed planet, in half picture heights."""
TILT, ROLL = 0.27, -0.32
"""How far its north pole leans to the viewer, and to the side."""
GAPS = ((1.98, 0.035), (2.27, 0.012), (1.5, 0.01))
"""In the rings: where, in planet radii, and how wide."""


@dataclass(frozen=True)
class Sun:
    """The direction to the sun, along the rings' long axis, across it, towards the viewer."""

    right: float = -0.72 * math.cos(ROLL) - 0.38 * math.sin(ROLL)
    down: float = -0.38 * math.cos(ROLL) + 0.72 * math.sin(ROLL)
    front: float = 0.58


def ringed_planet(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """A banded giant, its rings and the shadows that they throw on each other."""
    x, y = plane(width, height)
    right, down = x * math.cos(ROLL) + y * math.sin(ROLL), y * math.cos(ROLL) - x * math.sin(ROLL)
    profile = _ring_profile(rng)
    light = starlight(rng, width, height, 500, spikes=3) * 0.6
    light += tinted(np.exp(clouds(rng, width, height, 1.8, 0.6)) * 0.004, (0.4, 0.5, 1.0))
    rings, cover = _rings(right, down, profile)
    light = mix(light, rings, cover * (down < 0))
    globe, inside = _globe(rng, right, down, profile)
    light = mix(mix(light, globe, inside), rings, cover * (down >= 0))
    return finish(expose(light, 1.5), rng)


def _ring_profile(rng: np.random.Generator) -> Field:
    """How dense the rings are from one to three planet radii."""
    out = np.linspace(1, 3, 1024, dtype=np.float32)
    dense = smooth(1.25, 1.55, out) * smooth(2.45, 2.38, out) * (0.72 + 0.16 * line(rng, 1024, 1.1, 90))
    for gap, wide in GAPS:
        dense *= 1 - 0.92 * np.exp(-(((out - gap) / wide) ** 4))
    return dense


def _density(profile: Field, radius: Field) -> Field:
    return np.clip(along(profile, radius / RADIUS, 1, 3), 0, 0.97).astype(np.float32)


def _globe(rng: np.random.Generator, right: Field, down: Field, profile: Field) -> tuple[Field, Field]:
    """Linear light of the planet, and where it is."""
    squared = (right**2 + down**2) / RADIUS**2
    u, v, front = right / RADIUS, down / RADIUS, np.sqrt(np.maximum(1 - squared, 0))
    south = v * math.cos(TILT) - front * math.sin(TILT)
    east = np.arctan2(u, front * math.cos(TILT) + v * math.sin(TILT))
    sun = Sun()
    facing = u * sun.right + v * sun.down + front * sun.front
    reach = -south / (math.cos(TILT) * sun.down - math.sin(TILT) * sun.front)
    crossing = (u + reach * sun.right) ** 2 + (v + reach * sun.down) ** 2 + (front + reach * sun.front) ** 2
    shade = _density(profile, np.sqrt(crossing) * RADIUS) * (reach > 0)
    day = 1.15 * smooth(-0.12, 1.0, facing) * (1 - 0.85 * shade) * (0.35 + 0.65 * front)
    rim = 0.35 * (1 - front) ** 3 * smooth(-0.1, 0.5, facing)
    edge = 6 / right.shape[1]
    light = _bands(rng, south, east) * day[..., None] + tinted(rim, colour("7fb4ff"))
    return light, smooth(1 + edge, 1 - edge, squared)


def _bands(rng: np.random.Generator, south: Field, east: Field) -> Field:
    """Linear colours of stormy belts."""
    tile = clouds(rng, 512, 512, 1.7, 0.2, stretch=2.5)
    swirl = lookup(tile, east * 0.16, south * 0.35)
    swirl = lookup(tile, east * 0.16 + 0.03 * swirl, south * 0.35 + 0.008 * swirl)
    belt = along(line(rng, 1024, 1.3, 130), south + 0.02 * swirl, -1, 1)
    return ramp(0.5 + 0.2 * belt + 0.05 * swirl, "3a2a4a 7a4a52 c07a52 e8b67c f7e2b8 c9d8d0") ** 1.9


def _rings(right: Field, down: Field, profile: Field) -> tuple[Field, Field]:
    """Linear light of the rings, and how much they cover."""
    depth = down / math.sin(TILT)
    dense = _density(profile, np.hypot(right, depth))
    sun = Sun()
    ahead = right * sun.right + down * sun.down + depth * math.cos(TILT) * sun.front
    aside = np.sqrt(np.maximum(right**2 + depth**2 - ahead**2, 0))
    shadow = smooth(RADIUS * 1.02, RADIUS * 0.97, aside) * (ahead < 0)
    light = ramp(dense, "6a5560 b08d78 e8cfa8 fff0d8") ** 2 * (0.9 - 0.87 * shadow)[..., None]
    return light, np.clip(dense * 1.05, 0, 1)


def aurora_from_orbit(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """The night side of a blue planet: towns, thin air, green light above the pole."""
    x, y = plane(width, height)
    far = 3.4
    rise = np.hypot(x + 0.5, y - far + 0.2) - far
    turn = np.arctan2(x + 0.5, far - 0.2 - y)
    light: Field = starlight(rng, width, height, 600) * 0.35 * smooth(0.0, 0.08, rise)[..., None]
    light = mix(light + _air(rise), _night_ground(rng, rise, turn), smooth(0.004, -0.004, rise))
    sheet = curtain(rng, 1024, 400, (0.62, 0.06, 0.1)) * 0.5 + curtain(rng, 1024, 400, (0.86, 0.22, -0.1))
    rays = lookup(sheet, np.clip(turn + 0.36, 0, 0.999), np.clip(0.5 - rise * 1.3, 0.0, 0.99))
    return finish(expose(light + rays * smooth(0.26, 0.02, rise)[..., None], 1.3), rng, 1.0)


def _air(rise: Field) -> Field:
    """Linear light of the atmosphere by height above the ground."""
    blue = np.exp(-np.maximum(rise, 0) / 0.018) * smooth(-0.05, 0.01, rise)
    green = np.exp(-(((rise - 0.075) / 0.014) ** 2))
    return tinted(blue, (0.05, 0.22, 0.6)) + tinted(green, (0.025, 0.07, 0.02))


def _night_ground(rng: np.random.Generator, rise: Field, turn: Field) -> Field:
    """Linear light of clouds, haze and towns, by distance below the horizon and along it."""
    down = np.sqrt(np.maximum(-rise, 0))
    tile = np.stack([clouds(rng, 512, 512, 1.7, size) for size in (0.2, 0.3)], axis=-1)
    veil, land = np.moveaxis(lookup(tile, turn * 1.3, down * 0.9), 2, 0)
    spark = lookup(clouds(rng, 512, 512, 0.8, 0.03), turn * 2.6, down * 2.2)
    near = smooth(0.08, 0.35, down)
    towns = smooth(1.4, 3.4, spark + 0.7 * land) * smooth(0.1, 1.2, land) * smooth(1.4, 0, veil) * near
    light = tinted(0.01 + 0.035 * smooth(-0.2, 2, veil), (0.35, 0.6, 1.0))
    light += tinted(np.exp(rise / 0.2) * 0.06, (0.08, 0.5, 0.6))
    light += tinted(0.05 * smooth(0.4, 2.2, land) * near, (1.0, 0.5, 0.15))
    return light + tinted(towns, (3.0, 1.5, 0.45))
