"""What a stage's table in the settings may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from artpipe.errors import SettingsError
from artpipe.model import RETRIES, UPSTREAM, Audience
from artpipe.stages.command import table as command_table
from artpipe.stages.makers import TABLES, kinds, maker_class, takes_files
from artpipe.stages.stage import OWN, Parameters, ParameterValue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_AUDIENCES: Final[tuple[Audience, ...]] = ("approved", "not-rejected", "all")
_SHARED_KEYS: Final = ("kind", "input", "for", "timeout", "workers", "retries")
_PAIRED_INPUTS: Final = 2
_LONGEST: Final = 1e7
_MOST: Final = 1000

# Stages whose files come from registering or from other programs, unless the settings name a command for them.
FOLDERS: Final = (
    UPSTREAM,
    "face-swap-sources",
    "face-swap-styles",
    "face-swap-results",
    "video-sources",
    "video-frames",
    "gallery-html",
)


@dataclass(frozen=True, slots=True)
class Definition:
    """A stage before the maker's defaults are filled in; `model.Stage` says what the fields mean."""

    kind: str
    inputs: tuple[str, ...]
    audience: Audience
    params: Parameters = field(default_factory=dict)
    timeout: float = 300.0
    workers: int = 0
    retries: int = RETRIES
    names: tuple[str, ...] = ()
    pairs: str | None = None


def merged(name: str, base: Definition | None, table: Mapping[str, Any], file: Path) -> Definition:
    """A stage's built-in definition, if it has one, with what the settings change about it.

    Raises:
        SettingsError: names file, key, and what is allowed.
    """
    where, rest = f"{file}: stages.{name}", dict(table)
    kind = _kind(rest, base, where)
    _check_name(name, kind, where)
    if base is None or base.kind != kind:
        base = _beginning(kind, base)
    inputs, names = _inputs(rest.pop("input", None), base, takes_files(kind), where)
    definition = Definition(
        kind=kind,
        inputs=inputs,
        audience=_one_of(rest.pop("for", base.audience), f"{where}.for"),
        timeout=_seconds(rest.pop("timeout", base.timeout), f"{where}.timeout"),
        workers=_count(rest.pop("workers", base.workers), f"{where}.workers"),
        retries=_count(rest.pop("retries", base.retries), f"{where}.retries"),
        names=names,
        pairs=_pairs(rest.pop("pairs", base.pairs), names, where),
    )
    own = command_table.flat(rest, names, where) if kind == command_table.KIND else rest
    params = {**base.params, **checked(kind, own, f"{where}.")}
    check_together(kind, {**defaults(kind), **params}, where)
    return replace(definition, params=params)


def defaults(kind: str) -> dict[str, ParameterValue]:
    return {key: parameter.default for key, parameter in maker_class(kind).parameters.items()}


def checked(kind: str, params: Mapping[str, Any], where: str) -> dict[str, ParameterValue]:
    """Parameters of the right type and range.

    Raises:
        SettingsError: begins with `where`.
    """
    known = maker_class(kind).parameters
    found = {}
    for key, value in params.items():
        if kind == command_table.KIND and key.startswith(OWN):
            found[key] = value
            continue
        if key not in known:
            extra = command_table.KEYS if kind == command_table.KIND else ()
            allowed = ", ".join(sorted({*known, *extra, *_SHARED_KEYS}))
            raise SettingsError(f"{where}{key} is unknown. Allowed here: {allowed}.")
        try:
            found[key] = known[key].check(value)
        except SettingsError as error:
            raise SettingsError(f"{where}{key} {error}.") from None
    return found


def check_together(kind: str, params: Parameters, where: str) -> None:
    """Some values exclude each other; a maker that knows of such says so in a `check` of its own."""
    check = getattr(maker_class(kind), "check", None)
    if check is None:
        return
    try:
        check(params)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}.") from None


def _kind(rest: dict[str, Any], base: Definition | None, where: str) -> str:
    """Its own, or the built-in stage's; naming a command is enough to make it one."""
    fallback = command_table.KIND if "command" in rest else base.kind if base else None
    kind = rest.pop("kind", fallback)
    if kind is None:
        raise SettingsError(f"{where} needs `command`, a list of texts, or `kind`, one of {', '.join(kinds())}.")
    replaceable = base is None or kind == base.kind or (kind == command_table.KIND and base.kind not in TABLES)
    if not isinstance(kind, str) or not replaceable:
        allowed = ", ".join(kinds()) if base is None else base.kind
        if base is not None and base.kind not in TABLES:
            allowed += f", {command_table.KIND}"
        raise SettingsError(f"{where}.kind must be one of {allowed}, not {kind!r}.")
    try:
        maker_class(kind)
    except SettingsError as error:
        raise SettingsError(f"{where}.kind {error}.") from None
    return kind


def _check_name(name: str, kind: str, where: str) -> None:
    taken = FOLDERS if not takes_files(kind) else (UPSTREAM,)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name) or name in taken:
        raise SettingsError(f"{where}: a stage's name is made of a-z, 0-9 and -, and is none of {', '.join(taken)}.")


def _beginning(kind: str, base: Definition | None) -> Definition:
    """What a stage is before its table says more: of a built-in stage that a command replaces, its place remains."""
    inputs = base.inputs[:1] if base else (UPSTREAM,)
    names = inputs if takes_files(kind) else ()
    audience, timeout = (base.audience, base.timeout) if base else ("approved", 300.0)
    return Definition(kind, inputs, audience, timeout=timeout, names=names)


def _inputs(value: object, base: Definition, files: bool, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Input stages and, for a maker that takes files, what it calls them."""
    if value is None:
        return base.inputs, base.names
    if files and isinstance(value, dict) and value and all(isinstance(stage, str) for stage in value.values()):
        for name in value:
            if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
                raise SettingsError(f"{where}.input: {name!r} must be made of letters, digits, _ and -.")
        return tuple(value.values()), tuple(value)
    stages = (value,) if isinstance(value, str) else value
    if isinstance(stages, list | tuple) and stages and all(isinstance(name, str) for name in stages):
        if files and len(set(stages)) < len(stages):
            raise SettingsError(f'{where}.input names a stage twice; give them names: {{a = "{stages[0]}", …}}.')
        return tuple(stages), tuple(stages) if files else ()
    several = ", a list of names, or a table of such" if files else ""
    raise SettingsError(f"{where}.input must be the name of a stage{several}, not {value!r}.")


def _pairs(value: object, names: tuple[str, ...], where: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise SettingsError(f'{where}.pairs must be "all", "asked" or the name of a file, not {value!r}.')
    if len(names) != _PAIRED_INPUTS:
        raise SettingsError(f"{where}.pairs needs a command with two inputs, not {len(names)}.")
    return value


def _one_of(value: object, where: str) -> Audience:
    for choice in _AUDIENCES:
        if value == choice:
            return choice
    raise SettingsError(f"{where} must be one of {', '.join(_AUDIENCES)}, not {value!r}.")


def _seconds(value: object, where: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LONGEST:
        return float(value)
    raise SettingsError(f"{where} must be a number of seconds above 0, not {value!r}.")


def _count(value: object, where: str) -> int:
    if type(value) is int and 0 <= value <= _MOST:
        return value
    raise SettingsError(f"{where} must be a whole number from 0 to {_MOST}, not {value!r}.")
