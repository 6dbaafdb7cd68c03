"""Command lines with placeholders: checked when the settings are read, filled in for one job."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from artpipe.errors import PictureError, SettingsError
from artpipe.names import safe_id
from artpipe.stages.stage import OWN, ParameterValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

# {{ and }} stand for braces; whatever else is between braces is a placeholder.
_BRACES: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_PLAIN: Final = ("input", "output", "id", "width", "height", "library")
_INPUTS: Final = "inputs."


def as_text(command: Sequence[str]) -> str:
    """A command as one text, as a shell would write it; no shell ever reads it."""
    return shlex.join(command)


def from_text(text: str) -> list[str]:
    return shlex.split(text)


def uses(command: Iterable[str], *names: str) -> bool:
    """Whether any of these placeholders occurs."""
    return any(match[1] in names for argument in command for match in _BRACES.finditer(argument))


def check(command: Sequence[str], inputs: Sequence[str], params: Iterable[str]) -> None:
    """Refuse a command that could not be filled in.

    Args:
        inputs: names of the stage's inputs.
        params: names of the user's own parameters.

    Raises:
        SettingsError: the message says which placeholder, and what is allowed.
    """
    allowed = {*_PLAIN, *(_INPUTS + name for name in inputs), *(OWN + name for name in params)}
    for argument in command:
        for match in _BRACES.finditer(argument):
            _check_placeholder(match, allowed)
    if not uses(command, "output"):
        raise SettingsError("must hold {output}, the file that the program is to write")


def _check_placeholder(match: re.Match[str], allowed: set[str]) -> None:
    if match[0] in {"{{", "}}"} or match[1] in allowed:
        return
    known = ", ".join(f"{{{name}}}" for name in sorted(allowed))
    raise SettingsError(f"holds {match[0]!r}. Allowed are {known}; a brace itself is written {{{{ or }}}}")


def filled(command: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """The arguments of one job. What is put in stays within its argument, whatever characters it holds.

    Raises:
        PictureError: `unsafe-id`, for an id that this tool would not give, and that could pass for an option.
    """
    name = values["id"]
    if uses(command, "id") and safe_id(name) != name:
        raise PictureError("unsafe-id", f"the id {name!r} can't be given to a program safely")
    return [_BRACES.sub(_filler(values), argument) for argument in command]


def _filler(values: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    def fill(match: re.Match[str]) -> str:
        return match[0][0] if match[1] is None else values[match[1]]

    return fill


def in_words(value: ParameterValue) -> str:
    """A parameter as an argument."""
    return str(value).lower() if isinstance(value, bool) else str(value)
