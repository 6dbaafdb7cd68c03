"""Files as answers: pictures from art/, and the page's own parts."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, BinaryIO

from starlette.responses import Response, StreamingResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from artpipe.actions.review_view import Picture

_CHUNK = 1 << 18
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
_PARTS = files("artpipe.web") / "assets"
# What pages of the gallery do in the same way.
_SHARED = files("artpipe.stages.gallery") / "assets"
_SHARED_NAMES = ("blurhash.js", "rows.js")
CSRF_PLACE = "@csrf@"


@dataclass(frozen=True, slots=True)
class Part:
    """One file that the page consists of."""

    content: bytes
    media_type: str


def parts() -> dict[str, Part]:
    """All of them by name; what is not here is not served."""
    return {
        part.name: Part(part.read_bytes(), _TYPES[os.path.splitext(part.name)[1]])  # noqa: PTH122 - a resource
        for part in (*_PARTS.iterdir(), *(_SHARED / name for name in _SHARED_NAMES))
        if part.is_file()
    }


def part_answer(part: Part | None) -> Response:
    if part is None:
        return Response("There is no such part.\n", 404, media_type="text/plain")
    return Response(part.content, media_type=part.media_type, headers={"Cache-Control": "no-cache"})


def picture_answer(picture: Picture | None) -> Response:
    """The bytes of a picture; a link, a folder or a lost file is not found."""
    file = _opened(picture) if picture is not None else None
    if picture is None or file is None:
        return Response("There is no such picture.\n", 404, media_type="text/plain")
    size = os.fstat(file.fileno()).st_size
    # The address names a version of the picture, so that it never shows other bytes.
    headers = {"Cache-Control": "private, max-age=86400, immutable", "Content-Length": str(size)}
    if size <= _CHUNK:
        with file:
            return Response(file.read(size), media_type=picture.media_type, headers=headers)
    return StreamingResponse(_chunks(file, size), media_type=picture.media_type, headers=headers)


def _opened(picture: Picture) -> BinaryIO | None:
    try:
        # Not blocking: a pipe in the place of a picture would wait for its other end.
        descriptor = os.open(picture.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    return None


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    with file:
        left = size
        while left and (chunk := file.read(min(left, _CHUNK))):
            left -= len(chunk)
            yield chunk
