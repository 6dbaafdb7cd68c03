"""The one door that opens a picture: limits, rotation, colour, alpha."""

from __future__ import annotations

import errno
import io
import logging
import os
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Final

from artpipe.errors import PictureError, WorkError
from artpipe.stages import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image
    from PIL.ImageFile import ImageFile

ANALYSIS_WIDTH: Final = 400
"""The width that makers that only look ask for: the default thumbnail's, to share its decode."""

_DCT_SCALES: Final = (8, 4, 2)
_UPRIGHT: Final = 1
_TURNED: Final = frozenset((5, 6, 7, 8))
_RIGHT_EDGE_COMES_LEFT: Final = frozenset((2, 3, 6, 7))
_LOWER_EDGE_COMES_UP: Final = frozenset((3, 4, 7, 8))
# Shrink by whole factors to within twice the target first: 48 dB from pure Lanczos, and much faster.
_REDUCING_GAP: Final = 2.0
_ORIENTATION_TAG: Final = 0x0112
# What a failing disk says, as opposed to a damaged picture, about which Pillow also raises OSError.
_DISK_ERRORS: Final = frozenset((errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ETIMEDOUT))
_CUT_SHORT: Final = re.compile("truncat|unexpected end|end of file|not large enough", re.IGNORECASE)


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


@contextmanager
def blaming_the_picture() -> Iterator[None]:
    """Turn whatever Pillow raises about a damaged picture into a `WorkError`.

    Raises:
        PictureError: with the code `invalid`, `truncated` or `too-large`.
        WorkError: `out-of-memory`; another attempt may go better.
        OSError: the disk failed, not the picture.
    """
    try:
        yield
    except WorkError:
        raise
    except MemoryError as error:
        raise WorkError("out-of-memory", "not enough memory to decode the picture") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
            raise
        raise PictureError(*_diagnosis(error)) from error


def _diagnosis(error: Exception) -> tuple[str, str]:
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "invalid", "its header cannot be read"  # Pillow's own words hold a memory address
    message = " ".join(str(error).split())[:200] or type(error).__name__
    if isinstance(error, Image.DecompressionBombError):
        return "too-large", message
    cut_short = isinstance(error, EOFError) or _CUT_SHORT.search(message)
    return ("truncated" if cut_short else "invalid"), message


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
        return _UPRIGHT
    try:
        # The PNG plugin's own getexif decodes the whole picture, in search of a late chunk.
        value = Image.Image.getexif(header).get(_ORIENTATION_TAG, _UPRIGHT)
    except Exception:  # noqa: BLE001 - damaged EXIF raises anything, and the picture is good without it
        return _UPRIGHT
    return value if isinstance(value, int) and 1 <= value <= max(_TURNED) else _UPRIGHT


def upright_size(header: ImageFile) -> tuple[int, int]:
    width, height = header.size
    return (height, width) if orientation(header) in _TURNED else (width, height)


