"""A landscape of hills seen from a point above the ground."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artpipe.samples.canvas import Field, halve, mix, smooth
from artpipe.samples.noise import band, lookup


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from.

    Args:
        width: of the picture in pixels.
        height: of the picture in pixels.
        x: the place on the map, across.
        z: the place on the map, ahead: it looks along growing z.
        altitude: above zero height.
        horizon: its row, as a share of the picture height.
        zoom: picture widths that one unit fills at distance one.
        near: the smallest distance that is drawn.
        far: the largest.
        open_to: the ground is flat at first and has its full height from this distance on.
    """

    width: int
    height: int
    x: float = 0.0
    z: float = 0.0
    altitude: float = 0.1
    horizon: float = 0.4
    zoom: float = 0.8
    near: float = 0.05
    far: float = 3.0
    open_to: float = 0.0


@dataclass(frozen=True)
class View:
    """What the camera sees.

    Args:
        distance: of each step and column.
        step: at which each pixel is met.
        ground: whether it is, or is sky.
        layers: of the map, at each step and column.
    """

    distance: Field
    step: NDArray[np.int32]
    ground: NDArray[np.bool_]
    layers: Field

    def before(self, sky: Field, colours: Field) -> Field:
        """The ground, coloured per step and column, before a sky of half its size."""
        columns = np.arange(self.step.shape[1], dtype=np.int32)[None, :]
        land = np.take(colours.reshape(-1, 3), self.step * self.step.shape[1] + columns, axis=0)
        return mix(sky, halve(land), halve(self.ground.astype(np.float32)))


def look(camera: Camera, layers: Field, steps: int = 700) -> View:
    """Project the map (its first layer is the height; all repeat with period 1) into the picture."""
    column = np.arange(camera.width, dtype=np.float32)
    stagger = np.mod(column * 0.618, 1) / steps * math.log(camera.far / camera.near)
    distance = np.geomspace(camera.near, camera.far, steps).astype(np.float32)[:, None] * np.exp(stagger)
    across = ((column + 0.5) / camera.width - 0.5) / camera.zoom
    seen = lookup(layers, camera.x + distance * across, camera.z + distance)
    if camera.open_to:
        seen[..., 0] *= smooth(camera.near, camera.open_to, distance)
    rise = (seen[..., 0] - camera.altitude) / distance * camera.zoom * camera.width
    skyline = np.minimum.accumulate(camera.horizon * camera.height - rise, axis=0)
    step = _first_hits(skyline, camera.height)
    return View(distance, np.minimum(step, steps - 1), step < steps, seen)


def _first_hits(skyline: Field, height: int) -> NDArray[np.int32]:
    """Per pixel the first step whose skyline reaches it: the number of steps whose skyline ends below."""
    width = skyline.shape[1]
    row = np.clip(np.ceil(skyline), 0, height).astype(np.int32)
    cells = np.bincount((row * width + np.arange(width)).ravel(), minlength=(height + 1) * width)
    below = np.cumsum(cells.reshape(height + 1, width)[::-1], axis=0)[::-1]
    return below[1:].astype(np.int32)


def mountains(
    rng: np.random.Generator, size: int = 512, coarsest: float = 2, octaves: int = 7, wear: float = 1
) -> Field:
    """Eroded-looking heights of 0..1: the more it wears, the less detail where the ground is steep already."""
    height, slope_x, slope_y = (np.zeros((size, size), dtype=np.float32) for _ in range(3))
    for octave in range(octaves):
        bump = band(rng, size, coarsest * 2**octave) * 0.5**octave
        steeper = _slopes(bump * (1 / (12 * coarsest)))
        slope_x += steeper[0]
        slope_y += steeper[1]
        height += bump / (1 + wear * (slope_x**2 + slope_y**2))
    height -= height.min()
    height /= height.max()
    return height


def _slopes(height: Field) -> tuple[Field, Field]:
    """How much a square map rises across and ahead, per map unit."""
    half = height.shape[0] / 2
    across = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * half
    ahead = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * half
    return across, ahead


def sunlit(height: Field, angle: float, sun: float) -> Field:
    """How much light the ground gets, 0..1, from a sun in the direction `angle` of the map, `sun` steep."""
    across, ahead = _slopes(height)
    towards = sun - across * math.cos(angle) - ahead * math.sin(angle)
    facing: Field = towards / np.sqrt((1 + across**2 + ahead**2) * (1 + sun**2))
    sunshine: Field = 0.68 * np.clip(facing, 0, 1)
    ambient: Field = 0.16 * np.clip(1 + 1.5 * facing, 0, 2)
    return ambient + sunshine * (1 - _shadows(height, angle, sun))


def steepness(height: Field) -> Field:
    across, ahead = _slopes(height)
    return np.sqrt(across**2 + ahead**2)


def _shadows(height: Field, angle: float, sun: float) -> Field:
    """1 where something in the direction of the sun is higher than its ray."""
    size = height.shape[0]
    hidden = np.full_like(height, -1)
    for step in np.geomspace(2, size / 4, 24).tolist():
        moved = np.roll(height, (-round(step * math.sin(angle)), -round(step * math.cos(angle))), (0, 1))
        np.maximum(hidden, moved - height - step / size * sun, out=hidden)
    return smooth(0, 0.01, hidden)
