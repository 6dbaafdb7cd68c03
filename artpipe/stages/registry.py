"""The built-in stages, in order, with what the settings change about them."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from artpipe.errors import SettingsError
from artpipe.model import UPSTREAM, Audience, Graph, Stage, Table
from artpipe.stages.stage import Maker, Parameters, ParameterValue, wanted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MAKERS = {
    "resize": "artpipe.stages.resize:Resize",
    "blurhash": "artpipe.stages.blurhash:BlurHash",
    "phash": "artpipe.stages.phash:PHash",
    "upscale": "artpipe.stages.upscale.maker:Upscaler",
}
_TABLES: Mapping[str, Table] = {"blurhash": "blurhash_cache", "phash": "perceptual_hashes"}
_AUDIENCES: tuple[Audience, ...] = ("approved", "not-rejected", "all")

# Stages whose files come from registering or from other programs; nothing is made for them here.
FOLDERS = (
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
    """A stage before the maker's defaults are filled in."""

    kind: str
    inputs: tuple[str, ...]
    audience: Audience
    params: Parameters = field(default_factory=dict)
    timeout: float = 300.0


BUILT_IN: Mapping[str, Definition] = {
    "thumbnails-small": Definition("resize", (UPSTREAM,), "not-rejected", {"width": 400, "quality": 80}),
    "web-optimized": Definition("resize", (UPSTREAM,), "approved", {"width": 400, "quality": 90}),
    "blurhash": Definition("blurhash", ("web-optimized", "thumbnails-small"), "not-rejected"),
    "phash": Definition("phash", (UPSTREAM,), "not-rejected"),
    "ersgan-enhanced": Definition("upscale", ("web-optimized",), "approved", timeout=4 * 3600.0),
    "ersgan-thumbnails": Definition("resize", ("ersgan-enhanced",), "approved", {"width": 400, "quality": 80}),
}


@cache
def maker_class(kind: str) -> type[Maker]:
    module, name = _MAKERS[kind].split(":")
    found: type[Maker] = getattr(import_module(module), name)
    return found


@cache
def maker(kind: str) -> Maker:
    """The one instance of this process, with whatever models it has loaded."""
    return maker_class(kind)()


def build_graph(raw: Mapping[str, Mapping[str, Any]], file: Path) -> Graph:
    """All stages of a library.

    Args:
        raw: the `[stages.NAME]` tables of the settings.
        file: where they stand, for messages.

    Raises:
        SettingsError: an unknown key, a value out of range, an input that does not exist, a circle.
    """
    definitions = dict(BUILT_IN)
    for name, table in raw.items():
        definitions[name] = _merged(name, definitions.get(name), table, file)
    _require_inputs(definitions, file)
    stages = {name: _stage(name, definitions[name]) for name in _sorted(definitions, file)}
    return Graph(stages)


def with_params(stage: Stage, params: Mapping[str, Any]) -> Stage:
    """The stage with other parameters than the configured ones.

    Raises:
        SettingsError: the maker has no such parameter, or not that value.
    """
    merged = {**stage.params, **_checked(stage.kind, params, f"{stage.name}: ")}
    _check_together(stage.kind, merged, stage.name)
    return stage._replace(params=merged, recipe=recipe(stage.kind, merged))


