"""A perceptual hash, by which near-duplicates are found."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from artpipe.stages.colour import flattened
from artpipe.stages.imaging import ANALYSIS_WIDTH, fitted
from artpipe.stages.stage import Parameter, Parameters, Product

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from artpipe.stages.imaging import Picture

    Floats = NDArray[np.float64]

_SIDE: Final = 32
_BITS_A_SIDE: Final = 8
# Far more than rounding can differ between two ways to add up, far less than two grey levels make.
_TOO_CLOSE: Final = 1e-6


class PHash:
    """The 64-bit `phash` of the ImageHash package (DCT of 32x32 grey pixels), as 16 hexadecimal digits.

    Hashed is the picture at the default thumbnail's size, which it shares with the thumbnail: at most 2 bits from
    the hash of the whole picture. Transparent pictures are hashed as they look on white.
    """

    kind: ClassVar[str] = "phash"
    version: ClassVar[int] = 2
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType({})

    def make(self, picture: Picture, params: Parameters) -> Product:  # noqa: ARG002 - the protocol's name; nothing to set
        """See `Maker.make`."""
        size = fitted((picture.width, picture.height), ANALYSIS_WIDTH, max(picture.width, picture.height))
        hashed, encoder = encode(flattened(picture.scaled(size)))
        return Product(
            width=picture.width,
            height=picture.height,
            values={"phash": hashed},
            how={"encoder": encoder, **picture.engines(size)},
        )


def encode(image: Image) -> tuple[str, str]:
    """The hash that ImageHash computes of an image, and the name of the package that did.

    ImageHash's DCT is scipy's, whose import takes as long as hashing a few hundred pictures. numpy tells the same
    bits, except where a value lies so close to the median that rounding decides, as in flat pictures.
    """
    import numpy as np

    values = _low_frequencies(image)
    distances = values - np.median(values)
    if np.abs(distances).min() > _TOO_CLOSE:
        bits = "".join("1" if above else "0" for above in (distances > 0).flat)
        return f"{int(bits, 2):0{_BITS_A_SIDE**2 // 4}x}", "numpy"
    import imagehash

    return str(imagehash.phash(image)), "imagehash"


def _low_frequencies(image: Image) -> Floats:
    import numpy as np
    from PIL.Image import Resampling

    grey = image.convert("L").resize((_SIDE, _SIDE), Resampling.LANCZOS)
    values: Floats = _cosines() @ np.asarray(grey, dtype=np.float64) @ _cosines().T
    return values


@cache
def _cosines() -> Floats:
    """The first rows of a discrete cosine transform, type 2, not normalised."""
    import numpy as np

    angles = np.pi / (2 * _SIDE) * np.outer(np.arange(_BITS_A_SIDE), 2 * np.arange(_SIDE) + 1)
    waves: Floats = 2 * np.cos(angles)
    return waves
