"""Two makers that do nothing, for measuring what a job costs beside its work; Python loads this where PYTHONPATH says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from artpipe.stages import makers
from artpipe.stages.stage import Parameter, Parameters, Product

if TYPE_CHECKING:
    from artpipe.stages.imaging import Picture


class SmallFile:
    """A file of a few bytes."""

    kind: ClassVar[str] = "small-file"
    version: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, Parameter]] = {}

    def make(self, _picture: Picture, _params: Parameters) -> Product:
        return Product(1, 1, b"nothing", "txt")


class SmallRow:
    """A row."""

    kind: ClassVar[str] = "small-row"
    version: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, Parameter]] = {}

    def make(self, _picture: Picture, _params: Parameters) -> Product:
        return Product(1, 1, values={"blurhash": "nothing"})


makers.BUILT_IN |= {"small-file": "sitecustomize:SmallFile", "small-row": "sitecustomize:SmallRow"}
makers.TABLES = {**makers.TABLES, "small-row": "blurhash_cache"}
