"""What kornia-rs decodes faster than libvips: PNG, in 0.6 of its time, by the `png` crate of Rust.

The same pixels come out, and what it refuses is libvips' to try, so that it makes no difference to anybody. One thing
alone it lets pass that the others do not: a wrong Adler-32 behind the deflate stream. Every chunk has a CRC of its own,
which it checks; only a program that wrote both could have made them differ.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from artpipe.stages import kinds
from artpipe.stages.imaging import png
from artpipe.stages.imaging.vips import Pixels, has_room

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

NAME: Final = "kornia-rs"
_MODES: Final = {"L": "mono", "RGB": "rgb", "RGBA": "rgba"}
# Below, loading numpy takes longer than all that is won.
_LEAST_PIXELS: Final = 200_000
# Address space that loading it takes, generously.
_NUMPY: Final = 256 << 20


def version() -> str:
    """Of kornia-rs; empty where it is not installed."""
    library = _library()
    return str(library.__version__) if library else ""


@cache
def _library() -> Any:
    """The module `kornia_rs`, or None."""
    try:
        import kornia_rs.io
    except (ImportError, OSError):  # no wheel for this machine
        return None
    return kornia_rs


def decode(data: bytes, kind: kinds.Kind, header: ImageFile) -> Pixels | None:
    """A picture with the mode and the pixels that Pillow would give it; None if that is for others to do.

    Args:
        data: the whole file.
        header: the same file as Pillow opened it.
    """
    if kind is not kinds.PNG or header.mode not in _MODES or header.width * header.height < _LEAST_PIXELS:
        return None
    library = _library() if png.is_plain(data, header) else None
    # Where memory runs out, Rust and numpy end the process.
    if library is None or not has_room(2 * header.width * header.height * len(header.mode) + _NUMPY):
        return None
    try:
        samples = library.io.decode_image_png_u8(data, (header.height, header.width), _MODES[header.mode])
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a panic of Rust's is no Exception; what is wrong, Pillow says in one way
        return None
    return Pixels(samples, header.size, header.mode, NAME)
