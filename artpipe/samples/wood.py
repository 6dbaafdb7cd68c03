"""An autumn wood."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from artpipe.samples.canvas import Field, colour, finish, mix, plane, ramp, screen, smooth, tinted
from artpipe.samples.noise import along, clouds, line

LAYERS = 5
PATH = 0.55
"""Where no trunk stands, as a share of the width."""


@dataclass(frozen=True)
class Layer:
    """What trees at one distance have in common.

    Args:
        near: 1 for the nearest layer.
        air: the picture that mist alone would give.
        scars: how dark bark is, anywhere.
    """

    near: float
    air: Field
    scars: Field

    def seen(self, tone: Field, lost: float) -> Field:
        """How a colour looks through the mist; far away, this share of it is lost."""
        return mix(tone, self.air, (1 - self.near) * lost)


def birch_wood(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """White trunks, layer behind layer, in golden mist."""
    x, y = plane(width, height)
    sun = np.exp(-np.hypot(x - 0.15, (y + 0.15) * 0.8) * 1.5)
    air = ramp(sun, "6b6a4a b98f4e e8bb6c ffe3a4 fff6d8")
    picture, scars = air, _scars(rng, width, height)
    for number in range(1, LAYERS + 1):
        layer = Layer(number / LAYERS, air, scars)
        picture = _leaves(rng, picture, layer)
        _trunks(rng, picture, layer)
        picture = _floor(rng, picture, layer)
    return finish(_beams(rng, picture), rng, 1.0)


def _scars(rng: np.random.Generator, width: int, height: int) -> Field:
    """Dark marks of birch bark: fine lines, a few knots."""
    lines: Field = smooth(1.1, 1.7, clouds(rng, width, height, 1.5, 0.03, stretch=5))
    knots = smooth(1.7, 2.1, clouds(rng, width, height, 2.0, 0.12, stretch=2.5))
    return 1 - (1 - lines * 0.7) * (1 - knots * 0.9)


def _leaves(rng: np.random.Generator, picture: Field, layer: Layer) -> Field:
    height, width = picture.shape[:2]
    _, y = plane(width, height)
    grain = clouds(rng, width, height, 1.2, 0.05 + 0.12 * layer.near)
    mass = clouds(rng, width, height, 2.2, 0.5)
    cover = smooth(0.35, 0.9, grain * 0.55 + mass * 0.5 - (y + 0.45) * 1.1)
    tone = ramp(0.5 + 0.2 * clouds(rng, width, height, 1.4, 0.1), "8a3b12 c8641a eb9a26 f7c948 e3b23c")
    return mix(picture, layer.seen(tone, 0.75), cover * 0.85)


def _trunks(rng: np.random.Generator, picture: Field, layer: Layer) -> None:
    """Paint the trunks of one layer into the picture."""
    width, near = picture.shape[1], layer.near
    for place in np.linspace(0, 1, round(16 - 10 * near)).tolist():
        thick = width * 0.045 * near**1.8 * rng.uniform(0.7, 1.25) + 1.5
        foot = (place + rng.normal(0, 0.03)) * width
        if abs(foot / width - PATH) > 0.16 * near:
            part = slice(max(0, int(foot - thick * 2.2)), max(0, int(foot + thick * 2.2)) + 1)
            tree = replace(layer, air=layer.air[:, part], scars=_piece(rng, layer.scars, part))
            picture[:, part] = _trunk(rng, picture[:, part], tree, foot - part.start, thick)


def _piece(rng: np.random.Generator, scars: Field, part: slice) -> Field:
    """Some other piece of the bark, as large as this part of the picture."""
    down, aside = rng.integers(scars.shape).tolist()
    columns = np.arange(scars.shape[1])[part] + aside
    return np.roll(scars.take(columns, axis=1, mode="wrap"), down, axis=0)


def _trunk(rng: np.random.Generator, picture: Field, layer: Layer, foot: float, thick: float) -> Field:
    height, width = picture.shape[:2]
    t = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    middle = foot + rng.normal(0, 1) * thick * (1 - t) + thick * 0.25 * np.sin(3 * t + rng.uniform(0, 6))
    half = thick / 2 * (0.72 + 0.28 * t)
    aside = (np.arange(width, dtype=np.float32)[None, :] - middle) / half
    light = 0.56 + 0.32 * np.cos((np.clip(aside, -1, 1) - 0.25) * 1.7)
    bark = mix(ramp(light, "2c2620 6f6152 b9a78d efe2c8 fff8ea"), colour("241d1a"), layer.scars)
    return mix(picture, layer.seen(bark, 0.82), smooth(1 + 1 / half, 1 - 1 / half, np.abs(aside)))


def _floor(rng: np.random.Generator, picture: Field, layer: Layer) -> Field:
    height, width = picture.shape[:2]
    _, y = plane(width, height)
    edge = 0.42 + 0.5 * layer.near**1.5 + 0.03 * line(rng, width, 1.5, 300)
    litter = clouds(rng, width, height, 1.0, 0.04, stretch=2.5)
    tone = layer.seen(ramp(0.45 + 0.2 * litter, "3a2412 7a4116 b9661f dd9836 f2c665"), 0.8)
    return mix(picture, tone, smooth(-0.02, 0.04, y - edge + 0.02 * litter))


def _beams(rng: np.random.Generator, picture: Field) -> Field:
    """The picture with sunlight that falls between the leaves."""
    height, width = picture.shape[:2]
    x, y = plane(width, height)
    beam = along(line(rng, 512, 1.0, 60), np.arctan2(x - 0.15, y + 1.3), -1.6, 1.6)
    away = np.hypot(x - 0.15, y + 0.15)
    glow = 0.22 * np.clip(beam, 0, 2) * np.exp(-away * 1.3) + 0.35 * np.exp(-away * 2.4)
    return screen(picture, tinted(glow, colour("ffdf9a")))
