"""What a picture is, before any of its pixels are decoded."""

from __future__ import annotations

import logging
import re
import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Final

from artpipe.errors import PictureError
from artpipe.stages import kinds
from artpipe.stages.imaging.blame import blaming_the_picture

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

UPRIGHT: Final = 1
"""The EXIF orientation of what needs no turning."""
_TURNED: Final = frozenset((5, 6, 7, 8))
_ORIENTATION_TAG: Final = 0x0112


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may be at most, checked before anything is decoded.

    Args:
        max_pixels: width times height, of one frame.
        max_bytes: size of the file, which is read into memory as a whole.
    """

    max_pixels: int = 100_000_000
    max_bytes: int = 1 << 30

    def check_pixels(self, width: int, height: int) -> None:
        if width * height > self.max_pixels:
            raise PictureError("too-large", f"{width}x{height} is more than the limit of {self.max_pixels:,} pixels")

    def check_bytes(self, size: int) -> None:
        if size > self.max_bytes:
            raise PictureError("too-large", f"{size:,} bytes are more than the limit of {self.max_bytes:,}")


def open_header(file: BinaryIO, kind: kinds.Kind, limits: Limits) -> ImageFile:
    """Identify a picture without decoding it.

    `file` stays open; the picture reads from it until it is loaded. Its pixel count is the caller's to check.

    Raises:
        PictureError, WorkError, OSError: see `blaming_the_picture`.
    """
    from PIL import Image

    if not kind.pillow:
        raise PictureError(kind.problem, f"{kind.mime} files are not opened as pictures")
    import_module(f"PIL.{kind.plugin}")
    _set_up_pillow(kind, limits)
    with blaming_the_picture():
        return Image.open(file, formats=[kind.pillow])


def _set_up_pillow(kind: kinds.Kind, limits: Limits) -> None:
    from PIL import Image

    if kind is kinds.AVIF:
        from PIL import AvifImagePlugin

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # there is a worker per core already
    # GIF and WebP take memory for their frames before anybody could look at their size; Pillow itself refuses
    # more than twice this number, there and everywhere.
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    _keep_pillow_quiet()


def _keep_pillow_quiet() -> None:
    """Drop Pillow's warnings and log lines: what they say about a picture stands in its `PictureError`.

    A filter of the whole process: `catch_warnings` is not safe with the threads that register pictures.
    """
    ignored = ("ignore", None, Warning, re.compile(r"PIL\."), 0)
    if ignored not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"PIL\.")
    log = logging.getLogger("PIL")
    if not log.handlers:  # without one, errors go to stderr
        log.addHandler(logging.NullHandler())


def orientation(header: ImageFile) -> int:
    """The EXIF orientation, 1 to 8, that has still to be applied; 1 for a missing or senseless one."""
    from PIL import Image

    if header.format == "TIFF":  # Pillow turns these itself, and already swaps their size
        return UPRIGHT
    try:
        # The PNG plugin's own getexif decodes the whole picture, in search of a late chunk.
        value = Image.Image.getexif(header).get(_ORIENTATION_TAG, UPRIGHT)
    except Exception:  # noqa: BLE001 - damaged EXIF raises anything, and the picture is good without it
        return UPRIGHT
    return value if isinstance(value, int) and 1 <= value <= max(_TURNED) else UPRIGHT


def upright_size(header: ImageFile) -> tuple[int, int]:
    width, height = header.size
    return (height, width) if orientation(header) in _TURNED else (width, height)
