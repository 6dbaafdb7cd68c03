"""Deep water."""

import math

import numpy as np
from PIL import Image

from artpipe.samples.canvas import Field, colour, descent, expose, finish, near, plane, smooth, tinted
from artpipe.samples.noise import along, clouds, line

BELLS = (
    (0.42, -0.72, 0.13, -0.2, "6ad0ff"),
    (-0.52, 0.1, 0.17, 0.25, "8a7bff"),
    (0.02, -0.22, 0.36, 0.12, "ff8ad0"),
)
"""Middle, size, how it leans, colour."""
HEM = 0.1
"""How far below the middle of its bell a jellyfish begins to hang down in threads."""


def jellyfish(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Glowing bells in the deep."""
    x, y = plane(width, height)
    rays = along(line(rng, 256, 1.3, 60), x / (y + 3.2), -0.5, 0.5)
    light = descent(width, height, "1a6a90 0d3f6e 08244c 050f2a 03071a") ** 2.2
    light *= np.exp(0.55 * rays * smooth(0.9, -1.0, y))[..., None]
    plankton = smooth(2.9, 4.2, clouds(rng, width, height, 0.5, 0.012)) * 0.25
    light += tinted(plankton, (0.5, 0.9, 1.0))
    for cx, cy, size, lean, code in BELLS:
        columns = near(x, y, cx, cy, size * 2.4)[1]
        right, down = (x[:, columns] - cx) / size, (y - cy) / size
        u, v = right * math.cos(lean) + down * math.sin(lean), down * math.cos(lean) - right * math.sin(lean)
        light[:, columns] += tinted(_threads(rng, u, v, size * height / 2), colour(code) ** 2.2)
        light[:, columns] = _bell(light[:, columns], u, v, colour(code) ** 2.2)
    return finish(expose(light, 1.35), rng, 0.8)


def _bell(light: Field, u: Field, v: Field, hue: Field) -> Field:
    """Put the glass-like bell of a jellyfish before what is there."""
    r = np.hypot(u, v * np.where(v < 0, np.float32(1.15), np.float32(2.6)))
    edge = 1 + 0.03 * np.cos(u * 24) * smooth(-0.2, 0.3, v) - r
    inside = smooth(-0.02, 0.02, edge)
    rim = np.exp(-((edge / 0.09) ** 2)) + 0.35 * np.exp(-np.maximum(edge, 0) / 0.3) * inside
    ribs = 0.5 + 0.5 * np.cos(np.arctan2(u, 0.35 - v) * 16)
    organ = _clover(u, 2.2 * (v + 0.22)) + 0.4 * np.exp(-(u**2 + (v + 0.2) ** 2) / 0.06)
    glow = inside * (0.16 + 0.22 * ribs * r**2 + 0.8 * rim + 0.5 * organ)
    halo = 0.2 * np.exp(-np.maximum(r - 0.9, 0) * 2.6) * (1 - inside) * smooth(2.4, 1.4, np.abs(u))
    shown = light * (1 - 0.35 * inside)[..., None] + tinted(glow + halo, hue)
    return shown + tinted(inside * (0.25 * rim**2 + 0.15 * organ), (1, 1, 1))


def _clover(u: Field, v: Field) -> Field:
    """The four rings that shine through the bell."""
    leaf = np.hypot(u, v) - 0.6 * np.abs(np.sin(2 * np.arctan2(v, u))) ** 0.5
    rings: Field = np.exp(-(leaf**2) / 0.006)
    return rings


def _threads(rng: np.random.Generator, u: Field, v: Field, scale: float) -> Field:
    """Thin threads, broad frills; `scale` is the size of the bell in pixels."""
    glow = np.zeros(u.shape, dtype=np.float32)
    down = np.maximum(v - HEM, 0)
    for root in np.linspace(-0.85, 0.85, 13).tolist():
        swing = 0.1 * np.sin(down * rng.uniform(2, 3.5) + rng.uniform(0, 6)) * down**0.7
        thread = np.exp(-(((u - root * (1 - 0.1 * down) - swing) * scale / 1.3) ** 2))
        glow += 0.5 * thread * np.exp(-down / rng.uniform(0.7, 1.6))
    for root in (-0.25, 0.0, 0.25):
        swing = 0.13 * np.sin(down * 2.2 + root * 9) * down**0.6
        wide = 0.09 + 0.035 * np.sin(down * 19 + root * 30)
        frill = smooth(wide, 0, np.abs(u - root * (1 - 0.2 * down) - swing))
        glow += 0.55 * frill * np.exp(-down / 0.9)
    return glow * (v > HEM)
