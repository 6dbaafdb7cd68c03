"""One generated corpus for all measurements: photographic content, the sizes and formats people have."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SIZES = ((1024, 1536), (832, 1216), (1024, 1024))


def picture(seed: int, size: tuple[int, int]) -> Image.Image:
    """Smooth shapes with fine grain: PNG and JPEG compress it about as they do photographs."""
    random = np.random.default_rng(seed)
    width, height = size
    coarse = Image.fromarray(random.integers(0, 256, (12, 8, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    fine = Image.fromarray(random.integers(0, 256, (height // 6, width // 6, 3), dtype=np.uint8)).resize(
        size, Image.Resampling.BICUBIC
    )
    grain = random.normal(0, 2.5, (height, width, 1))
    mixed = 0.8 * np.asarray(coarse, np.float32) + 0.2 * np.asarray(fine, np.float32) + grain
    return Image.fromarray(mixed.clip(0, 255).astype(np.uint8))


def make(folder: Path, number: int) -> list[Path]:
    """Write `number` files in nested folders, or take those that are there: 60 % PNG, 30 % JPEG, 10 % WebP."""
    files = []
    for index in range(number):
        kind = "png" if index % 10 < 6 else "jpg" if index % 10 < 9 else "webp"
        size = (4000, 3000) if index % 60 == 6 else SIZES[index % 3]
        name = hashlib.md5(str(index).encode(), usedforsecurity=False).hexdigest()
        path = folder / f"{index % 7}" / f"{name}.{kind}"
        files.append(path)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            options = {"png": {"compress_level": 1}, "jpg": {"quality": 90}, "webp": {"quality": 85, "method": 0}}[kind]
            picture(index, size).save(path, **options)
    return files


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
