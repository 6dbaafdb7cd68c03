"""Having a film opened by a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from artpipe.errors import EnvironmentLackError, PictureError, WorkError

if TYPE_CHECKING:
    import io

    from artpipe.stages.stage import Order

_PROGRAM: Final = "artpipe.stages.video.child"
_LOOK_SECONDS: Final = 60.0
_LOOK_MEMORY: Final = 4096
_ERRORS: Final = {"permanent": PictureError, "transient": WorkError, "environment": EnvironmentLackError}


class Look(NamedTuple):
    """What an open file is.

    Args:
        facts: width, height, seconds, fps, codec; None for what can't be opened.
        problem: the code of what is wrong; `no-pyav`, `pyav-broken` and `decoder-died` say nothing about the file.
    """

    facts: dict[str, Any] | None
    problem: str = ""


def look(file: io.FileIO, max_pixels: int) -> Look:
    """Look at an open file, wherever it is read at the moment; no bytes, however hostile, raise anything."""
    order = json.dumps({"task": "look", "max_pixels": max_pixels, "memory": _LOOK_MEMORY})
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            _command(order),
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_LOOK_SECONDS,
            check=False,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return Look(None, "decoder-died")
    if "error" in answer:
        return Look(None, str(answer["error"]["code"]))
    return Look(answer["facts"])


def ask(task: str, order: Order) -> dict[str, Any]:
    """Have a file maker's order carried out; pictures lie then where it keeps them, else in the order's folder.

    Raises:
        WorkError: says why not.
    """
    from artpipe.stages.command.process import run

    asked = {
        "task": task,
        "input": str(next(iter(order.inputs.values()))),
        "folder": str(order.kept or order.folder),
        "resumes": order.kept is not None,
        "params": dict(order.params),
        "max_pixels": order.limits.max_pixels,
        "memory": order.params["memory"],
    }
    answer = order.folder / "answer.json"
    ended = run(_command(json.dumps(asked), str(answer)), order.folder, order.timeout)
    if not ended.in_time:
        raise WorkError("timeout", f"This took longer than the limit of {order.timeout:g} s and was stopped.")
    if ended.status or not answer.exists():
        said = f" It printed: {ended.last_words}" if ended.last_words else ""
        raise WorkError("decoder-died", f"The program that read the video ended with status {ended.status}.{said}")
    return _checked(json.loads(answer.read_text(encoding="utf-8")))


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", _PROGRAM, *arguments]


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    error = answer.get("error")
    if error:
        raise _ERRORS[error["kind"]](error["code"], error["message"])
    return answer
