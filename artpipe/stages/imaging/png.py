"""What a PNG file consists of, chunk by chunk."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFile import ImageFile

_SIGNATURE_BYTES: Final = 8
_BYTES_AROUND: Final = 12  # length, name and checksum of a chunk
_HEADER, _PIXELS, _END = b"IHDR", b"IDAT", b"IEND"
_ANIMATION: Final = frozenset((b"acTL", b"fcTL", b"fdAT"))
# Behind the pixels, these change nothing about them, nor can Pillow find fault with them.
_HARMLESS: Final = frozenset((b"tEXt", b"tIME", b"eXIf"))
# Pillow's names of those whose samples it only unpacks.
_PLAIN_MODES: Final = frozenset(("L", "LA", "RGB", "RGBA"))
# A hostile file may hold millions; with the usual 8 KiB of pixels in each, these make 400 MB.
_MOST_CHUNKS: Final = 50_000


def is_plain(data: bytes, header: ImageFile) -> bool:
    """Whether the samples of the file are those of the picture, and it is ordinary (see `is_ordinary`).

    Args:
        data: the whole file.
        header: the same file as Pillow opened it.
    """
    rawmode = header.tile[0][3] if header.tile else None
    plain = rawmode == header.mode in _PLAIN_MODES and "transparency" not in header.info
    return plain and is_ordinary(data)


def is_ordinary(data: bytes) -> bool:
    """Whether it is whole, and its pixels are those of one picture, in one run, with nothing odd behind them."""
    runs = [name for name, _ in groupby(islice(_chunk_names(data), _MOST_CHUNKS))]
    if runs[:1] != [_HEADER] or runs[-1] != _END or runs.count(_HEADER) != 1 or runs.count(_PIXELS) != 1:
        return False
    behind = runs[runs.index(_PIXELS) + 1 : -1]
    return _HARMLESS.issuperset(behind) and _ANIMATION.isdisjoint(runs)


def _chunk_names(data: bytes) -> Iterator[bytes]:
    """The names in order; an empty one if the last chunk promises more bytes than there are."""
    at = _SIGNATURE_BYTES
    while at < len(data):
        yield data[at + 4 : at + 8]
        at += int.from_bytes(data[at : at + 4], "big") + _BYTES_AROUND
    if at > len(data):
        yield b""
