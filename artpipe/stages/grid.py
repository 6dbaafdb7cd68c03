"""Colour grids of an older program: a blurred picture as a few cells in hexadecimal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from artpipe.stages.blurhash import encode

if TYPE_CHECKING:
    from PIL.Image import Image

# Cells on each side -> characters: three bytes of RGB per cell.
_SIDES: Final = {2 * 3 * side * side: side for side in (4, 20)}


def side_of(cells: str) -> int | None:
    """How many cells a grid has on each side; None for what is no grid."""
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
