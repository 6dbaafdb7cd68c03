"""Pictures for old trees: sound, all different, and at the price of a copy."""

from __future__ import annotations

import io
import random
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image

JPEG, PNG = "JPEG", "PNG"
_DISTINCT = 8


def picture(number: int, kind: str, size: tuple[int, int] = (60, 40)) -> bytes:
    """A sound picture, another one for every number, at the price of a copy."""
    note = f"picture {number}".encode()
    base = _base(number % _DISTINCT, kind, size)
    if kind == JPEG:
        return base[:2] + b"\xff\xfe" + struct.pack(">H", len(note) + 2) + note + base[2:]
    body = b"tEXt" + b"Comment\0" + note
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return base[:33] + chunk + base[33:]


def padded(png: bytes, size: int) -> bytes:
    """The same PNG as a file of that size."""
    body = b"prVt" + bytes(size - len(png) - 12)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:-12] + chunk + png[-12:]


@cache
def _base(seed: int, kind: str, size: tuple[int, int]) -> bytes:
    cells = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC).save(out, kind)
    return out.getvalue()


def grid(number: int, side: int) -> str:
    """A colour grid as the old program wrote it."""
    return random.Random(number).randbytes(3 * side * side).hex()  # noqa: S311 - has to be repeatable, not secret
