"""What libvips does faster than Pillow, and no worse.

| work | libvips | Pillow |
|---|---|---|
| decode PNG: grey or RGB, maybe with alpha, 8 bits, no colour key | the same pixels, x0.6 the time | |
| decode other PNG | | its results are those that are tested; such files are few |
| decode JPEG | | as fast, CMYK and cut files included |
| decode WebP | | twice as fast |
| decode any other format | | rare, and of libvips' loaders the untested ones |
| scale down by less than 4 | 54 dB from Pillow, x0.3 the time | |
| scale down further | | shrinks by whole factors first: as fast, and 1 to 3 dB closer |

Whatever libvips refuses, or so much as warns about, is decoded by Pillow instead: so a damaged picture has the
same reason code with and without it.
"""

from __future__ import annotations

import logging
import mmap
import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from artpipe.stages import kinds
from artpipe.stages.imaging import png

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

# Raw modes of PNG whose samples are what libvips returns.
_PLAIN_PNG: Final = frozenset(("L", "LA", "RGB", "RGBA"))
# From here on Pillow shrinks by a whole factor before it filters.
_FACTOR_FOR_PILLOW: Final = 4
# Below, preparing a pipeline takes longer than Pillow takes for all.
_LEAST_PIXELS: Final = 200_000
# In narrower pictures nearly everything is edge, where the two differ by a few decibels more.
_LEAST_SIDE: Final = 16
# What libvips takes for buffers and threads, generously.
_WORKING_MEMORY: Final = 64 << 20


@cache
def version() -> str:
    """Of libvips; empty where it is not installed."""
    vips = _library()
    return ".".join(str(vips.version(part)) for part in range(3)) if vips else ""


@cache
def _library() -> Any:
    """The module `pyvips`, or None."""
    os.environ.setdefault("VIPS_CONCURRENCY", "1")  # there is a worker per core already
    # What it would say about a picture, Pillow says in its error; without a handler it goes to stderr.
    logging.getLogger("pyvips").addHandler(logging.NullHandler())
    try:
        import pyvips
    except (ImportError, OSError):  # no wheel for this machine, or a system library is missing
        return None
    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)
    return pyvips


def decode(data: bytes, kind: kinds.Kind, header: ImageFile) -> Image | None:
    """A picture with the mode and the pixels that Pillow would give it; None if that is Pillow's to do.

    Args:
        data: the whole file.
        header: the same file as Pillow opened it.
    """
    if kind is not kinds.PNG or not _has_plain_samples(header) or not png.is_ordinary(data):
        return None
    vips = _library()
    if vips is None or not _has_room(2 * header.width * header.height * len(header.mode)):
        return None
    try:
        # From a buffer it would copy the bytes first.
        loaded = vips.Image.pngload_source(vips.Source.new_from_memory(data), access="sequential", fail_on="warning")
        if (loaded.width, loaded.height, loaded.bands) != (*header.size, len(header.mode)) or loaded.format != "uchar":
            return None
        picture = _to_pillow(loaded, header.mode)
    except vips.Error:
        return None
    picture.info.update(header.info)
    return picture


def _has_plain_samples(header: ImageFile) -> bool:
    rawmode = header.tile[0][3] if header.tile else None
    return rawmode == header.mode in _PLAIN_PNG and "transparency" not in header.info


def scale(picture: Image, size: tuple[int, int]) -> Image | None:
    """An RGB or RGBa picture at another size, by a Lanczos filter; None if that is Pillow's to do."""
    factors = picture.width / size[0], picture.height / size[1]
    worthwhile = picture.width * picture.height >= _LEAST_PIXELS and min(size) >= _LEAST_SIDE
    if not worthwhile or not 1 <= min(factors) <= max(factors) < _FACTOR_FOR_PILLOW or size == picture.size:
        return None
    vips = _library()
    if vips is None or not _has_room(picture.width * picture.height * len(picture.mode)):
        return None
    try:
        source = vips.Image.new_from_memory(picture.tobytes(), *picture.size, len(picture.mode), "uchar")
        smaller = source.resize(1 / factors[0], vscale=1 / factors[1])
        return _to_pillow(smaller, picture.mode) if (smaller.width, smaller.height) == size else None
    except vips.Error:
        return None


def _has_room(size: int) -> bool:
    """Whether there is this much memory and some: where there is not, GLib ends the process, and Pillow only fails."""
    try:
        mmap.mmap(-1, size + _WORKING_MEMORY).close()
    except (OSError, MemoryError):
        return False
    return True


def _to_pillow(image: Any, mode: str) -> Image:
    from PIL import Image

    return Image.frombuffer(mode, (image.width, image.height), image.write_to_memory(), "raw", mode, 0, 1)
