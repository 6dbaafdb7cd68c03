"""A perceptual hash, by which near-duplicates are found."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from artpipe.stages.colour import flattened
from artpipe.stages.imaging import ANALYSIS_WIDTH
from artpipe.stages.stage import Parameter, Parameters, Product

if TYPE_CHECKING:
    from collections.abc import Mapping

    from artpipe.stages.imaging import Picture


class PHash:
    """The 64-bit `phash` of the ImageHash package (DCT of 32x32 grey pixels), as 16 hexadecimal digits.

    Transparent pictures are hashed as they look on white.
    """

    kind: ClassVar[str] = "phash"
    version: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType({})

    def make(self, picture: Picture, params: Parameters) -> Product:  # noqa: ARG002 - the protocol's name; nothing to set
        """See `Maker.make`."""
        import imagehash

        image = flattened(picture.reduced(ANALYSIS_WIDTH))
        return Product(
            width=picture.width,
            height=picture.height,
            values={"phash": str(imagehash.phash(image))},
            how={"imagehash": imagehash.__version__},
        )
