"""The built-in stages, in order, with what the settings change about them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from artpipe.errors import SettingsError
from artpipe.model import UPSTREAM, Graph, Stage
from artpipe.stages.command import table as command_table
from artpipe.stages.definition import FOLDERS, Definition, check_together, checked, defaults, merged
from artpipe.stages.makers import TABLES, maker_class
from artpipe.stages.stage import OWN, Parameters, ParameterValue, wanted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BUILT_IN: Mapping[str, Definition] = {
    # What stands for a video is there before anything is made of that.
    "video-posters": Definition("poster", ("video-sources",), "not-rejected", names=("video-sources",)),
    "thumbnails-small": Definition("resize", (UPSTREAM,), "not-rejected", {"width": 400, "quality": 80}),
    "web-optimized": Definition("resize", (UPSTREAM,), "approved", {"width": 400, "quality": 90}),
    "blurhash": Definition("blurhash", ("web-optimized", "thumbnails-small"), "not-rejected"),
    "phash": Definition("phash", (UPSTREAM,), "not-rejected"),
    "ersgan-enhanced": Definition("upscale", ("web-optimized",), "approved", timeout=4 * 3600.0),
    "ersgan-thumbnails": Definition("resize", ("ersgan-enhanced",), "approved", {"width": 400, "quality": 80}),
    "video-frames": Definition("frames", ("video-sources",), "not-rejected", timeout=3600.0, names=("video-sources",)),
}


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
        definitions[name] = merged(name, definitions.get(name), table, file)
    _require_inputs(definitions, file)
    stages = {name: _stage(name, definitions[name]) for name in _sorted(definitions, file)}
    return Graph(stages)


def with_params(stage: Stage, params: Mapping[str, Any]) -> Stage:
    """The stage with other parameters than the configured ones.

    Raises:
        SettingsError: the maker has no such parameter, or not that value.
    """
    _require_own(stage, params)
    changed = {**stage.params, **checked(stage.kind, params, f"{stage.name}: ")}
    check_together(stage.kind, changed, stage.name)
    return stage._replace(params=changed, recipe=recipe(stage.kind, changed))


def _require_own(stage: Stage, params: Mapping[str, Any]) -> None:
    """A command may get other values for the user's own parameters; what is started stands in the settings alone."""
    if stage.kind != command_table.KIND:
        return
    for key, value in params.items():
        before = stage.params.get(key)
        if not key.startswith(OWN) or type(value) is not type(before):
            known = ", ".join(name for name in stage.params if name.startswith(OWN)) or "none"
            raise SettingsError(f"{stage.name}: {key} can't be {value!r} here. Allowed, of their own types: {known}.")


def recipe(kind: str, params: Parameters) -> str:
    """Hash of what is wanted: the kind of work, its version, and the parameters that change the result."""
    made_by = maker_class(kind)
    content = {"kind": kind, "version": made_by.version, "params": wanted(made_by, params)}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def version_of(kind: str) -> int:
    """The maker's version, which is part of every recipe of the kind."""
    return maker_class(kind).version


def wanted_part(kind: str, params: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    """Those of `params` that belong to the recipe."""
    return wanted(maker_class(kind), params)


def _stage(name: str, definition: Definition) -> Stage:
    params = {**defaults(definition.kind), **definition.params}
    return Stage(
        name=name,
        kind=definition.kind,
        inputs=definition.inputs,
        audience=definition.audience,
        table=TABLES.get(definition.kind, "artifacts"),
        params=params,
        recipe=recipe(definition.kind, params),
        timeout=definition.timeout,
        workers=definition.workers,
        retries=definition.retries,
        names=definition.names,
        pairs=definition.pairs,
    )


def _require_inputs(definitions: Mapping[str, Definition], file: Path) -> None:
    with_files = {name for name, definition in definitions.items() if definition.kind not in TABLES}
    for name, definition in definitions.items():
        # A stage that is made from itself is left to the search for circles.
        for source in set(definition.inputs) - with_files - set(FOLDERS):
            known = ", ".join(dict.fromkeys([*FOLDERS, *(one for one in definitions if one in with_files - {name})]))
            what = "makes values and no files" if source in definitions else "is no stage"
            raise SettingsError(f"{file}: stages.{name}.input is {source!r}, which {what}. Known: {known}.")


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
