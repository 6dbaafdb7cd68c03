"""A garden pond."""

import math

import numpy as np
from PIL import Image

from artpipe.samples.canvas import Field, colour, finish, mix, near, plane, ramp, screen, smooth, tinted
from artpipe.samples.noise import clouds, lookup

FISH = (
    (-0.25, -0.55, 0.5, 0.52, "f2f0e6 e8502a"),
    (0.3, -0.18, 2.5, 0.62, "f6a42c fff1cf"),
    (-0.35, 0.2, 5.3, 0.58, "f4f1e8 d8331f 22242a"),
    (0.25, 0.5, 3.7, 0.48, "33343a e9732f"),
    (-0.1, 0.78, 0.2, 0.44, "f7c443 f9e9b0"),
    (0.5, -0.75, 1.9, 0.38, "f5f2ea f0682f 22242a"),
)
"""Middle, direction, length, two or three colours."""
PADS = (
    (0.55, 0.05, 0.2, 1.0),
    (0.68, 0.32, 0.13, 2.2),
    (-0.62, -0.2, 0.17, 4.0),
    (-0.55, 0.62, 0.22, 0.3),
    (-0.72, 0.86, 0.14, 5.5),
    (0.02, -0.92, 0.16, 2.9),
)
"""Middle, radius, where the notch is."""
LILY = ((9, 1.0, 0.0, "e79abf"), (8, 0.78, 0.5, "f4bdd4"), (7, 0.55, 0.0, "fde3ec"))
"""Rings of petals: how many, how long, where the first is, colour."""


