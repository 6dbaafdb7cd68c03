"""A picture in memory, decoded once for all who need its pixels."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Final, NamedTuple

from artpipe.errors import PictureError
from artpipe.stages import kinds
from artpipe.stages.imaging import kornia, vips
from artpipe.stages.imaging.blame import blaming_the_picture
from artpipe.stages.imaging.header import UPRIGHT, Limits, open_header, orientation, upright_size

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image
    from PIL.ImageFile import ImageFile

ANALYSIS_WIDTH: Final = 400
"""The width that makers that only look ask for: the default thumbnail's, to share its decode."""

_SCALES: Final = (8, 4, 2)
_RIGHT_EDGE_COMES_LEFT: Final = frozenset((2, 3, 6, 7))
_LOWER_EDGE_COMES_UP: Final = frozenset((3, 4, 7, 8))
# Shrink by whole factors to within twice the target first: 48 dB from pure Lanczos, and much faster.
_REDUCING_GAP: Final = 2.0
_PILLOW: Final = "pillow"


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

    libvips and kornia-rs do what they do faster than Pillow, where they are installed (see `vips` and `kornia`); Pillow
    does the rest.
    """

    def __init__(self, data: bytes, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._limits.check_bytes(len(data))
        self._data = data
        self._decoded: dict[int, Image.Image] = {}
        self._pixels: dict[int, vips.Pixels | None] = {}
        self._decoder = _PILLOW
        self._opened: ImageFile | None = None
        # Those who ask for one size follow each other: thumbnail, web copy, perceptual hash.
        self._last_scaled: _Scaled | None = None
        kind = kinds.sniff(data[: kinds.HEAD_BYTES])
        if kind is None:
            raise PictureError("invalid", "not a picture")
        self.kind = kind
        header = self._header()
        self._orientation = orientation(header)
        self._profile: bytes | None = header.info.get("icc_profile")
        self.width, self.height = upright_size(header)
        self._limits.check_pixels(self.width, self.height)
        with blaming_the_picture():
            self._shrinks = kind is kinds.JPEG or vips.shrinks(kind, header)
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

        JPEG is decoded smaller, which saves much of the time, and so is opaque WebP where libvips is installed.
        What comes back depends on the file and `width` only, not on what was asked before. Of a JPEG, an edge may
        stand out by a fraction of a pixel: who wants a certain size asks `scaled`, which allows for it.
        """
        return self._at_scale(self._scale(width))

    def scaled(self, size: tuple[int, int], decode_width: int = 0) -> Image.Image:
        """The whole picture at another size, by a Lanczos filter; shared, like `full`.

        Colours are weighed with their alpha, so that no hidden one leaks out.

        Args:
            size: width and height, whatever the proportions.
            decode_width: width for which `reduced` is asked, if more than that of `size`; those who name the
                same one share one decode.
        """
        return self._scaled(size, decode_width).image

    def engines(self, size: tuple[int, int], decode_width: int = 0) -> dict[str, str]:
        """What computes `scaled` of the same arguments, to be recorded: names, and their versions."""
        import PIL

        scaler = self._scaled(size, decode_width).scaler
        engines = {"decoder": self._decoder, "scaler": scaler}
        versions = {_PILLOW: PIL.__version__}
        for name, library in ((vips.NAME, vips), (kornia.NAME, kornia)):
            if name in engines.values():
                versions[name] = library.version()
        return engines | versions

    def _scaled(self, size: tuple[int, int], decode_width: int) -> _Scaled:
        scale = self._scale(max(size[0], decode_width))
        if self._last_scaled is None or self._last_scaled[:2] != (size, scale):
            plain = self._plain_pixels(scale)
            smaller = plain.scaled(size) if plain else None
            if smaller is None:
                image = self._at_scale(scale)
                self._last_scaled = _Scaled(size, scale, *_resized(image, size, self._box(image, scale)))
            else:
                self._last_scaled = _Scaled(size, scale, smaller, vips.NAME)
        return self._last_scaled

    def _plain_pixels(self, scale: int) -> vips.Pixels | None:
        """What others than Pillow decoded, if that is already what `full` returns: then Pillow need not unpack it."""
        from artpipe.stages import colour

        pixels = self._decoded_plainly(scale)
        if pixels is None or pixels.mode != "RGB" or self._orientation != UPRIGHT:
            return None
        return pixels if colour.is_srgb(self._profile) else None

    def _decoded_plainly(self, scale: int) -> vips.Pixels | None:
        if scale not in self._pixels:
            header = self._header()
            pixels = kornia.decode(self._data, self.kind, header) if scale == 1 else None
            self._pixels[scale] = pixels or vips.decode(self._data, self.kind, header, scale)
        pixels = self._pixels[scale]
        if pixels is not None:
            self._decoder = pixels.decoder
        return pixels

    def _box(self, image: Image.Image, scale: int) -> tuple[float, float, float, float]:
        """The part of a decoded image that is the picture: not what is left over where a scale does not divide."""
        if self.kind is not kinds.JPEG:
            return (0, 0, image.width, image.height)
        width, height = self.width / scale, self.height / scale
        left = image.width - width if self._orientation in _RIGHT_EDGE_COMES_LEFT else 0
        top = image.height - height if self._orientation in _LOWER_EDGE_COMES_UP else 0
        return (left, top, left + width, top + height)

    def _scale(self, width: int) -> int:
        if self._shrinks:
            for scale in _SCALES:
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

        decoded = self._decoded_plainly(scale)
        header = self._header()
        if decoded is not None:
            picture = decoded.to_pillow()
            picture.info.update(header.info)
            return picture
        self._opened = None  # loading uses it up
        if scale > 1:
            header.draft(None, (header.width // scale, header.height // scale))
        colour.fit_transparent_colour(header)
        header.load()
        return header

    def _header(self) -> ImageFile:
        if self._opened is None:
            self._opened = open_header(io.BytesIO(self._data), self.kind, self._limits)
        return self._opened


class _Scaled(NamedTuple):
    size: tuple[int, int]
    scale: int
    image: Image.Image
    scaler: str


def _resized(
    image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]
) -> tuple[Image.Image, str]:
    """The image at another size, with the name of who computed it."""
    from PIL.Image import Resampling

    weighed = image.convert("RGBa") if image.mode == "RGBA" else image
    whole: tuple[float, float, float, float] = (0, 0, image.width, image.height)
    smaller = vips.scale(weighed, size) if box == whole else None
    if smaller is not None:
        return smaller.convert(image.mode), vips.NAME
    return weighed.resize(size, Resampling.LANCZOS, box, _REDUCING_GAP).convert(image.mode), _PILLOW


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
