"""The contract between the pipeline and whatever makes an artifact."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from artpipe.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from artpipe.stages.imaging import Limits, Picture

ParameterValue = str | int | float | bool
Parameters = Mapping[str, ParameterValue]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a maker; its type is the type of its default.

    Args:
        default: value when `artpipe.toml` and the command line say nothing.
        help: one sentence for `docs/` and for messages.
        choices: all allowed values, where there are few.
        minimum, maximum: allowed range of a number, both included.
        wanted: True if it changes *what* is wanted and so belongs to the recipe; False if it only says *how*
            the result is computed (tile size, device, threads): recorded, never compared.
        pattern: regular expression that a text must match as a whole.
    """

    default: ParameterValue
    help: str
    choices: Sequence[ParameterValue] = ()
    minimum: float | None = None
    maximum: float | None = None
    wanted: bool = True
    pattern: str = ""

    def check(self, value: object) -> ParameterValue:
        """Return `value` as this parameter's type.

        Raises:
            SettingsError: the message says what is allowed; the caller adds file and key.
        """
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind or not self._in_range(value):
            raise SettingsError(f"must be {self.allowed()}, not {value!r}")
        return value

    def _in_range(self, value: ParameterValue) -> bool:
        if self.choices:
            return value in self.choices
        if isinstance(value, str):
            return not self.pattern or re.fullmatch(self.pattern, value) is not None
        if isinstance(value, bool):
            return True
        low = self.minimum is None or value >= self.minimum
        return low and (self.maximum is None or value <= self.maximum)

    def allowed(self) -> str:
        if self.choices:
            return "one of " + ", ".join(str(choice) for choice in self.choices)
        if self.pattern:
            return f"text like {self.default}"
        noun = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}[type(self.default)]
        if self.minimum is not None and self.maximum is not None:
            return f"{noun} from {self.minimum:g} to {self.maximum:g}"
        return noun


@dataclass(frozen=True, slots=True)
class Product:
    """What a maker made, as plain data.

    Args:
        width, height: pixels of the product; for a row stage, of the picture it describes.
        data: the complete bytes of the file, or None for a row stage.
        extension: of the file, without dot; empty for a row stage.
        values: columns of the row, for a row stage (`{"blurhash": "L9AB…"}`).
        how: what says how it was computed (engine, device, tile, versions): recorded, never compared.
    """

    width: int
    height: int
    data: bytes | None = None
    extension: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    how: Mapping[str, ParameterValue] = field(default_factory=dict)


class AnyMaker(Protocol):
    """A kind of work. One instance lives as long as its worker process, so it may keep models loaded.

    `version` goes up whenever the same input and parameters would give another result than before: everything
    made by the older version is stale then.
    """

    kind: ClassVar[str]
    version: ClassVar[int]
    parameters: ClassVar[Mapping[str, Parameter]]


class Maker(AnyMaker, Protocol):
    """Makes something of one decoded picture."""

    def make(self, picture: Picture, params: Parameters) -> Product:
        """Make one product; `params` holds a checked value for every key of `parameters`.

        Raises:
            PictureError: the picture is to blame.
            EnvironmentLackError: this machine lacks something.
        """
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """What a maker that works on files is asked for.

    Args:
        inputs: name -> file; their bytes were compared with what was recorded.
        folder: empty, and the maker's own: what is written there and not delivered is thrown away.
        library: folder of the settings file.
        timeout: seconds after which the maker is to give up by itself.
        limits: what a picture may be at most.
        kept: a folder that outlives this attempt, if it is interrupted, for a maker that can go on from what it left
            there; it belongs to this input and this recipe alone.
    """

    image_id: str
    inputs: Mapping[str, Path]
    params: Parameters
    folder: Path
    library: Path
    timeout: float
    limits: Limits
    kept: Path | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One of many pictures that a maker left in its folder; it becomes an image of its own.

    Args:
        seconds: into the film that it was taken from.
    """

    path: Path
    extension: str
    width: int
    height: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file that a maker left in its folder.

    Args:
        width, height: in pixels; 0 for what is no picture.
        how: what says how it was made: recorded, never compared. A `warning` in it is shown to people.
        parts: pictures that belong to it; the file itself then says which.
    """

    path: Path
    extension: str
    width: int = 0
    height: int = 0
    how: Mapping[str, ParameterValue] = field(default_factory=dict)
    parts: Sequence[Part] = ()


@runtime_checkable
class FileMaker(AnyMaker, Protocol):
    """Makes a file of one or several files, whatever they hold."""

    def deliver(self, order: Order) -> Delivery:
        """Make one file.

        Raises:
            WorkError: as `Maker.make` does; a plain one may be tried again.
        """
        ...


# What the user calls a parameter of the user's own; in the table of a stage it stands in a table `params`.
OWN = "params."


def wanted(maker: type[AnyMaker] | AnyMaker, params: Parameters) -> dict[str, ParameterValue]:
    """The parameters that belong to the recipe."""
    known = maker.parameters
    return {key: value for key, value in params.items() if (key in known and known[key].wanted) or key.startswith(OWN)}