def koi_pond(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Six carp between water lilies, seen from above."""
    x, y = plane(width, height)
    depth = 0.42 + 0.13 * clouds(rng, width, height, 1.7, 0.25) - 0.2 * np.hypot(x, y * 0.8) + 0.05 * (x - y)
    picture = ramp(depth, "041c24 07343c 0f5557 1d7a73 4aa58e")
    for cx, cy, turn, size, codes in FISH:
        where = near(x, y, cx, cy, size * 0.95)
        part, px, py = picture[where], x[:, where[1]], y[where[0]]
        shadow = _outline(*_to_fish(px, py, cx + 0.05, cy + 0.08, turn, size), 0.12)
        part[:] = mix(part, part * 0.45, shadow)
        part[:] = _koi(rng, part, _to_fish(px, py, cx, cy, turn, size), codes)
    picture = screen(picture, tinted(_caustics(rng, width, height) * 0.2, colour("bff5df")))
    for cx, cy, size, turn in PADS:
        where = near(x, y, cx, cy, size * 1.5)
        picture[where] = _lily_pad(picture[where], x[:, where[1]] - cx, y[where[0]] - cy, size, turn)
    where = near(x, y, -0.47, 0.55, 0.2)
    picture[where] = _blossom(picture[where], x[:, where[1]] + 0.47, y[where[0]] - 0.55)
    return finish(picture, rng)


def _to_fish(x: Field, y: Field, cx: float, cy: float, turn: float, size: float) -> tuple[Field, Field]:
    """Coordinates of a fish: 0 at the nose to 1 at the root of the tail, and aside of its bent spine."""
    along = ((x - cx) * math.cos(turn) + (y - cy) * math.sin(turn)) / size + 0.5
    aside = ((y - cy) * math.cos(turn) - (x - cx) * math.sin(turn)) / size
    return along, aside - 0.09 * np.sin(along * 4.2 + turn) * along


def _width(along: Field) -> Field:
    t = np.clip(along, 0, 1)
    body: Field = 0.37 * t**0.55 * (1 - t) ** 0.9 * (1.1 - 0.35 * t)
    return body + 0.018 * smooth(0, 0.1, t)


def _outline(along: Field, aside: Field, soft: float = 0.012) -> Field:
    body = smooth(soft, -soft / 2, np.abs(aside) - _width(along))
    return body * smooth(-soft, soft, along) * smooth(1.02 + soft, 1.0, along)


def _koi(rng: np.random.Generator, picture: Field, fish: tuple[Field, Field], codes: str) -> Field:
    along, aside = fish
    base, accent, *others = (colour(code) for code in codes.split())
    tile = clouds(rng, 256, 256, 2.2, 0.3)
    spots = lookup(tile, along * 0.55 + 0.2, aside * 0.55)
    picture = mix(picture, base * 0.95, _fins(along, aside) * 0.5)
    skin = mix(base, accent, smooth(-0.05, 0.12, spots - 0.1))
    for third in others:
        skin = mix(skin, third, smooth(1.15, 1.3, lookup(tile, along * 0.8, aside * 0.8 + 0.5)))
    scales = np.cos(along * 95) * np.cos(aside * 120) * smooth(0.2, 0.3, along)
    light = 1.08 - 0.55 * (np.abs(aside) / np.maximum(_width(along), 0.02)) ** 2.2
    skin = skin * ((0.965 + 0.035 * scales) * np.clip(light, 0.3, 1.1))[..., None]
    eyes = smooth(0.016, 0.010, np.hypot(along - 0.085, np.abs(aside) - 0.066))
    return mix(picture, np.clip(mix(skin, colour("101418"), eyes), 0, 1), _outline(along, aside))


def _fins(along: Field, aside: Field) -> Field:
    """Tail and two pairs of fins, thin enough to see through."""
    back = along - 0.96
    turn = np.arctan2(aside, np.maximum(back, 1e-3))
    cover = _fan(turn, 0.52, np.hypot(back, aside) + 0.12 * np.cos(turn * 4.5), 0.33) * (back > 0)
    out = np.abs(aside) - 0.06
    for root, reach, sweep in ((0.27, 0.2, 0.9), (0.62, 0.12, 0.7)):
        turn = np.arctan2(out, along - root) - sweep
        fin = _fan(turn, 0.5, np.hypot(along - root, out) + 0.05 * turn, reach)
        cover = np.maximum(cover, fin * (out > 0))
    return cover


def _fan(turn: Field, wide: float, out: Field, reach: float) -> Field:
    """A fin with its rays, by direction from its root and distance."""
    rays = 0.7 + 0.3 * np.cos(turn * 44)
    return smooth(wide, wide - 0.11, np.abs(turn)) * smooth(reach + 0.015, reach - 0.03, out) * rays


def _caustics(rng: np.random.Generator, width: int, height: int) -> Field:
    """The net of light that waves throw on the ground."""
    bends = [np.abs(clouds(rng, width, height, 3.2, 0.16) + offset) for offset in (0, 0.3)]
    net: Field = 0.7 * np.exp(-bends[0] * 5) + 0.5 * np.exp(-bends[1] * 6)
    return net


def _lily_pad(picture: Field, x: Field, y: Field, size: float, turn: float) -> Field:
    r = np.hypot(x, y) / size
    angle = np.mod(np.arctan2(y, x) - turn + np.pi, 2 * np.pi) - np.pi
    rim = 1 + 0.025 * np.sin(angle * 7 + turn) + 0.015 * np.sin(angle * 13)
    notch = smooth(0.02, 0.04, np.abs(angle) - 0.2 * (1 - 0.3 * r))
    cover = smooth(rim + 0.012 / size, rim - 0.012 / size, r) * np.maximum(notch, smooth(0.12, 0.08, r))
    shade = np.hypot(x - 0.03, y - 0.05) / size
    picture = mix(picture, picture * 0.5, smooth(1.15, 0.85, shade))
    veins = np.exp(-((np.sin(angle * 8) / (0.09 / np.maximum(r, 0.1))) ** 2)) * smooth(0.05, 0.3, r)
    light = 0.55 - 0.14 * (x + y) / size + 0.18 * veins - 0.2 * smooth(0.85, 1.0, r) + 0.05 * np.cos(angle * 8)
    return mix(picture, ramp(light, "0c2f1e 1d5a2e 3f8a3f 7fb55a c5dd8a"), cover)


def _blossom(picture: Field, x: Field, y: Field) -> Field:
    """A water lily in flower."""
    r, angle = np.hypot(x, y) / 0.14, np.arctan2(y, x) / (2 * np.pi)
    for count, reach, start, code in LILY:
        turn = np.abs(np.mod(angle * count + start, 1) - 0.5) * 2
        tip = reach * (1 - 0.55 * turn**2.2)
        picture = mix(picture, picture * 0.6, smooth(tip + 0.25, tip, r) * 0.6)
        tone = tinted(0.72 + 0.3 * (1 - turn) + 0.12 * r, colour(code))
        picture = mix(picture, np.minimum(tone, 1), smooth(tip + 0.04, tip - 0.04, r))
    return mix(picture, colour("ffcf4a"), smooth(0.2, 0.14, r + 0.03 * np.cos(angle * 14 * 2 * np.pi)))
