"""A picture cut into equal overlapping tiles, upscaled one by one into the finished picture."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from artpipe.errors import WorkError
from artpipe.stages.upscale.engine import TileTooLargeError
from artpipe.stages.upscale.gate import ImplausibleError, inspect

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from artpipe.stages.upscale.engine import Engine

SMALLEST_TILE = 32

# Quarter turns, and whether mirrored before: the seven ways to look at a picture besides the usual one.
_OTHER_WAYS = ((1, False), (2, False), (3, False), (0, True), (1, True), (2, True), (3, True))


@dataclass(frozen=True, slots=True)
class Plan:
    """How one picture is upscaled.

    Args:
        scale: factor of the network.
        context: pixels of the neighbourhood that a tile takes along on each side.
        tile: side of the largest tile, context not counted.
        tta: average the answers for the eight ways to turn and mirror a tile.
        max_colour_shift: limit of the output gate, in grey levels of 255.
    """

    scale: int
    context: int
    tile: int
    tta: bool
    max_colour_shift: float


@dataclass(frozen=True, slots=True)
class Grid:
    """Equal tiles over a picture; sizes in pixels of the input, context not counted.

    The last tile of a row or column is moved back inside the picture instead of being cut short: a sliver
    costs nearly as much as a whole tile, because of its context.
    """

    width: int
    height: int
    tile_width: int
    tile_height: int

    @classmethod
    def over(cls, width: int, height: int, side: int) -> Grid:
        return cls(width, height, ceil(width / ceil(width / side)), ceil(height / ceil(height / side)))

    def origins(self) -> Iterator[tuple[int, int]]:
        """Left and top of each tile, row by row."""
        for top in range(0, self.height, self.tile_height):
            for left in range(0, self.width, self.tile_width):
                yield min(left, self.width - self.tile_width), min(top, self.height - self.tile_height)


def paint(engine: Engine, source: NDArray[np.uint8], canvas: NDArray[np.uint8], plan: Plan) -> Grid:
    """Fill `canvas` with the upscaled `source`; where that fails, once more with tiles of half the size.

    Args:
        engine: the loaded network.
        source: height x width x 3.
        canvas: the same, `plan.scale` times as high and wide; may be a view into something larger.
        plan: see there.

    Returns:
        The tiles that were used in the end.

    Raises:
        WorkError: `implausible-output` or `out-of-memory` with the smallest tile too.
    """
    import numpy as np

    height, width = source.shape[:2]
    margin = (plan.context, plan.context)
    # The picture's own border is continued the same way whatever the tiles: how it is padded changes the
    # answer far into the picture.
    padded = np.pad(source, (margin, margin, (0, 0)), mode="edge")
    grid = Grid.over(width, height, max(plan.tile, SMALLEST_TILE))
    while True:
        try:
            _paint_grid(engine, padded, canvas, (grid, plan))
        except (TileTooLargeError, ImplausibleError, MemoryError) as error:
            # ncnn does not notice every allocation that fails: nonsense can be a want of memory too.
            engine.reset()
            grid = _smaller(grid, error)
        else:
            return grid


def _smaller(grid: Grid, error: WorkError | MemoryError) -> Grid:
    side = max(grid.tile_width, grid.tile_height)
    if side > SMALLEST_TILE:
        return Grid.over(grid.width, grid.height, max(side // 2, SMALLEST_TILE))
    if isinstance(error, ImplausibleError):
        raise error
    raise WorkError("out-of-memory", f"even a tile of {side} pixels is too large: {error}") from error


def _paint_grid(engine: Engine, padded: NDArray[np.uint8], canvas: NDArray[np.uint8], how: tuple[Grid, Plan]) -> None:
    grid, plan = how
    scale, context = plan.scale, plan.context
    inner = slice(context * scale, -context * scale)
    compute = _eightfold if plan.tta else _once
    for left, top in grid.origins():
        right, bottom = left + grid.tile_width, top + grid.tile_height
        block = padded[top : bottom + 2 * context, left : right + 2 * context]
        result = compute(engine, block)[:, inner, inner]
        inspect(block[context:-context, context:-context], result, scale, plan.max_colour_shift)
        _store(result, canvas[top * scale : bottom * scale, left * scale : right * scale])


def _once(engine: Engine, block: NDArray[np.uint8]) -> NDArray[np.float32]:
    return engine.run(block)


def _eightfold(engine: Engine, block: NDArray[np.uint8]) -> NDArray[np.float32]:
    import numpy as np

    total = engine.run(block)
    for turns, mirrored in _OTHER_WAYS:
        view = np.rot90(block[:, ::-1] if mirrored else block, turns)
        result = np.rot90(engine.run(view), -turns, axes=(1, 2))
        total += result[:, :, ::-1] if mirrored else result
    total /= np.float32(8)
    return total


def _store(result: NDArray[np.float32], place: NDArray[np.uint8]) -> None:
    """Round planar floats into interleaved bytes, in place: no copy of this size is made."""
    import numpy as np

    # Assigning floats to bytes cuts the fraction off.
    result += np.float32(0.5)
    np.clip(result, 0, 255, out=result)
    for channel, plane in enumerate(result):
        place[:, :, channel] = plane
