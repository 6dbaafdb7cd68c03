"""Tiles: no seam, no gap, and smaller ones when memory is short."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stages.pictures import encode, photo

from artpipe.errors import WorkError
from artpipe.stages.upscale.engine import CPU, NCNN, Choice, Order, TileTooLargeError
from artpipe.stages.upscale.models import MODELS, find_weights
from artpipe.stages.upscale.ncnn_engine import NcnnEngine
from artpipe.stages.upscale.tiles import Grid, Plan, _store, paint

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from artpipe.stages.upscale.engine import Engine

ANIME = "realesr-animevideov3"


def order(model: str, scale: int) -> Order:
    """One thread: OpenMP's threads spin for one another, which multiplies the time on a busy machine."""
    return Order(find_weights(model, scale), scale, Choice(NCNN, CPU), "fp32", 1)


def plan(model: str, scale: int, tile: int) -> Plan:
    return Plan(scale, MODELS[model].context, tile, tta=False, max_colour_shift=32)


def painted(engine: Engine, source: NDArray[np.uint8], how: Plan) -> tuple[NDArray[np.int16], Grid]:
    height, width = source.shape[:2]
    canvas = np.full((height * how.scale, width * how.scale, 3), 77, np.uint8)
    grid = paint(engine, source, canvas, how)
    return canvas.astype(np.int16), grid


def crop(width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(photo("astronaut"))[60 : 60 + height, 170 : 170 + width]


@given(st.integers(1, 500), st.integers(1, 500), st.integers(32, 300))
def test_tiles_are_equal_inside_the_picture_and_cover_it(width: int, height: int, side: int) -> None:
    grid = Grid.over(width, height, side)
    covered = np.zeros((height, width), bool)
    for left, top in grid.origins():
        area = covered[top : top + grid.tile_height, left : left + grid.tile_width]
        assert min(left, top) >= 0
        assert area.shape == (grid.tile_height, grid.tile_width)
        area[:] = True
    assert covered.all()
    assert max(grid.tile_width, grid.tile_height) <= side
    assert len(list(grid.origins())) == -(-width // side) * -(-height // side)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_no_seam_shows_with_animevideov3(scale: int) -> None:
    engine, source = NcnnEngine(order(ANIME, scale)), crop(96, 90)
    whole, one = painted(engine, source, plan(ANIME, scale, 96))
    tiled, four = painted(engine, source, plan(ANIME, scale, 48))
    assert (one.tile_width, four.tile_width, four.tile_height) == (96, 48, 45)
    assert abs(whole - tiled).max() <= 1


@pytest.mark.parametrize("model", ["realesrgan-x4plus-anime", "realesrgan-x4plus"])
def test_hardly_a_seam_with_the_large_models(model: str) -> None:
    # A cat's whiskers: with 32 pixels of context x4plus is 18 levels off here, with 16 x4plus-anime is.
    source = np.asarray(photo("chelsea"))[100:112, 150:190]
    engine = NcnnEngine(order(model, 4))
    whole, _ = painted(engine, source, plan(model, 4, 40))
    tiled, grid = painted(engine, source, plan(model, 4, 20))
    seam = grid.tile_width * 4
    assert seam == 80
    difference = abs(whole - tiled)
    assert difference.max() <= 8
    assert difference[:, seam - 4 : seam + 4].mean() <= 0.5


def test_overshooting_values_are_clipped_and_others_rounded() -> None:
    levels = np.array([-70.0, -0.6, 0.4, 0.6, 127.5, 254.4, 255.9, 330.0], np.float32)
    place = np.empty((1, 8, 3), np.uint8)
    _store(levels.repeat(3).reshape(8, 3).T[:, None].copy(), place)
    assert place[0, :, 0].tolist() == [0, 0, 0, 1, 128, 254, 255, 255]
    assert (place == place[:, :, :1]).all()


class Cramped(NcnnEngine):
    """ncnn, on a device that can't hold a block of more than `most` pixels."""

    most = 90 * 90
    resets = 0

    def run(self, block: NDArray[np.uint8]) -> NDArray[np.float32]:
        if block.shape[0] * block.shape[1] > self.most:
            raise TileTooLargeError("out-of-memory", "no room")
        return super().run(block)

    def reset(self) -> None:
        self.resets += 1
        super().reset()


def test_a_device_without_room_gets_smaller_tiles() -> None:
    engine, source = Cramped(order(ANIME, 2)), crop(110, 60)
    small, grid = painted(engine, source, plan(ANIME, 2, 200))
    assert (grid.tile_width, engine.resets) == (55, 1)
    engine.most = 1000 * 1000
    asked, _ = painted(engine, source, plan(ANIME, 2, 55))
    assert np.array_equal(small, asked)
    assert engine.resets == 1


def test_no_room_at_all_is_reported() -> None:
    engine = Cramped(order(ANIME, 2))
    engine.most = 10
    with pytest.raises(WorkError, match="even a tile of 30 pixels is too large") as caught:
        painted(engine, crop(110, 60), plan(ANIME, 2, 200))
    assert (caught.value.code, caught.value.kind) == ("out-of-memory", "transient")


OUT_OF_MEMORY = """
import io, re, resource, sys
from pathlib import Path
import numpy as np
from PIL import Image
from artpipe.errors import WorkError
from artpipe.stages.imaging import Picture
from artpipe.stages.upscale.maker import Upscaler

megabytes, path = int(sys.argv[1]), Path(sys.argv[2])
params = {key: parameter.default for key, parameter in Upscaler.parameters.items()} | {"tile": 40, "threads": 1}
picture = Picture(path.read_bytes())

def pixels(product):
    return np.asarray(Image.open(io.BytesIO(product.data))).astype(np.int16)

upscaler = Upscaler()
good = pixels(upscaler.make(picture, params))
used = int(re.search(r"VmSize:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + (megabytes << 20),) * 2)
try:
    product = upscaler.make(picture, params | {"tile": 120})
    print(product.how["tile"], abs(pixels(product) - good).max() <= 1)
except WorkError as error:
    print(error.code, error.kind)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and RLIMIT_AS")
@pytest.mark.parametrize(
    ("megabytes", "outcomes"),
    [
        (300, {"120x120 True"}),
        (25, {"60x60 True", "30x30 True"}),
        (1, {"60x60 True", "30x30 True", "out-of-memory transient"}),
    ],
)
def test_a_real_lack_of_memory_shrinks_the_tile_or_fails_the_job(
    megabytes: int, outcomes: set[str], tmp_path: Path
) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encode(photo("astronaut").crop((170, 60, 290, 180)), "png"))
    done = subprocess.run(
        [sys.executable, "-c", OUT_OF_MEMORY, str(megabytes), str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in outcomes
    assert "FATAL" not in done.stderr
