"""A town after sunset."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from artpipe.samples.canvas import (
    Field,
    blur,
    colour,
    descent,
    expose,
    finish,
    halve,
    mix,
    patch,
    plane,
    screen,
    smooth,
    tinted,
)
from artpipe.samples.noise import clouds, line, lookup
from artpipe.samples.scenery import ground, mirror

STOREY, BAY, FRAME = 5, 4, 2
"""Pixels from window to window, down and across, and between the panes."""
ROWS = (("a0607f", 0.5, 0.03), ("6a4678", 0.62, 0.12), ("352a58", 0.46, 0.3), ("15132f", 0.2, 0.36))
"""Rows of towers from far to near: tone, height, share of lit windows."""


@dataclass(frozen=True)
class Town:
    """What is painted on: the town as the sky lights it, its own light, and where randomness comes from."""

    scene: Field
    lamps: Field
    rng: np.random.Generator


def skyline(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Towers before the last light, and all of it again in the river."""
    bank = round(height * 0.72)
    scene = _dusk(rng, width, bank)
    town = Town(scene, np.zeros_like(scene), rng)
    for tone, tall, lit in ROWS:
        _row_of_towers(town, colour(tone), tall, lit)
    glow = screen(blur(town.lamps, 2) * 0.8, blur(town.lamps, 14) * 0.9)
    shore = screen(np.maximum(town.scene, town.lamps), glow)
    water = mirror(rng, _streaked(shore), height - bank, "9a90c8", 0.4, 1.7)
    return finish(np.concatenate([shore, water]), rng)


def _dusk(rng: np.random.Generator, width: int, height: int) -> Field:
    x, y = plane(width, height)
    sky = descent(width, height, "1a1d4f 3c2f73 7d4386 cf5f7d f7936a ffc97c")
    bank = clouds(rng, width, height, 1.9, 0.35, stretch=4)
    lit_below = descent(width, height, "3a2f66 8a4a86 e8717a ffb27a ffd9a0", 0.95)
    sky = mix(sky, lit_below, smooth(0.2, 1.6, bank - 0.25 * np.roll(bank, 6, axis=0)) * 0.75)
    sun = np.hypot(x - 0.72, y - 0.3)
    return screen(sky, tinted(np.exp(-sun * 2.4) * 0.7, colour("ff8a4a")))


def _row_of_towers(town: Town, tone: Field, tall: float, lit: float) -> None:
    """Draw one row from left to right; it hides the lamps of the rows behind."""
    height, width = town.scene.shape[:2]
    left = -int(town.rng.integers(0, 20))
    while left < width:
        wide = int(width * town.rng.uniform(0.025, 0.06))
        centre = np.exp(-(((left + wide / 2) / width - 0.42) ** 2) / 0.07)
        share = tall * (0.3 + 0.9 * centre * town.rng.uniform(0.45, 1.0) + 0.12 * town.rng.random())
        for narrower, higher in _crown(town.rng, wide, height):
            sides = slice(max(0, left + narrower), max(0, min(width, left + wide - narrower)))
            _block(town, slice(max(4, int(height * (1 - share)) - higher), height), sides, tone, lit)
        left += wide + int(town.rng.integers(-4, 9))


