"""The table of a command stage in the settings, made flat parameters."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from artpipe.errors import SettingsError
from artpipe.stages.command import template
from artpipe.stages.stage import OWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIND: Final = "command"
KEYS: Final = ("params", "pairs")
"""What such a table may hold beside the maker's parameters."""

_HIGHEST_STATUS: Final = 255


def flat(table: Mapping[str, Any], inputs: Sequence[str], where: str) -> dict[str, Any]:
    """The same settings as texts and numbers, which recipes are made of.

    Args:
        inputs: what the command may call its inputs.
        where: file and table, for messages.

    Raises:
        SettingsError: says what is allowed.
    """
    rest = dict(table)
    own = _own(rest.pop("params", {}), where)
    command = _command(rest.pop("command", None), where)
    try:
        template.check(command, inputs, own)
    except SettingsError as error:
        raise SettingsError(f"{where}.command {error}.") from None
    rest["command"] = template.as_text(command)
    if "accept_exit" in rest:
        rest["accept_exit"] = _statuses(rest["accept_exit"], where)
    return {**rest, **{OWN + key: value for key, value in own.items()}}


def _command(value: object, where: str) -> list[str]:
    is_list = isinstance(value, list) and all(isinstance(part, str) and "\0" not in part for part in value)
    if not isinstance(value, list) or not is_list or not value or not value[0]:
        raise SettingsError(
            f'{where}.command must be a list of texts, the program first: ["cwebp", "{{input}}", "-o", "{{output}}"],'
            f" not {value!r}."
        )
    return value


def _own(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where}.params must be a table ([stages.NAME.params]), not {value!r}.")
    for key, one in value.items():
        if not re.fullmatch(r"[A-Za-z0-9_-]+", key):
            raise SettingsError(f"{where}.params: {key!r} must be made of letters, digits, _ and -.")
        if not isinstance(one, str | int | float | bool) or (isinstance(one, float) and not math.isfinite(one)):
            raise SettingsError(f"{where}.params.{key} must be a text, a number, true or false, not {one!r}.")
        if isinstance(one, str) and "\0" in one:
            raise SettingsError(f"{where}.params.{key} must not hold a NUL character.")
    return value


def _statuses(value: object, where: str) -> str:
    statuses = value if isinstance(value, list) else [value]
    if not statuses or not all(type(one) is int and 0 <= one <= _HIGHEST_STATUS for one in statuses):
        raise SettingsError(f"{where}.accept_exit must be a list of exit statuses, such as [0, 3], not {value!r}.")
    return " ".join(str(one) for one in statuses)
