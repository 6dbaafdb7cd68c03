"""Colour grids, as pages that are older than BlurHash draw a picture while it loads: 4x4 or 20x20 average colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from artpipe.stages.blurhash import encode
from artpipe.stages.colour import flattened

if TYPE_CHECKING:
    from PIL.Image import Image

    from artpipe.stages.imaging import Picture

CELLS: Final = 20
# Characters of hexadecimal -> cells on each side: three bytes of RGB per cell.
_SIDES: Final = {2 * 3 * side * side: side for side in (4, CELLS)}


def colour_grid(picture: Picture) -> bytes:
    """Red, green and blue of each of 20x20 cells' average, row by row.

    Raises:
        WorkError: see `Picture.full`.
    """
    from PIL.Image import Resampling

    return flattened(picture.full()).resize((CELLS, CELLS), Resampling.BOX).tobytes()


def side_of(cells: str) -> int | None:
    """How many cells a grid in hexadecimal has on each side; None for what is no grid."""
    try:
        bytes.fromhex(cells)
    except ValueError:
        return None
    return _SIDES.get(len(cells))


def blurhash_of(cells: str, across: int, down: int) -> str:
    """The blurhash of a grid, taken as a small picture; `across` and `down` are the numbers of components."""
    return encode(_picture(cells), across, down)[0]


def _picture(cells: str) -> Image:
    from PIL.Image import frombytes

    side = _SIDES[len(cells)]
    return frombytes("RGB", (side, side), bytes.fromhex(cells))
