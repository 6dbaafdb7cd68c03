"""What libvips does faster than Pillow, and no worse.

| work | libvips | Pillow |
|---|---|---|
| decode PNG: grey or RGB, maybe with alpha, 8 bits, no colour key | the same pixels, x0.6 the time (see `kornia`) | |
| decode other PNG | | its results are those that are tested; such files are few |
| decode JPEG | | as fast, CMYK and cut files included |
| decode WebP | | twice as fast |
| decode opaque WebP at a half, a quarter, an eighth | x0.65 of full size, 51 dB | cannot |
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
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

NAME: Final = "libvips"
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


class Pixels:
    """Samples of 8 bits, kept where libvips can take them without another copy.

    Args:
        samples: row after row, one byte for each letter of `mode`.
        mode: Pillow's word.
        decoder: who decoded them.
    """

    def __init__(
        self, samples: bytes | NDArray[np.uint8], size: tuple[int, int], mode: str, decoder: str = NAME
    ) -> None:
        self._samples = samples
        self.size = size
        self.mode = mode
        self.decoder = decoder

    def to_pillow(self) -> Image:
        from PIL import Image

        return Image.frombuffer(self.mode, self.size, self._samples, "raw", self.mode, 0, 1)

    def scaled(self, size: tuple[int, int]) -> Image | None:
        """At another size, by a Lanczos filter; None if that is Pillow's to do."""
        vips = _library()
        if vips is None or not _pays(self.size, size) or not has_room(self.size[0] * self.size[1] * len(self.mode)):
            return None
        try:
            source = vips.Image.new_from_memory(self._samples, *self.size, len(self.mode), "uchar")
            smaller = source.resize(size[0] / self.size[0], vscale=size[1] / self.size[1])
            found = (smaller.width, smaller.height)
            return Pixels(smaller.write_to_memory(), size, self.mode).to_pillow() if found == size else None
        except vips.Error:
            return None


def decode(data: bytes, kind: kinds.Kind, header: ImageFile, scale: int) -> Pixels | None:
    """A picture with the mode and the pixels that Pillow would give it; None if that is Pillow's to do.

    Args:
        data: the whole file.
        header: the same file as Pillow opened it.
        scale: 1 for all pixels; see `shrinks` for others.
    """
    vips = _library()
    is_ours = kind is kinds.PNG and png.is_plain(data, header) if scale == 1 else shrinks(kind, header)
    if vips is None or not is_ours:
        return None
    if not has_room(2 * header.width * header.height * len(header.mode) // scale**2):
        return None
    source = vips.Source.new_from_memory(data)  # from a buffer it would copy the bytes first
    options = {"access": "sequential", "fail_on": "warning"}
    try:
        if kind is kinds.PNG:
            loaded = vips.Image.pngload_source(source, **options)
        else:
            loaded = vips.Image.webpload_source(source, scale=1 / scale, **options)
        size = (loaded.width, loaded.height)
        if (loaded.bands, loaded.format) != (len(header.mode), "uchar") or (scale == 1 and size != header.size):
            return None
        return Pixels(loaded.write_to_memory(), size, header.mode)
    except vips.Error:
        return None


def shrinks(kind: kinds.Kind, header: ImageFile) -> bool:
    """Whether the picture can be decoded smaller, by whole factors, the last column and row being whole pixels too."""
    if kind is not kinds.WEBP or header.mode != "RGB" or _library() is None:
        return False
    return not getattr(header, "is_animated", False)


def scale(picture: Image, size: tuple[int, int]) -> Image | None:
    """An RGB or RGBA picture at another size, by a Lanczos filter; None if that is Pillow's to do."""
    if _library() is None or not _pays(picture.size, size):
        return None
    return Pixels(picture.tobytes(), picture.size, picture.mode).scaled(size)


def _pays(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether it is a work that libvips does better than Pillow."""
    factors = before[0] / after[0], before[1] / after[1]
    worthwhile = before[0] * before[1] >= _LEAST_PIXELS and min(after) >= _LEAST_SIDE
    return worthwhile and 1 <= min(factors) <= max(factors) < _FACTOR_FOR_PILLOW and after != before


def has_room(size: int) -> bool:
    """Whether there is this much memory and some: where there is not, GLib ends the process, and Pillow only fails."""
    try:
        mmap.mmap(-1, size + _WORKING_MEMORY).close()
    except (OSError, MemoryError):
        return False
    return True
