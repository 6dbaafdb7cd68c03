"""The kinds of work there are, the built-in ones first."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeGuard

from artpipe.errors import SettingsError
from artpipe.stages.stage import AnyMaker, FileMaker, Maker

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint

    from artpipe.model import Table

BUILT_IN: Final = {
    "resize": "artpipe.stages.resize:Resize",
    "blurhash": "artpipe.stages.blurhash:BlurHash",
    "phash": "artpipe.stages.phash:PHash",
    "upscale": "artpipe.stages.upscale.maker:Upscaler",
    "command": "artpipe.stages.command.maker:Command",
    "frames": "artpipe.stages.video.maker:Frames",
    "poster": "artpipe.stages.video.maker:Poster",
}
TABLES: Mapping[str, Table] = {"blurhash": "blurhash_cache", "phash": "perceptual_hashes"}
GROUP: Final = "artpipe.stages"
"""Entry points of this group are makers that other packages bring; an entry point's name is the kind."""

_NEEDED = ("kind", "version", "parameters")


@cache
def maker_class(kind: str) -> type[AnyMaker]:
    """The class behind a kind.

    Raises:
        SettingsError: there is no such kind, or the package that brings it is at fault.
    """
    if kind not in BUILT_IN:
        return _brought(kind)
    module, name = BUILT_IN[kind].split(":")
    found: type[AnyMaker] = getattr(import_module(module), name)
    return found


@cache
def maker(kind: str) -> AnyMaker:
    """The one instance of this process, with whatever models it has loaded."""
    return maker_class(kind)()


def makes_of_pictures(made_by: AnyMaker) -> TypeGuard[Maker]:
    return hasattr(made_by, "make")


def takes_files(kind: str) -> bool:
    """Whether its maker works on files, of which there may be several, instead of on one decoded picture."""
    return hasattr(maker_class(kind), FileMaker.deliver.__name__)


def kinds() -> list[str]:
    """All names, those that other packages bring included."""
    return [*BUILT_IN, *sorted(_entry_points())]


@cache
def _entry_points() -> dict[str, EntryPoint]:
    """Looked for only when a kind is named that is not built in: a look at every installed package takes its time."""
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP) if point.name not in BUILT_IN}


def _brought(kind: str) -> type[AnyMaker]:
    point = _entry_points().get(kind)
    if point is None:
        raise SettingsError(f"must be one of {', '.join(kinds())}, not {kind!r}")
    package = point.dist.name if point.dist else "an installed package"
    try:
        found: type[AnyMaker] = point.load()
    except Exception as error:
        raise SettingsError(f"is {kind!r}, which {package} brings and which fails to load: {error!r}") from error
    if not all(hasattr(found, name) for name in _NEEDED) or not (hasattr(found, "make") or hasattr(found, "deliver")):
        raise SettingsError(f"is {kind!r}, and what {package} brings under that name is no maker")
    return found
