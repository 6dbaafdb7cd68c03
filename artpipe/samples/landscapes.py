"""Mountains under low light."""

import numpy as np
from PIL import Image

from artpipe.samples.canvas import (
    Field,
    colour,
    descent,
    expose,
    finish,
    mix,
    plane,
    ramp,
    screen,
    smooth,
    tinted,
)
from artpipe.samples.nightsky import curtain, starlight
from artpipe.samples.noise import clouds, line
from artpipe.samples.scenery import forest, ground, mirror
from artpipe.samples.terrain import Camera, look, mountains, steepness, sunlit

MAP = 768
"""Size of the map of the high mountains."""
WOODS = (
    ("93a3a4", 20, (1.1, 0.3), 0.0),
    ("5f7d80", 38, (0.5, 0.9), 0.0),
    ("34525a", 64, (0.1, 0.75), 0.12),
    ("14303a", 104, (0.62, 0.0), 0.1),
)
"""Rows of trees from far to near: tone, size, how the ground rises to the left and right, how low it lies."""


def alpine_dawn(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Peaks above a sea of clouds."""
    rocks = mountains(rng, MAP, wear=0.8) * 0.46
    vapour = 0.215 + 0.005 * clouds(rng, MAP, MAP, 3, 0.06)
    rocks *= _clearing(MAP, 0.92, 0.75)
    surface = np.maximum(rocks, vapour)
    layers = np.stack([surface, sunlit(surface, 0.3, 0.4), rocks - vapour, steepness(rocks)], axis=-1)
    camera = Camera(width * 2, height * 2, x=0.92, z=0.55, altitude=0.38, horizon=0.36, zoom=1.7, near=0.27, far=3.5)
    view = look(camera, layers, steps=800)
    _, lit, bare, sheer = np.moveaxis(view.layers, 2, 0)
    rock = ramp(lit, "151a2e 4a4150 a8735c f0b27c ffd9a0")
    snow = ramp(lit, "34476f 7a8cc0 e8b6a8 ffdcbc fff4e4")
    cloud = ramp(lit, "5a6c9c 9aa3cc f0c0b4 ffe8d4 fff6ea")
    land = mix(cloud, mix(rock, snow, smooth(2.2, 1.4, sheer - 3 * bare)), smooth(-0.004, 0.03, bare))
    land = mix(land, colour("dcb9c4"), 1 - np.exp(-0.5 * view.distance))
    return finish(view.before(_morning_sky(rng, width, height), land), rng)


def _clearing(size: int, x: float, z: float) -> Field:
    """0 around a place of the map, 1 further away."""
    axis = np.arange(size, dtype=np.float32) / size
    aside, ahead = (np.abs(np.mod(axis - place + 0.5, 1) - 0.5) for place in (x, z))
    return smooth(0.12, 0.34, np.hypot(aside[None, :], ahead[:, None]))


def _morning_sky(rng: np.random.Generator, width: int, height: int) -> Field:
    _, y = plane(width, height)
    sky = descent(width, height, "2c4a7c 5e83b5 a9b4d6 f1c9b8 ffe4bd", 0.38)
    wisps = smooth(0.2, 2.2, clouds(rng, width, height, 1.6, 0.2, stretch=5))
    return mix(sky, colour("ffe6d6"), wisps * smooth(-1.05, -0.4, y) * 0.7)


def misty_lake(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Mountains, forest and the rising sun, mirrored in still water."""
    shore = round(height * 0.58)
    scene = _far_shore(rng, width, shore)
    picture = np.concatenate([scene, mirror(rng, scene, height - shore, "93a5a4")])
    _, y = plane(width, height)
    above = (2 * shore / height - 1) - y
    drift = clouds(rng, width, height, 1.7, 0.25, stretch=6)
    mist = np.exp(-np.abs(above - 0.02) / 0.07) * np.clip(0.62 + 0.3 * drift, 0, 1)
    return finish(mix(picture, colour("fbe3cf"), mist), rng)


def _far_shore(rng: np.random.Generator, width: int, height: int) -> Field:
    x, y = plane(width, height)
    sun = np.hypot(x + 0.32, y + 0.02)
    sky = descent(width, height, "3f7296 7fa8b8 cfd0c2 f8d9ae ffcf94 ffc98a")
    sky = screen(sky, tinted(np.exp(-sun * 1.6) * 0.7, colour("ff9a4a")))
    sky = screen(sky, tinted(smooth(0.088, 0.078, sun), colour("fff1cf")))
    haze = mix(colour("e8cdb9"), colour("ffd9a8"), np.exp(-sun * 1.2))
    scene = mix(_distant_peaks(rng, sky, np.exp(-sun)), haze, smooth(0.0, 1.0, y) * 0.8)
    for depth, (tone, size, rises, low) in enumerate(WOODS):
        floor = _forest_floor(width, depth, rises, low) * height
        trees = forest(rng, (height, width), floor, size * height / 372, round(width / size * 5))
        scene = mix(scene, mix(colour(tone), haze, smooth(0.55, 1.15, y) * 0.5), trees)
    return scene


def _forest_floor(width: int, depth: int, rises: tuple[float, float], low: float) -> Field:
    """The line that trees stand on, as shares of the height."""
    x = np.linspace(0, 1, width, dtype=np.float32)
    side: Field = np.maximum(0.52 - x, 0) * rises[0] + np.maximum(x - 0.48, 0) * rises[1]
    bumps: Field = 0.006 * np.sin(x * (19 + 7 * depth) + depth * 2)
    return 0.955 + low - 0.75 * side**1.4 + bumps


def _distant_peaks(rng: np.random.Generator, sky: Field, glow: Field) -> Field:
    height, width = sky.shape[:2]
    peaks = mountains(rng, coarsest=3, wear=0.7) * 0.4
    camera = Camera(
        width * 2, height * 2, x=0.55, altitude=0.03, horizon=0.97, zoom=0.9, near=0.3, far=2.4, open_to=1.5
    )
    view = look(camera, np.stack([peaks, sunlit(peaks, 2.6, 0.5)], axis=-1), steps=400)
    land = ramp(view.layers[..., 1], "3b566e 5e7389 b98f86 f0bd92")
    land = mix(land, colour("dcc3bd"), 1 - np.exp(-0.45 * view.distance))
    return screen(view.before(sky, land), tinted(glow**3 * 0.3, colour("ffb070")))


def aurora(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Green curtains over a frozen lake."""
    shore = round(height * 0.76)
    light = descent(width, shore, "060b1e 0b1834 133450 1d5560") ** 2.2
    light += starlight(rng, width, shore, 450) * 0.45
    for sweep, strength in (((0.86, 0.24, 0.1), 0.5), ((0.8, 0.62, -0.08), 1.0), ((0.62, 0.35, 0.3), 0.35)):
        light += curtain(rng, width, shore, sweep) * strength
    scene = expose(light, 1.1)
    for tone, rough, level in (("1a4150", 0.06, 0.9), ("0d2733", 0.04, 0.97)):
        ridge = shore * (level - rough * line(rng, width, 1.5, 160))
        scene = mix(scene, colour(tone), ground((shore, width), ridge))
    bank = shore * (1.0 - 0.05 * np.cos(np.linspace(0.5, 5.5, width, dtype=np.float32)))
    scene = mix(scene, colour("040c13"), forest(rng, (shore, width), bank, shore * 0.14, width // 7))
    return finish(np.concatenate([scene, mirror(rng, scene, height - shore, "9fb8c8", 0.35)]), rng)
