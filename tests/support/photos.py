"""Real photographs (scikit-image ships them) and small generated pictures."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PHOTOS = ("astronaut", "chelsea", "coffee", "hubble_deep_field", "rocket", "retina")


@cache
def photo(name: str) -> NDArray[np.uint8]:
    """A photograph as height x width x RGB."""
    from skimage import data

    pixels: Any = getattr(data, name)()
    return np.ascontiguousarray(pixels[..., :3], dtype=np.uint8)


def save(pixels: NDArray[np.uint8], path: Path, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def small(path: Path, seed: int = 0, size: tuple[int, int] = (60, 40), **options: Any) -> Path:
    """A small colourful picture, another one for every seed; the format is the suffix's."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)
    return path


def psnr(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio in dB."""
    error = np.mean((first.astype(np.float64) - second.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))
