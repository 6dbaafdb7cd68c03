"""Sand at sundown."""

import numpy as np
from PIL import Image

from artpipe.samples.canvas import Field, colour, descent, finish, mix, plane, ramp, smooth
from artpipe.samples.noise import clouds
from artpipe.samples.terrain import Camera, look, sunlit

MAP = 768
"""Size of the map of the sand."""
CREST = 0.7
"""Share of a dune that rises against the wind."""


def dunes(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Sharp crests, blue shade, a new moon."""
    sand = _sand(rng)
    layers = np.stack([sand, sunlit(sand, 2.9, 0.3), 0.05 * np.sin(2 * np.pi * _ripples(rng))], axis=-1)
    camera = Camera(width * 2, height * 2, x=0.1, altitude=0.16, horizon=0.36, zoom=0.9, near=0.08, far=3.0)
    view = look(camera, layers)
    _, lit, fine = np.moveaxis(view.layers, 2, 0)
    fine = fine * np.exp(-view.distance * 3)
    land = ramp(lit * (1 + fine * 3) + fine * 0.25, "2a1c3a 5b3048 a8503f e08a45 ffc46e ffe6a8")
    land = mix(land, colour("f2b08a"), 0.85 * (1 - np.exp(-0.6 * view.distance)))
    return finish(view.before(_evening_sky(rng, width, height), land), rng)


def _axes() -> tuple[Field, Field]:
    """Places on the map from 0 to 1: across, ahead."""
    axis = np.arange(MAP, dtype=np.float32) / MAP
    return axis[None, :], axis[:, None]


def _sand(rng: np.random.Generator) -> Field:
    """Heights of dunes: a long rise against the wind, a sharp crest, a steep lee."""
    across, ahead = _axes()
    height = 0.012 * clouds(rng, MAP, MAP, 5, 0.5)
    for count, tall, bends in ((3, 0.085, 0.3), (7, 0.016, 0.18)):
        phase = np.mod(across * count + clouds(rng, MAP, MAP, 5, bends) * 0.2 + ahead, 1)
        crest = np.where(phase < CREST, (phase / CREST) ** 1.5, 1 - smooth(0.66, 1.04, phase))
        height += tall * crest * (0.8 + 0.3 * np.clip(clouds(rng, MAP, MAP, 5, 0.4), -1.5, 1.5))
    for axis in (0, 1, 0, 1):
        height = (np.roll(height, 1, axis) + 2 * height + np.roll(height, -1, axis)) / 4
    return height


def _ripples(rng: np.random.Generator) -> Field:
    """A number that grows by one from each ripple of the sand to the next."""
    across, ahead = _axes()
    return across * 30 + ahead * 110 + 1.5 * clouds(rng, MAP, MAP, 3, 0.15)


def _evening_sky(rng: np.random.Generator, width: int, height: int) -> Field:
    """A thin moon over a warm horizon."""
    x, y = plane(width, height)
    sky = descent(width, height, "1d3a63 3f6f92 8fb0b0 f2d2a0 ffb47c", 0.37)
    wisps = smooth(0.4, 2.6, clouds(rng, width, height, 1.7, 0.25, stretch=7)) * smooth(-1.1, -0.3, y) * 0.5
    edge = 2 / height
    disc, bite = (
        smooth(0.05 + edge, 0.05 - edge, np.hypot(x - right, y + up)) for right, up in ((0.34, 0.68), (0.362, 0.697))
    )
    return mix(mix(sky, colour("ffe2c4"), wisps), colour("fff4dc"), np.clip(disc - bite, 0, 1))
