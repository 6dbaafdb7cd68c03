"""What stands in a landscape: trees, still water."""

import numpy as np

from artpipe.samples.canvas import Field, colour, mix, smooth
from artpipe.samples.noise import clouds, lookup


def pine(rng: np.random.Generator, height: int) -> Field:
    """How much of each pixel one conifer covers; its trunk stands in the middle column."""
    half = max(2, round(height * 0.24))
    across = np.arange(-half, half + 1, dtype=np.float32)[None, :]
    down = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height
    phase = np.where(across < 0, np.float32(rng.random()), np.float32(rng.random()))
    across = np.abs(across)
    branch = np.mod((down - across / half * 0.054) * max(4, height / 7) + phase, 1)
    wobble = 0.8 + 0.2 * np.sin(down * 37 + phase * 40)
    reach = half * (0.06 + 0.94 * down**0.9) * (0.42 + 0.58 * branch) * wobble
    return np.maximum(smooth(0.7, -0.7, across - reach), smooth(0.7, -0.2, across - height * 0.012 * down))


def ground(shape: tuple[int, int], line: Field) -> Field:
    """1 below a line that has a row for each column, 0 above."""
    return smooth(-0.7, 0.7, np.arange(shape[0], dtype=np.float32)[:, None] - line[None, :])


def forest(rng: np.random.Generator, shape: tuple[int, int], line: Field, size: float, count: int) -> Field:
    """Coverage by `count` conifers of about `size` pixels that stand on a line, and by what is below it."""
    cover = ground(shape, line)
    for x in rng.integers(0, shape[1], count).tolist():
        tree = pine(rng, max(6, int(size * rng.uniform(0.45, 1.15))))
        _plant(cover, tree, x, int(line[x]) + 2)
    return cover


def _plant(cover: Field, tree: Field, x: int, foot: int) -> None:
    height, width = tree.shape
    top, left = foot - height, x - width // 2
    row, column = max(0, -top), max(0, -left)
    part = cover[top + row : foot, left + column : left + width]
    np.maximum(part, tree[row : row + part.shape[0], column : column + part.shape[1]], out=part)


def mirror(
    rng: np.random.Generator, scene: Field, rows: int, tint: str, strength: float = 0.75, squash: float = 0.98
) -> Field:
    """The scene upside down in water, more and more rippled towards the viewer.

    Args:
        rng: where the randomness comes from.
        scene: what stands above the water line.
        rows: of water.
        tint: the colour of the water close to the viewer.
        strength: of this colour.
        squash: how many rows of the scene one row of water shows.
    """
    height, width = scene.shape[:2]
    depth = (np.arange(rows, dtype=np.float32)[:, None] + 0.5) / rows
    swell = clouds(rng, width, rows, 1.2, 0.12, stretch=8)
    x = (np.arange(width, dtype=np.float32)[None, :] + 0.5 + swell * depth * 2.5) / width
    y = (height - 1 - depth * rows * squash - swell * (0.4 + depth * 7)) / height
    shade = mix(colour("ffffff"), colour(tint), depth * strength)
    return lookup(scene, x, np.clip(y, 0, 0.99)) * shade
