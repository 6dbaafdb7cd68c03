"""The program that opens films: hostile ones harm this process alone, which has bounds of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from artpipe.errors import PictureError, WorkError
from artpipe.stages import kinds
from artpipe.stages.imaging import Limits
from artpipe.stages.video import DEMUXERS, animation, film
from artpipe.stages.video.choice import Choice, Moment, Sieve, is_nearly_black

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from artpipe.stages.video.animation import Animation
    from artpipe.stages.video.film import Film

_DARK_BEGINNING: Final = 10.0  # seconds


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked for: `look`, `frames` or `poster`.

    Args:
        order: `task`, `max_pixels`, `memory` (MiB); for a file that does not come on stdin `input`; for pictures
            `folder` and `params`.

    Returns the answer; `error` in it says why there is none.
    """
    _limit_memory(int(order["memory"]) << 20)
    limits = Limits(max_pixels=int(order["max_pixels"]))
    try:
        with _input(order.get("input")) as file, _opened(file, limits) as source:
            return _TASKS[order["task"]](source, order)
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


def _look(source: Film | Animation, _: dict[str, Any]) -> dict[str, Any]:
    facts = source.facts()
    if next(iter(source.moments()), None) is None:
        raise PictureError("truncated", "not one picture of it can be read")
    return {"facts": facts}


def _frames(source: Film | Animation, order: dict[str, Any]) -> dict[str, Any]:
    params, folder = order["params"], Path(order["folder"])
    choice, sieve = Choice.of(params), Sieve(bool(params["skip_black"]), bool(params["skip_repeats"]))
    taken: list[dict[str, Any]] = []
    looked = 0
    with _input(order["input"]) as file:
        source.damaged += source.complaints(file)
    for moment in source.moments(only_keys=choice.all, threads=int(params["threads"])):
        looked += 1
        if not choice.wants(moment) or not sieve.passes(picture := moment.picture()):
            continue
        if len(taken) == params["max_frames"]:
            return _taken(taken, sieve, source, more=True)
        path = folder / f"{len(taken) + 1:04}.jpeg"
        picture.save(path, "JPEG", quality=params["quality"])
        size = picture.size
        taken.append({"file": path.name, "seconds": round(moment.seconds, 3), "width": size[0], "height": size[1]})
    if not looked:
        raise PictureError("truncated", "not one picture of it can be read")
    return _taken(taken, sieve, source, more=False)


def _taken(taken: list[dict[str, Any]], sieve: Sieve, source: Film | Animation, *, more: bool) -> dict[str, Any]:
    return {"frames": taken, "left_out": sieve.left_out, "damaged": source.damaged, "more": more}


def _poster(source: Film | Animation, order: dict[str, Any]) -> dict[str, Any]:
    """The first picture that is not black, if one comes soon; else the first of all."""
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
