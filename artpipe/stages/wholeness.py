"""Whether a picture's bytes go on to its end, told from its structure without decoding it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal

from artpipe.stages import kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from PIL.ImageFile import ImageFile

_PNG_END: Final = b"\0\0\0\0IEND\xaeB`\x82"
_JPEG_END: Final = b"\xff\xd9"  # the same for JPEG 2000
_GIF_END: Final = b";"
_TAIL_BYTES: Final = 4096
_MOST_BOXES: Final = 1000  # a hostile file may hold millions, eight bytes each
_BOX_HEADER: Final = 16
# Offsets and lengths of the pieces of a TIFF: strips, tiles.
_TIFF_PIECES: Final = ((273, 279), (324, 325))


class Whole(Enum):
    YES = "its end is there"
    UNMARKED = "its end mark is missing; a few decoders forgive that, a few programs write more behind it"
    CUT = "it promises more bytes than there are"
    UNKNOWN = "this format does not tell"


def wholeness(kind: kinds.Kind, file: BinaryIO, size: int) -> Whole:
    """Look for the kind's end mark, or at the lengths that its header promises."""
    check = _CHECKS.get(kind)
    return check(file, size) if check else Whole.UNKNOWN


def read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def tiff_end(header: ImageFile) -> int:
    """Where the last strip or tile of a TIFF ends; 0 if its tags do not tell."""
    tags: Any = getattr(header, "tag_v2", {})
    try:
        return max(
            (
                start + length
                for starts, lengths in _TIFF_PIECES
                for start, length in zip(tags.get(starts, ()), tags.get(lengths, ()), strict=False)
            ),
            default=0,
        )
    except Exception:  # noqa: BLE001 - damaged tags raise anything; whoever decodes will see
        return 0


def _ends_with(mark: bytes) -> Callable[[BinaryIO, int], Whole]:
    """Zeros behind the mark are padding."""

    def check(file: BinaryIO, size: int) -> Whole:
        tail = read_at(file, max(0, size - _TAIL_BYTES), _TAIL_BYTES)
        return Whole.YES if tail.rstrip(b"\0").endswith(mark) else Whole.UNMARKED

    return check


def _riff(file: BinaryIO, size: int) -> Whole:
    """RIFF (WebP): bytes 4 to 8 hold the length of what follows."""
    promised = int.from_bytes(read_at(file, 4, 4), "little") + 8
    return Whole.YES if size >= promised else Whole.CUT


def _tiff(file: BinaryIO, size: int) -> Whole:
    """The directory of a TIFF often stands at its end; about the rest, `tiff_end` knows more."""
    head = read_at(file, 0, 16)
    order: Literal["little", "big"] = "big" if head[:1] == b"M" else "little"
    big = b"+" in head[2:4]
    directory = int.from_bytes(head[8:16] if big else head[4:8], order)
    if directory >= size:  # maybe so far that no file could be that long
        return Whole.CUT
    count, entry, link = (8, 20, 8) if big else (2, 12, 4)
    entries = int.from_bytes(read_at(file, directory, count), order)
    return Whole.CUT if directory + count + entries * entry + link > size else Whole.UNKNOWN


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Type and end of each top-level box (ISO 14496-12, section 4.2)."""
    at = 0
    for _ in range(_MOST_BOXES):
        head = read_at(file, at, _BOX_HEADER)
        if not head:
            return
        length = int.from_bytes(head[:4], "big") or size - at
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        at += max(length, 8)
        yield head[4:8], at
        if at > size:  # maybe so far that no file could be that long
            return


def _boxed(content: bytes) -> Callable[[BinaryIO, int], Whole]:
    """A file of boxes, of which `content` holds the pixels."""

    def check(file: BinaryIO, size: int) -> Whole:
        ends = dict(_boxes(file, size))
        if any(end > size for end in ends.values()):
            return Whole.CUT
        return Whole.YES if content in ends else Whole.UNMARKED

    return check


_CHECKS: Final = {
    kinds.PNG: _ends_with(_PNG_END),
    kinds.JPEG: _ends_with(_JPEG_END),
    kinds.GIF: _ends_with(_GIF_END),
    kinds.J2K: _ends_with(_JPEG_END),
    kinds.WEBP: _riff,
    kinds.AVIF: _boxed(b"mdat"),
    kinds.JP2: _boxed(b"jp2c"),
    kinds.TIFF: _tiff,
}
