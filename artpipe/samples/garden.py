"""Flowers."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from artpipe.samples.canvas import Field, mix, near, plane, ramp, smooth

GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


PETALS = 260


@dataclass(frozen=True)
class Petal:
    """One petal.

    Args:
        turn: its direction.
        out: how far its middle is from the middle of the flower.
        size: half its length.
        age: 0 in the heart, 1 at the rim: it becomes paler.
    """

    turn: float
    out: float
    size: float
    age: float


def dahlia(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """A flower on nothing: every petal is turned by the golden angle from the one before."""
    layers = np.zeros((height, width, 4), dtype=np.float32)
    for number in range(PETALS, 0, -1):
        share = number / PETALS
        turn = number * GOLDEN_ANGLE + rng.normal(0, 0.03)
        size = 0.05 + 0.26 * share**0.8 * rng.uniform(0.92, 1.08)
        age = min(1, max(0, share + rng.normal(0, 0.05))) ** 1.2
        _lay(layers, Petal(turn, 0.68 * share**0.62, size, age))
    alpha = layers[..., 3:]
    layers[..., :3] /= np.maximum(alpha, 1e-4)
    return Image.fromarray(np.clip(layers * 255 + 0.5, 0, 255).astype(np.uint8))


def _lay(layers: Field, petal: Petal) -> None:
    """Put one petal over the others, with the shadow that it throws on them."""
    height, width = layers.shape[:2]
    x, y = plane(width, height)
    cos, sin = math.cos(petal.turn), math.sin(petal.turn)
    where = near(x, y, petal.out * cos, petal.out * sin, petal.size * 1.15)
    right, down = x[:, where[1]] - petal.out * cos, y[where[0]] - petal.out * sin
    ahead, aside = (right * cos + down * sin) / petal.size, np.abs(down * cos - right * sin) / petal.size
    half = 0.36 * np.sqrt(np.maximum(1 - ahead**2, 0)) * (1.05 - 0.35 * ahead) * (1 + 0.04 * np.sin(ahead * 9))
    soft = 3.2 / (petal.size * height)
    cover = smooth(soft, -soft, aside - half) * smooth(1.0, 0.97, np.abs(ahead))
    shadow = 0.5 * smooth(0.2, -0.12, aside - half) * smooth(1.12, 0.7, np.abs(ahead))
    part = layers[where]
    part[..., :3] *= (1 - shadow * (1 - cover))[..., None]
    part *= (1 - cover)[..., None]
    part[..., :3] += _tint(petal, ahead, aside / np.maximum(half, 0.02)) * cover[..., None]
    part[..., 3] += cover


def _tint(petal: Petal, ahead: Field, aside: Field) -> Field:
    """Colours of a petal: a dark fold along its middle, fine lines, light on the tip."""
    light = 0.5 + 0.32 * ahead + 0.26 * aside**2 - 0.22 * np.exp(-((aside / 0.16) ** 2))
    light = (light + 0.03 * np.cos(aside * 16)) * (0.62 + 0.38 * smooth(-0.7, 0.3, ahead))
    light = light - 0.1 * (math.cos(petal.turn) + math.sin(petal.turn))
    young = ramp(light, "2a0416 6b0d33 a8174b d83a6a f2738c")
    return mix(young, ramp(light, "6d1638 c2395e ee7d86 fbb8a4 fff0e0"), petal.age)
