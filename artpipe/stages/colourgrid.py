"""The 20x20 colours of a picture, as pages that are older than BlurHash draw it while it loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from artpipe.stages.colour import flattened

if TYPE_CHECKING:
    from artpipe.stages.imaging import Picture

CELLS: Final = 20


def colour_grid(picture: Picture) -> bytes:
    """Red, green and blue of each cell's average, row by row.

    Raises:
        WorkError: see `Picture.full`.
    """
    from PIL.Image import Resampling

    return flattened(picture.full()).resize((CELLS, CELLS), Resampling.BOX).tobytes()
