"""One generated corpus for all measurements: photographic content, the sizes and formats people have."""

from __future__ import annotations

import hashlib
import struct
import sys
import zlib
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


def make_tiny(folder: Path, number: int) -> None:
    """Write `number` different pictures of two pixels, 500 to a folder, unless they are there."""
    for start in range(0, number, 500):
        part = folder / f"{start // 500:04d}"
        if not part.exists():
            part.mkdir(parents=True)
            for index in range(start, min(start + 500, number)):
                (part / f"{index * 2654435761 % 2**32:08x}.png").write_bytes(_two_pixels(index))


def _two_pixels(index: int) -> bytes:
    header = struct.pack(">IIBBBBB", 2, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" + index.to_bytes(6, "big"))
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
