"""The maker that lets an external program do the work."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from artpipe.errors import WorkError
from artpipe.stages.command import template
from artpipe.stages.command.process import Ended, run
from artpipe.stages.stage import OWN, Delivery, Order, Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "command"


class Command:
    """Runs a command for each job and checks what it wrote."""

    kind: ClassVar[str] = KIND
    version: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "command": Parameter("", "The program and its arguments, with placeholders."),
        "extension": Parameter("png", "Type of the file it writes.", pattern=r"[a-z0-9]{1,10}"),
        "version": Parameter(1, "Raise it when the program makes something else than before.", minimum=0, maximum=1e9),
        "accept_exit": Parameter("0", "Exit statuses that mean success.", wanted=False, pattern=r"\d{1,3}( \d{1,3})*"),
        "allow_flat": Parameter(False, "A picture of one single colour is a good result.", wanted=False),
    }

    def deliver(self, order: Order) -> Delivery:
        """Run the command; what it wrote counts only if it is what the stage promises.

        Raises:
            EnvironmentLackError: the program is not there.
            WorkError: the program failed, took too long, or wrote no good output.
        """
        from artpipe.stages.command.output import check

        extension = str(order.params["extension"])
        output = order.folder / f"output.{extension}"
        command = template.filled(template.from_text(str(order.params["command"])), _values(order, output))
        command[0] = _program(command[0], order.library)
        ended = run(command, order.folder, order.timeout)
        _require_success(ended, Path(command[0]).name, order)
        first = next(iter(order.inputs.values()))
        try:
            size = check(output, extension, order.limits, flat_for=None if order.params["allow_flat"] else first)
        except WorkError as error:
            raise WorkError(error.code, error.message + _printed(ended)) from error
        return Delivery(output, extension, *size, how={"exit_status": ended.status})


def _program(name: str, library: Path) -> str:
    """A program's path may be written relative to the settings file; a bare name is looked for in PATH."""
    return str(library / name) if "/" in name else name


def _values(order: Order, output: Path) -> dict[str, str]:
    first = next(iter(order.inputs.values()))
    values = {"input": str(first), "output": str(output), "id": order.image_id, "library": str(order.library)}
    values |= {f"inputs.{name}": str(path) for name, path in order.inputs.items()}
    values |= {key: template.in_words(value) for key, value in order.params.items() if key.startswith(OWN)}
    if template.uses([str(order.params["command"])], "width", "height"):
        values |= _size(first, order)
    return values


def _size(path: Path, order: Order) -> dict[str, str]:
    from artpipe.stages.imaging import Picture

    picture = Picture.open(path, order.limits)
    return {"width": str(picture.width), "height": str(picture.height)}


def _require_success(ended: Ended, program: str, order: Order) -> None:
    if not ended.in_time:
        message = f"{program} took longer than the limit of {order.timeout:g} s and was stopped."
        raise WorkError("command-timeout", message + _printed(ended))
    if ended.status not in {int(status) for status in str(order.params["accept_exit"]).split()}:
        raise WorkError("command-failed", f"{program} ended {_how(ended.status)}." + _printed(ended))


def _how(status: int) -> str:
    if status >= 0:
        return f"with exit status {status}"
    name = str(-status)
    with suppress(ValueError):
        name = signal.Signals(-status).name
    return f"by signal {name}"


def _printed(ended: Ended) -> str:
    return f" It printed: {ended.last_words}" if ended.last_words else " It printed nothing."
