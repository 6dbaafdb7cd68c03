"""PNG files with something wrong about them."""

from __future__ import annotations

import random
from collections.abc import Iterator

from stages.pictures import png_chunk

END = png_chunk(b"IEND", b"")
_SIGNATURE = 8


def chunks_of(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each, as far as they can be told."""
    at = _SIGNATURE
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def mended(data: bytes) -> bytes:
    """With checksums that fit again, so that the damage reaches the decoders."""
    return data[:_SIGNATURE] + b"".join(png_chunk(*chunk) for chunk in chunks_of(data))


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Cut, spliced or changed somewhere, some with checksums that fit again."""
    at, end = sorted(dice.sample(range(8, len(data)), 2))
    flipped = bytearray(data)
    flipped[at] ^= 1 << dice.randrange(8)
    return dice.choice(
        (
            data[:at],
            data[:at] + END,
            data[:at] + data[min(end, at + 20) :],
            bytes(flipped),
            mended(bytes(flipped)),
            mended(data[:at] + dice.randbytes(min(end - at, 20)) + data[min(end, at + 20) :]),
        )
    )
