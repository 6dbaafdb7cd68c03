"""The stage kind `upscale`: Real-ESRGAN at an exact factor, alpha kept."""

from __future__ import annotations

import io
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from artpipe.errors import WorkError
from artpipe.stages.stage import Parameter, Product
from artpipe.stages.upscale.alpha import bleed, enlarge
from artpipe.stages.upscale.engine import (
    AUTO,
    AUTO_GPU,
    CPU,
    NCNN,
    WRAPPER,
    Machine,
    Order,
    choose,
    load,
    this_machine,
)
from artpipe.stages.upscale.memory import automatic_tile
from artpipe.stages.upscale.models import MODELS, check, find_weights
from artpipe.stages.upscale.tiles import SMALLEST_TILE, Plan, paint

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from artpipe.stages.imaging import Picture
    from artpipe.stages.stage import Parameters, ParameterValue
    from artpipe.stages.upscale.engine import Engine
    from artpipe.stages.upscale.tiles import Grid

COLOURS = 3
_ROWS = 256

PARAMETERS: Mapping[str, Parameter] = {
    # The default is the same on every machine, so that libraries can move between them.
    "model": Parameter("realesr-animevideov3", "network, named as realesrgan-ncnn-vulkan does", tuple(MODELS)),
    "scale": Parameter(4, "enlargement; the x4plus models have 4 only", (2, 3, 4)),
    "tta": Parameter(default=False, help="average over 8 orientations: 8 times the time, a little smoother"),
    # PNG loses nothing: pixels are the same at every level, so a changed level is no reason to compute for
    # hours again. Level 1 is run-length coding, which on upscaled photographs is smaller than ordinary
    # deflate at any level up to 9 and five times as fast as level 6 (1600x2400: 4.23 MB in 0.27 s against
    # 4.40 MB in 1.44 s; the network took 1.75 s); on flat drawings a third larger.
    "compression": Parameter(
        1, "PNG level; 1 is tuned for upscales, higher ones are slow", minimum=0, maximum=9, wanted=False
    ),
    "tile": Parameter(
        0,
        "side of the largest tile in pixels of the input; 0 chooses, less than 32 counts as 32",
        minimum=0,
        maximum=4096,
        wanted=False,
    ),
    "gpu": Parameter(
        AUTO_GPU,
        "Vulkan device; -1 is the CPU, -2 takes a real GPU where there is one",
        minimum=-2,
        maximum=63,
        wanted=False,
    ),
    "threads": Parameter(
        0, "CPU threads; 0 takes every core this process may use", minimum=0, maximum=1024, wanted=False
    ),
    # bf16 is at most 2 (animevideov3) or 7 (x4plus) grey levels off and a tenth faster. GPUs compute in half
    # precision anyway, and what was made on one isn't stale on a CPU: the same rule holds here.
    "precision": Parameter("fp32", "number format on the CPU", ("fp32", "bf16"), wanted=False),
    "engine": Parameter(AUTO, "what computes", (AUTO, NCNN, WRAPPER), wanted=False),
    # Measured over all models: at most 13 on tiles of photographs, 22 on tiny pictures, 29 on a checkerboard
    # of single pixels. An inverted or empty tile is further off, or has one colour only.
    "max_colour_shift": Parameter(
        32.0,
        "how far a tile's mean colour may move, in grey levels of 255, before the output is refused",
        minimum=0,
        maximum=255,
        wanted=False,
    ),
}