def fitted(size: tuple[int, int], width: int, longest: int) -> tuple[int, int]:
    """The largest size of the same proportions, at most `width` wide, no side over `longest`, none 0."""
    scale = min(1.0, width / size[0], longest / size[0], longest / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


class Picture:
    """A picture in memory, decoded when somebody asks for pixels, once for all who ask alike.

    Attributes:
        kind: the file type, from the bytes.
        width, height: in pixels, upright, whatever the file's EXIF orientation.
        has_alpha: the file declares transparency. `full` still returns RGB if every pixel turns out opaque.
    """

    def __init__(self, data: bytes, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._limits.check_bytes(len(data))
        self._data = data
        self._decoded: dict[int, Image.Image] = {}
        # Thumbnail and web copy have one size, and follow each other.
        self._last_scaled: tuple[tuple[tuple[int, int], int], Image.Image] | None = None
        kind = kinds.sniff(data[: kinds.HEAD_BYTES])
        if kind is None:
            raise PictureError("invalid", "not a picture")
        self.kind = kind
        header = self._header()
        self._orientation = orientation(header)
        self.width, self.height = upright_size(header)
        self._limits.check_pixels(self.width, self.height)
        self.has_alpha = header.has_transparency_data

    @classmethod
    def open(cls, path: Path, limits: Limits | None = None) -> Picture:
        """Read the file, once; it may change or vanish afterwards.

        Raises:
            PictureError: no picture, damaged in its header, or over a limit.
            OSError: the file cannot be read.
        """
        limits = limits or Limits()
        with path.open("rb") as file:
            limits.check_bytes(os.fstat(file.fileno()).st_size)
            return cls(file.read(), limits)

    def full(self) -> Image.Image:
        """All pixels: upright, sRGB, RGB or (where some pixel is not opaque) RGBA with straight alpha.

        The image is shared with everybody who asks: copy before changing it. It carries no metadata.

        Raises:
            PictureError: damaged.
            WorkError: `out-of-memory`.
        """
        return self._at_scale(1)

    def reduced(self, width: int) -> Image.Image:
        """Like `full`, at least twice `width` wide, or else of full size; for who scales down anyway.

        JPEG is decoded smaller, which saves much of the time; nothing else is. What comes back depends on the
        file and `width` only, not on what was asked before. Of a JPEG, an edge may stand out by a fraction of
        a pixel: who wants a certain size asks `scaled`, which allows for it.
        """
        return self._at_scale(self._scale(width))

    def scaled(self, size: tuple[int, int], decode_width: int = 0) -> Image.Image:
        """The whole picture at another size, by a Lanczos filter; shared, like `full`.

        Pillow weighs colours with their alpha, so that no hidden colour leaks out.

        Args:
            size: width and height, whatever the proportions.
            decode_width: width for which `reduced` is asked, if more than that of `size`; those who name the
                same one share one decode.
        """
        scale = self._scale(max(size[0], decode_width))
        if self._last_scaled is None or self._last_scaled[0] != (size, scale):
            self._last_scaled = (size, scale), self._scaled(size, scale)
        return self._last_scaled[1]

    def _scaled(self, size: tuple[int, int], scale: int) -> Image.Image:
        from PIL.Image import Resampling

        image = self._at_scale(scale)
        width, height = self.width / scale, self.height / scale
        left = image.width - width if self._orientation in _RIGHT_EDGE_COMES_LEFT else 0
        top = image.height - height if self._orientation in _LOWER_EDGE_COMES_UP else 0
        box = (left, top, left + width, top + height)
        return image.resize(size, Resampling.LANCZOS, box, _REDUCING_GAP)

    def _scale(self, width: int) -> int:
        if self.kind is kinds.JPEG:
            for scale in _DCT_SCALES:
                if self.width >= 2 * width * scale and self.height >= scale:
                    return scale
        return 1

    def _at_scale(self, scale: int) -> Image.Image:
        if scale not in self._decoded:
            with blaming_the_picture():
                self._decoded[scale] = self._decode(scale)
        return self._decoded[scale]

    def _decode(self, scale: int) -> Image.Image:
        from artpipe.stages import colour

        return _turn(colour.to_srgb(self._load(scale)), self._orientation)

    def _load(self, scale: int) -> Image.Image:
        from artpipe.stages import colour

        header = self._header()
        if scale > 1:
            header.draft(None, (header.width // scale, header.height // scale))
        colour.fit_transparent_colour(header)
        header.load()
        return header

    def _header(self) -> ImageFile:
        return open_header(io.BytesIO(self._data), self.kind, self._limits)


def _turn(picture: Image.Image, orientation: int) -> Image.Image:
    """Undo an EXIF orientation (EXIF 2.32, tag 0x0112)."""
    from PIL.Image import Transpose

    steps = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return picture.transpose(steps[orientation]) if orientation in steps else picture
