"""What it means when a decoder gives up."""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from artpipe.errors import PictureError, WorkError

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a failing disk says, as opposed to a damaged picture, about which Pillow also raises OSError.
_DISK_ERRORS: Final = frozenset((errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ETIMEDOUT))
_CUT_SHORT: Final = re.compile("truncat|unexpected end|end of file|not large enough", re.IGNORECASE)


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