def recipe(kind: str, params: Parameters) -> str:
    """Hash of what is wanted: the kind of work, its version, and the parameters that change the result."""
    made_by = maker_class(kind)
    content = {"kind": kind, "version": made_by.version, "params": wanted(made_by, params)}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def wanted_part(kind: str, params: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    """Those of `params` that belong to the recipe."""
    known = maker_class(kind).parameters
    return {key: value for key, value in params.items() if known[key].wanted}


def _stage(name: str, definition: Definition) -> Stage:
    params = {**_defaults(definition.kind), **definition.params}
    return Stage(
        name=name,
        kind=definition.kind,
        inputs=definition.inputs,
        audience=definition.audience,
        table=_TABLES.get(definition.kind, "artifacts"),
        params=params,
        recipe=recipe(definition.kind, params),
        timeout=definition.timeout,
    )


def _merged(name: str, base: Definition | None, table: Mapping[str, Any], file: Path) -> Definition:
    where = f"{file}: stages.{name}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name) or name in FOLDERS:
        raise SettingsError(f"{where}: a stage's name is made of a-z, 0-9 and -, and is none of {', '.join(FOLDERS)}.")
    rest = dict(table)
    kind = rest.pop("kind", base.kind if base else None)
    if not isinstance(kind, str) or kind not in _MAKERS or (base and kind != base.kind):
        allowed = base.kind if base else ", ".join(_MAKERS)
        raise SettingsError(f"{where}.kind must be one of {allowed}, not {kind!r}.")
    base = base or Definition(kind, (UPSTREAM,), "approved")
    inputs = _inputs(rest.pop("input", base.inputs), where)
    audience = _one_of(rest.pop("for", base.audience), _AUDIENCES, f"{where}.for")
    timeout = _positive(rest.pop("timeout", base.timeout), f"{where}.timeout")
    params = {**base.params, **_checked(kind, rest, f"{where}.")}
    _check_together(kind, {**_defaults(kind), **params}, where)
    return Definition(kind, inputs, audience, params, timeout)


def _defaults(kind: str) -> dict[str, ParameterValue]:
    return {key: parameter.default for key, parameter in maker_class(kind).parameters.items()}


def _check_together(kind: str, params: Parameters, where: str) -> None:
    """Some values exclude each other; a maker that knows of such says so in a `check` of its own."""
    check = getattr(maker_class(kind), "check", None)
    if check is None:
        return
    try:
        check(params)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}.") from None


def _checked(kind: str, params: Mapping[str, Any], where: str) -> dict[str, ParameterValue]:
    known = maker_class(kind).parameters
    checked = {}
    for key, value in params.items():
        if key not in known:
            allowed = ", ".join(sorted({*known, "input", "for", "timeout"}))
            raise SettingsError(f"{where}{key} is unknown. Allowed here: {allowed}.")
        try:
            checked[key] = known[key].check(value)
        except SettingsError as error:
            raise SettingsError(f"{where}{key} {error}.") from None
    return checked


def _inputs(value: object, where: str) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else value
    if isinstance(names, list | tuple) and names and all(isinstance(name, str) for name in names):
        return tuple(names)
    raise SettingsError(f"{where}.input must be the name of a stage, not {value!r}.")


def _one_of(value: object, allowed: tuple[Audience, ...], where: str) -> Audience:
    for choice in allowed:
        if value == choice:
            return choice
    raise SettingsError(f"{where} must be one of {', '.join(allowed)}, not {value!r}.")


def _positive(value: object, where: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    raise SettingsError(f"{where} must be a number of seconds above 0, not {value!r}.")


def _require_inputs(definitions: Mapping[str, Definition], file: Path) -> None:
    for name, definition in definitions.items():
        for source in definition.inputs:
            if source not in definitions and source not in FOLDERS:
                known = ", ".join([*FOLDERS, *definitions])
                raise SettingsError(f"{file}: stages.{name}.input is {source!r}, which is no stage. Known: {known}.")


def _sorted(definitions: Mapping[str, Definition], file: Path) -> list[str]:
    """Each stage after those it is made from, otherwise in the order given."""
    done: list[str] = []
    while len(done) < len(definitions):
        ready = [
            name
            for name, definition in definitions.items()
            if name not in done and all(source in done or source not in definitions for source in definition.inputs)
        ]
        if not ready:
            circle = ", ".join(name for name in definitions if name not in done)
            raise SettingsError(f"{file}: these stages are made from each other in a circle: {circle}.")
        done.append(ready[0])
    return done