class Upscaler:
    """Enlarges pictures; a network stays loaded for as long as the instance lives.

    The product is a PNG: RGBA if any pixel of the input is not fully opaque, else RGB.
    """

    kind: ClassVar[str] = "upscale"
    version: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, Parameter]] = PARAMETERS

    def __init__(self) -> None:
        self._loaded: dict[Order, _Loaded] = {}

    @staticmethod
    def check(params: Parameters) -> None:
        """Refuse parameters that are right one by one but impossible together.

        Raises:
            SettingsError: the message says what is possible.
        """
        check(params)

    def make(self, picture: Picture, params: Parameters) -> Product:
        """Enlarge a picture.

        Raises:
            SettingsError: this model has no such scale.
            EnvironmentLackError: `model-missing`, `model-broken`, `engine-missing` or `gpu-missing`.
            WorkError: `implausible-output` or `out-of-memory`.
        """
        check(params)
        loaded = self._load(params)
        try:
            canvas, grid = _upscale(loaded, picture, params)
            data = _png(canvas, int(params["compression"]))
        except MemoryError as error:
            raise WorkError("out-of-memory", "not enough memory for the picture with its upscale") from error
        height, width = canvas.shape[:2]
        return Product(width, height, data, "png", how=_how(loaded, grid))

    def _load(self, params: Parameters) -> _Loaded:
        order = _order(params)
        if order not in self._loaded:
            # Free memory is looked at before the network takes its part of it, and never again.
            tile = automatic_tile(MODELS[str(params["model"])], SMALLEST_TILE)
            self._loaded[order] = _Loaded(load(order), order.weights.digest(), tile)
        return self._loaded[order]


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A network in memory; `tile` is the side that suits it where nobody asks for another."""

    engine: Engine
    digest: str
    tile: int


def _order(params: Parameters) -> Order:
    scale, gpu, engine = int(params["scale"]), int(params["gpu"]), str(params["engine"])
    # Looking for GPUs opens Vulkan drivers: not where the answer is known.
    machine = this_machine() if gpu != CPU or engine == WRAPPER else Machine()
    return Order(
        weights=find_weights(str(params["model"]), scale),
        scale=scale,
        choice=choose(engine, gpu, machine),
        precision="bf16" if params["precision"] == "bf16" else "fp32",
        threads=int(params["threads"]) or _cores(),
    )


def _cores() -> int:
    """Cores this process may use, where the system tells (macOS does not)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _upscale(loaded: _Loaded, picture: Picture, params: Parameters) -> tuple[NDArray[np.uint8], Grid]:
    import numpy as np

    pixels: NDArray[np.uint8] = np.asarray(picture.full())
    scale, (height, width, channels) = int(params["scale"]), pixels.shape
    canvas = np.empty((height * scale, width * scale, channels), dtype=np.uint8)
    transparent = channels > COLOURS
    colours = bleed(pixels) if transparent else pixels
    grid = paint(loaded.engine, colours, canvas[:, :, :COLOURS], _plan(loaded, params))
    if _is_grey(pixels):
        _make_grey(canvas)
    if transparent:
        canvas[:, :, COLOURS] = enlarge(pixels[:, :, COLOURS], scale)
    return canvas, grid


def _is_grey(pixels: NDArray[np.uint8]) -> bool:
    red, green, blue = pixels[:, :, 0], pixels[:, :, 1], pixels[:, :, 2]
    return bool((red == green).all() and (green == blue).all())


def _make_grey(canvas: NDArray[np.uint8]) -> None:
    """The networks were trained on colours and give dithered or noisy greys a tint of their own."""
    import numpy as np

    for top in range(0, len(canvas), _ROWS):
        rows = canvas[top : top + _ROWS, :, :COLOURS]
        rows[:] = (rows.sum(axis=2, dtype=np.uint16, keepdims=True) + 1) // COLOURS


def _plan(loaded: _Loaded, params: Parameters) -> Plan:
    return Plan(
        scale=int(params["scale"]),
        context=MODELS[str(params["model"])].context,
        tile=int(params["tile"]) or loaded.engine.largest_tile or loaded.tile,
        tta=bool(params["tta"]),
        max_colour_shift=float(params["max_colour_shift"]),
    )


def _png(canvas: NDArray[np.uint8], level: int) -> bytes:
    from PIL import Image

    strategy = zlib.Z_RLE if level == 1 else zlib.Z_DEFAULT_STRATEGY
    file = io.BytesIO()
    Image.fromarray(canvas).save(file, "PNG", compress_level=level, compress_type=strategy)
    return file.getvalue()


def _how(loaded: _Loaded, grid: Grid) -> dict[str, ParameterValue]:
    engine = loaded.engine
    return {
        "engine": engine.name,
        "engine_version": engine.version,
        "device": engine.device,
        "precision": engine.precision,
        "threads": engine.threads,
        "tile": f"{grid.tile_width}x{grid.tile_height}",
        "weights": loaded.digest,
    }