def _crown(rng: np.random.Generator, wide: int, height: int) -> list[tuple[int, int]]:
    """Blocks of one tower as (narrower by, higher by): some have a step, fewer a mast."""
    step = [(wide // 5, height // 30)]
    mast = [(wide // 3, height // 18), (wide // 2 - 1, height // 8)]
    return [(0, 0), *step * int(rng.integers(2)), *mast * int(rng.integers(10) // 7)]


def _block(town: Town, rows: slice, columns: slice, tone: Field, lit: float) -> None:
    high, wide = town.scene[rows, columns].shape[:2]
    fade = np.linspace(0, 1, high, dtype=np.float32)[:, None, None]
    side = np.linspace(1.12, 0.88, wide, dtype=np.float32)[None, :, None]
    town.scene[rows, columns] = tone * side * (1 - fade) + (tone * 0.75 + colour("c0607a") * 0.16) * fade
    town.lamps[rows, columns] = _windows(town.rng, high, wide, lit)


def _windows(rng: np.random.Generator, high: int, wide: int, lit: float) -> Field:
    """Lights in a grid, none in masts and under the roof; on some floors people work late."""
    rows, columns = high // STOREY + 1, wide // BAY + 1
    chance = lit * rng.uniform(0.2, 1.7) * rng.choice([1, 1, 1, 1, 1, 1, 1, 2.2], (rows, 1))
    lights = (rng.random((rows, columns)) < chance) * rng.uniform(0.45, 1.0, (rows, columns))
    warmth = 0.5 * rng.random() + 0.5 * rng.random((rows, columns))
    hues = mix(colour("ff9038"), colour("ffeccc"), warmth.astype(np.float32)) * lights[..., None]
    panes = np.repeat(np.repeat(hues, STOREY, axis=0), BAY, axis=1)[:high, :wide]
    down, across = np.arange(high), np.arange(wide)
    glass = np.outer((down % STOREY >= FRAME) & (down > STOREY), (across % BAY >= FRAME) & (wide > 2 * BAY))
    return (panes * glass[..., None]).astype(np.float32)


def _streaked(shore: Field) -> Field:
    """The shore as a restless river shows it: soft, lights drawn out downwards."""
    soft = blur(shore, 1.6)
    drawn = soft.copy()
    for step in (3, 6, 12):
        drawn = np.maximum(drawn, np.roll(drawn, -step, axis=0) * 0.9)
    return mix(soft, drawn, 0.5)


def lanterns(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Paper lanterns rising from a lake."""
    shore = round(height * 0.72)
    light = descent(width, shore, "0a0f2c 1a1c4a 3c2a5e 7a4466") ** 2.2
    bend = np.sin(np.linspace(0.3, 5.2, width, dtype=np.float32))
    hills = shore * (0.87 - 0.06 * bend + 0.01 * line(rng, width, 1.6, 200))
    light = mix(light, colour("0c0a1c") ** 2.2, ground((shore, width), hills))
    for size in np.sort(rng.uniform(0.12, 1, 46) ** 2.2).tolist():
        place = rng.uniform(0, width), rng.uniform(0.02, 0.86 - 0.35 * size) * shore
        _lantern(light, place, (3 + 17 * size) * height / 240)
    scene = expose(light, 1.4)
    return finish(np.concatenate([scene, mirror(rng, scene, height - shore, "a090c8", 0.4, 2.4)]), rng)


def _lantern(light: Field, place: tuple[float, float], size: float) -> None:
    """Add one lantern, `size` pixels high, brightest at the flame."""
    part, across, down = patch(light, *place, int(size * 4))
    across, down = across / size, down / size
    soft = 0.6 / size
    half = 0.42 - 0.1 * down - 2 * np.maximum(-down - 0.3, 0) ** 2
    body = smooth(half + soft, half - soft, np.abs(across)) * smooth(0.5 + soft, 0.5 - soft, np.abs(down))
    flame = 0.25 + 1.1 * np.exp(-((down - 0.4) ** 2) / 0.18 - across**2 / 0.25)
    halo = np.maximum(0.16 * np.exp(-np.hypot(across, down) * 1.5) - 0.0004, 0)
    part += tinted(body * flame + halo, (1.3, 0.42, 0.09))


def rainy_window(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Drops, each with the whole street upside down in it."""
    street = _lights_outside(rng, width, height)
    glass = (street + 0.004) * np.exp(0.07 * clouds(rng, width, height, 1.2, 0.1))[..., None]
    small = halve(halve(halve(street)))
    for size in np.sort((1.2 + 20 * rng.power(1, 520) ** 8) * height / 640).tolist():
        _drop(rng, glass, small, (rng.uniform(0, width), rng.uniform(0, height)), size)
    return finish(expose(glass, 1.5), rng, 1.0)


def _lights_outside(rng: np.random.Generator, width: int, height: int) -> Field:
    """Linear light of lamps out of focus: discs in the colours of signs, cars, signals."""
    light = descent(width, height, "070c1c 0c1a38 2a2440 1c1830 070810") ** 2.2
    for code in ("ffb35a", "ffd79a", "ff5a4a", "5ad0ff", "ff7ac0", "ffe9c8", "66ffb0", "ff9040"):
        for _ in range(9):
            place = (rng.uniform(-0.05, 1.05) * width, (0.5 + rng.normal(0, 0.17)) * height)
            radius = rng.uniform(0.012, 0.055) * height
            _disc(light, place, radius, colour(code) ** 3.4 * rng.uniform(0.15, 0.8))
    return light


def _disc(light: Field, place: tuple[float, float], radius: float, hue: Field) -> None:
    part, across, down = patch(light, *place, int(radius) + 3)
    r = np.hypot(down, across) / radius
    part += tinted(smooth(1 + 2 / radius, 1 - 2 / radius, r) * (0.7 + 0.5 * smooth(0.5, 1, r)), hue)


def _drop(rng: np.random.Generator, glass: Field, street: Field, place: tuple[float, float], size: float) -> None:
    """Put one drop on the glass: a strong lens, dark where it bends the light away, with one bright spot."""
    height, width = glass.shape[:2]
    part, across, down = patch(glass, *place, int(size * 1.35) + 2)
    across, down = across / size, down / size
    r = np.hypot(across, down / 1.12) / _drop_radius(rng, np.arctan2(down, across))
    bend = 0.2 + 0.3 * r**3
    middle = 0.45 + 0.1 * place[1] / height
    seen = lookup(street, place[0] / width - across * bend, np.clip(middle - down * bend * 1.2, 0, 0.99))
    dark = smooth(0.7, 1.05, r) * smooth(0.9, -0.5, down)
    shade = (1.6 - 1.4 * dark) * np.maximum(1 + 0.3 * down, 0)
    spark = 0.5 * np.exp(-((across + 0.32) ** 2 + (down + 0.45) ** 2) / 0.03)
    cover = smooth(1 + 0.8 / size, 1 - 0.8 / size, r)
    part += (seen * shade[..., None] + spark[..., None] - part) * cover[..., None]


def _drop_radius(rng: np.random.Generator, turn: Field) -> Field:
    """Radius of a drop by direction, not quite round."""
    wobble = rng.normal(0, 0.06, 4).tolist()
    second: Field = wobble[0] * np.sin(2 * turn) + wobble[1] * np.cos(2 * turn)
    third: Field = wobble[2] * np.sin(3 * turn) + wobble[3] * np.cos(3 * turn)
    return 1 + second + third
