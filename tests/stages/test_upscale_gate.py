"""The output gate, with broken outputs of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from stages.pictures import photo

from artpipe.errors import WorkError
from artpipe.stages.upscale.gate import inspect
from artpipe.stages.upscale.tiles import Plan, paint

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

LIMIT = 32.0


def source() -> NDArray[np.uint8]:
    return np.asarray(photo("astronaut"))[60:100, 170:220]


def good(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Each pixel as a block of 2x2."""
    planes = pixels.transpose(2, 0, 1).repeat(2, axis=1).repeat(2, axis=2)
    return np.ascontiguousarray(planes, dtype=np.float32)


def spoiled(*values: float) -> NDArray[np.float32]:
    result = good(source())
    result[1, 30, : len(values)] = values
    return result


BROKEN: dict[str, tuple[Callable[[], NDArray[np.float32]], str]] = {
    "black": (lambda: good(source()) * 0, "mean colour off by"),
    "white": (lambda: good(source()) * 0 + 255, "mean colour off by"),
    "inverted": (lambda: good(255 - source()), "mean colour off by"),
    "scaled wrongly": (lambda: good(source() // 255), "mean colour off by"),
    "one colour, the right one": (
        lambda: good(np.full_like(source(), source().mean(axis=(0, 1)))),
        "one single colour",
    ),
    "one number missing": (lambda: spoiled(np.nan), "not numbers"),
    "infinite": (lambda: spoiled(np.inf), "not numbers"),
    "both infinities": (lambda: spoiled(np.inf, -np.inf), "not numbers"),
    "a row short": (lambda: good(source())[:, :-1], "3x79x100 values instead of 50x40 times 2"),
    "one channel": (lambda: good(source())[:1], "1x80x100 values"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_output_is_refused(case: str) -> None:
    make, message = BROKEN[case]
    with pytest.raises(WorkError, match=message) as caught:
        inspect(source(), make(), 2, LIMIT)
    assert caught.value.code == "implausible-output"


def test_a_good_output_passes() -> None:
    inspect(source(), good(source()), 2, LIMIT)


def test_the_limit_can_be_set() -> None:
    shifted = good(source()) + 20
    inspect(source(), shifted, 2, LIMIT)
    with pytest.raises(WorkError, match=r"off by 20 .*max_colour_shift 10"):
        inspect(source(), shifted, 2, 10)


def test_one_colour_is_right_for_a_picture_of_one_colour() -> None:
    flat = np.full((40, 50, 3), 201, np.uint8)
    inspect(flat, good(flat), 2, LIMIT)


def test_a_speck_may_be_smoothed_away() -> None:
    flat = np.full((40, 50, 3), 201, np.uint8)
    speck = flat.copy()
    speck[20, 20] = 160
    inspect(speck, good(flat), 2, LIMIT)


def test_structure_of_less_than_the_sparse_grid_is_seen() -> None:
    dotted = np.full((40, 50, 3), 100, np.uint8)
    dotted[3:7, 3:7] = 200
    inspect(dotted, good(dotted), 2, LIMIT)


class Broken:
    """An engine whose card is dying: black in the second tile, from the given block size on."""

    name, version, device, precision = "broken", "0", "cpu", "fp32"
    threads, largest_tile = 1, 0

    def __init__(self, least: int) -> None:
        self.least = least
        self.runs = 0

    def run(self, block: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.runs += 1
        return good(block) * (0 if block.shape[1] >= self.least and self.runs % 2 == 0 else 1)

    def reset(self) -> None:
        self.runs = 0


def test_one_bad_tile_fails_the_picture() -> None:
    pixels = np.asarray(photo("astronaut"))[60:100, 100:220]
    canvas = np.zeros((80, 240, 3), np.uint8)
    with pytest.raises(WorkError) as caught:
        paint(Broken(0), pixels, canvas, Plan(2, 4, 60, tta=False, max_colour_shift=LIMIT))
    assert caught.value.code == "implausible-output"


def test_smaller_tiles_are_tried_before_giving_up() -> None:
    pixels = np.asarray(photo("astronaut"))[60:100, 100:220]
    canvas = np.zeros((80, 240, 3), np.uint8)
    grid = paint(Broken(60), pixels, canvas, Plan(2, 4, 60, tta=False, max_colour_shift=LIMIT))
    assert (grid.tile_width, grid.tile_height) == (30, 20)
    assert np.array_equal(canvas, pixels.repeat(2, axis=0).repeat(2, axis=1))
