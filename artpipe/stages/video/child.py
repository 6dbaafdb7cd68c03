"""The program that opens films: hostile ones harm this process alone, which has bounds of its own."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from artpipe.errors import PictureError, WorkError
from artpipe.stages import kinds
from artpipe.stages.imaging import Limits
from artpipe.stages.video import DEMUXERS, animation, film
from artpipe.stages.video.choice import Moment, is_nearly_black
from artpipe.stages.video.taking import take

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from artpipe.stages.video.animation import Animation
    from artpipe.stages.video.film import Film
    from artpipe.stages.video.taking import Opened

_DARK_BEGINNING: Final = 10.0  # seconds


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked for: `look`, `frames` or `poster`.

    Args:
        order: `task`, `max_pixels`, `memory` (MiB); for a file that does not come on stdin `input`; for pictures
            `folder` and `params`; for frames `resumes`, whether what lies in the folder is to be gone on with.

    Returns the answer; `error` in it says why there is none.
    """
    _limit_memory(int(order["memory"]) << 20)
    limits = Limits(max_pixels=int(order["max_pixels"]))
    try:
        return _TASKS[order["task"]](partial(_source, order.get("input"), limits), order)
    except WorkError as error:
        return {"error": {"kind": error.kind, "code": error.code, "message": error.message}}
    except MemoryError:
        return {"error": {"kind": "transient", "code": "out-of-memory", "message": "not enough memory to decode it"}}


def _limit_memory(size: int) -> None:
    import resource

    if size:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = size if hard == resource.RLIM_INFINITY else min(size, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


@contextmanager
def _source(path: str | None, limits: Limits) -> Iterator[Film | Animation]:
    with _input(path) as file, _opened(file, limits) as source:
        yield source


def _input(path: str | None) -> BinaryIO:
    if path is not None:
        return Path(path).open("rb")
    file = os.fdopen(os.dup(0), "rb")
    file.seek(0)
    return file


def _opened(file: BinaryIO, limits: Limits) -> AbstractContextManager[Film | Animation]:
    """What its first bytes say, never its name."""
    kind = kinds.sniff(file.read(kinds.HEAD_BYTES))
    file.seek(0)
    if kind is not None and kind.extension in DEMUXERS:
        return film.opened(file, DEMUXERS[kind.extension], limits)
    if kind is None or not kind.pillow:
        raise PictureError("invalid", "it is no film of a known kind")
    return animation.opened(file, kind, limits)


def _look(opened: Opened, _: dict[str, Any]) -> dict[str, Any]:
    with opened() as source:
        facts = source.facts()
        if next(iter(source.moments()), None) is None:
            raise PictureError("truncated", "not one picture of it can be read")
        return {"facts": facts}


def _frames(opened: Opened, order: dict[str, Any]) -> dict[str, Any]:
    with _input(order["input"]) as whole:
        return take(opened, order, whole)


def _poster(opened: Opened, order: dict[str, Any]) -> dict[str, Any]:
    """The first picture that is not black, if one comes soon; else the first of all."""
    with opened() as source:
        return _poster_of(source, order)


def _poster_of(source: Film | Animation, order: dict[str, Any]) -> dict[str, Any]:
    first: Moment | None = None
    for moment in source.moments():
        picture = moment.picture()
        if first is None:
            first, shown = moment, picture
        if not is_nearly_black(picture):
            first, shown = moment, picture
            break
        if moment.seconds > _DARK_BEGINNING:
            break
    if first is None:
        raise PictureError("truncated", "not one picture of it can be read")
    shown.save(Path(order["folder"]) / "poster.jpeg", "JPEG", quality=order["params"]["quality"])
    return {"seconds": round(first.seconds, 3), "width": shown.width, "height": shown.height}


_TASKS: Final = {"look": _look, "frames": _frames, "poster": _poster}


if __name__ == "__main__":
    # The answer goes to a file where one is named, else to stdout.
    answer = json.dumps(main(json.loads(sys.argv[1])))
    if len(sys.argv) > 2:  # noqa: PLR2004 - the order, then the file
        Path(sys.argv[2]).write_text(answer, encoding="utf-8")
    else:
        sys.stdout.write(answer)
