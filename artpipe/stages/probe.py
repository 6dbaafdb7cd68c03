"""What `register` wants to know about a file, from its header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from artpipe.errors import WorkError
from artpipe.stages import kinds
from artpipe.stages.imaging import Limits, blaming_the_picture, open_header, upright_size
from artpipe.stages.wholeness import Whole, read_at, tiff_end, wholeness

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, BinaryIO

    from PIL.ImageFile import ImageFile

_UNKNOWN: Final = "application/octet-stream"
_MAY_MOVE: Final = {kinds.GIF: "gif", kinds.PNG: "animated", kinds.WEBP: "animated", kinds.AVIF: "animated"}


class Probe(NamedTuple):
    """What a file is.

    Args:
        mime_type: from the bytes, never from the name.
        extension: the one that fits the type, without dot; empty if the type is unknown.
        width, height: upright, in pixels; None if the header does not tell, or is refused for telling more
            than twice the limit.
        problem: None for a picture that every stage can be made from, else a reason code: `invalid` (no
            picture, or its header is damaged), `truncated`, `too-large`, `gif` (animated), `animated` (in
            another format), `video`, `unsupported` (a picture of a kind artpipe does not open),
            `out-of-memory`.
        film: length, rate and the like of what moves, where somebody looked into it.
    """

    mime_type: str
    extension: str
    width: int | None = None
    height: int | None = None
    problem: str | None = None
    film: Mapping[str, Any] | None = None


def probe(file: BinaryIO, size: int, limits: Limits | None = None) -> Probe:
    """Look at an open file's type, dimensions and completeness.

    Reads a few kilobytes of most files, all of some. No bytes, however hostile, raise anything. The file
    stays open; its position afterwards is anywhere.

    Args:
        file: seekable, opened for reading bytes.
        size: of the file, in bytes.
        limits: what is `too-large`.

    Raises:
        OSError: the disk failed.
    """
    limits = limits or Limits()
    kind = kinds.sniff(read_at(file, 0, kinds.HEAD_BYTES))
    if kind is None:
        return Probe(_UNKNOWN, "", problem="invalid")
    if not kind.pillow:
        return Probe(kind.mime, kind.extension, problem=kind.problem)
    try:
        limits.check_bytes(size)
        header = open_header(file, kind, limits)
    except WorkError as error:
        cut = error.code == "invalid" and wholeness(kind, file, size) is Whole.CUT
        return Probe(kind.mime, kind.extension, problem="truncated" if cut else error.code)
    width, height = upright_size(header)
    if width * height > limits.max_pixels:
        problem: str | None = "too-large"
    elif kind in _MAY_MOVE and _moves(header):
        problem = _MAY_MOVE[kind]
    elif kind is kinds.TIFF:  # decoding would let libtiff write to stderr
        problem = "truncated" if tiff_end(header) > size else None
    else:
        problem = _damage(file, size, kind, limits)
    return Probe(kind.mime, kind.extension, width, height, problem)


def _moves(header: ImageFile) -> bool:
    """More than one frame; damage behind the first one is no reason to refuse it."""
    try:
        return bool(getattr(header, "is_animated", False))
    except Exception:  # noqa: BLE001 - looking for the next frame of a damaged file raises anything
        return False


def _damage(file: BinaryIO, size: int, kind: kinds.Kind, limits: Limits) -> str | None:
    """Decode a file only if its structure leaves doubts: that takes a thousand times as long."""
    whole = wholeness(kind, file, size)
    if whole is Whole.YES:
        return None
    try:
        with blaming_the_picture():
            open_header(file, kind, limits).load()
    except WorkError as error:
        # A missing end proves nothing, nor does a decoder that fails: together they are a cut.
        cut = error.code == "invalid" and whole is not Whole.UNKNOWN
        return "truncated" if cut else error.code
    return None
