"""The blurhash of a picture: some thirty characters that draw it blurred while it loads."""

from __future__ import annotations

import functools
import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from artpipe.stages.colour import flattened
from artpipe.stages.imaging import ANALYSIS_WIDTH, fitted
from artpipe.stages.stage import Parameter, Parameters, Product

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from artpipe.stages.imaging import Picture

    Floats = NDArray[np.float32]

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


class BlurHash:
    """Hash the picture, reduced to `sample` pixels on its longer side, as it looks on white.

    Reducing costs little likeness: drawn at 32x32, hashes from 64 pixels are 33 dB from those of the whole
    picture (100 pixels: 35 dB, in twice the time), mostly because the format's cosines start at the edge of a
    pixel, not in its middle.
    """

    kind: ClassVar[str] = "blurhash"
    version: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "components_x": Parameter(4, "details from left to right", minimum=1, maximum=9),
            "components_y": Parameter(3, "details from top to bottom", minimum=1, maximum=9),
            "sample": Parameter(64, "pixels of the longer side that is hashed", minimum=8, maximum=400),
        }
    )

    def make(self, picture: Picture, params: Parameters) -> Product:
        """See `Maker.make`. Width and height are the picture's, for its proportions."""
        sample = int(params["sample"])
        size = fitted((picture.width, picture.height), sample, sample)
        image = flattened(picture.scaled(size, ANALYSIS_WIDTH))
        hashed, encoder = encode(image, int(params["components_x"]), int(params["components_y"]))
        return Product(
            width=picture.width, height=picture.height, values={"blurhash": hashed}, how={"encoder": encoder}
        )


def encode(image: Image, across: int, down: int) -> tuple[str, str]:
    """The blurhash of a small RGB image, and the name of the package that computed it.

    `across` and `down` are the numbers of components, 1 to 9.
    """
    try:
        import blurhash
    except ImportError:  # no wheel for this Python
        return encode_with_numpy(image, across, down), "numpy"
    return str(blurhash.encode(_readable(image), across, down)), "blurhash-python"


def flaw(text: str) -> str | None:
    """What makes a text no blurhash, as half a sentence; None for one that can be drawn."""
    digits = [_DIGITS.find(character) for character in text]
    if not digits or min(digits) < 0:
        return f"holds other characters than {_DIGITS}" if digits else "is empty"
    across, down = digits[0] % 9 + 1, digits[0] // 9 + 1
    length = 4 + 2 * across * down
    if down > 9 or len(text) != length:  # noqa: PLR2004 - the format's limit
        return f"begins like one of {across}x{down} components, which has {length} characters, not {len(text)}"
    average = functools.reduce(lambda value, digit: value * 83 + digit, digits[2:6])
    details = [83 * high + low for high, low in zip(digits[6::2], digits[7::2], strict=True)]
    return "stands for no colours" if average >= 1 << 24 or max(details, default=0) >= 19**3 else None


def _readable(image: Image) -> Image:
    """The image as blurhash-python reads it.

    It takes pixels from `getdata`, which Pillow 13 deprecates and Pillow 14 lacks.
    """
    from PIL.Image import Image

    class Readable(Image):
        mode = "RGB"
        size = image.size

        def getdata(self, band: int | None = None) -> Any:
            return image.getchannel(band or 0).tobytes()

    return Readable()


def encode_with_numpy(image: Image, across: int, down: int) -> str:
    """Like `encode`, where blurhash-python has no wheel: the same characters.

    From the description of the format, github.com/woltapp/blurhash/blob/master/Algorithm.md. Its C code adds
    up in single precision, pixel by pixel; so does this, because the last bit can decide about a character.
    """
    import numpy as np

    factors = _factors(image, across, down)
    average, details = factors[0], factors[1:]
    greatest, scale = _quantised_greatest(details)
    ratios = details / scale
    steps = np.floor(np.copysign(np.sqrt(np.abs(ratios)), ratios) * np.float32(9) + np.float32(9.5))
    red, green, blue = (_to_srgb(float(channel)) for channel in average)
    text = _base83((across - 1) + (down - 1) * 9, 1) + _base83(greatest, 1)
    text += _base83((red << 16) + (green << 8) + blue, 4)
    for red, green, blue in np.clip(steps, 0, 18).astype(int).tolist():
        text += _base83((red * 19 + green) * 19 + blue, 2)
    return text


def _factors(image: Image, across: int, down: int) -> Floats:
    """One row of red, green and blue for each component, the average first."""
    import numpy as np

    light = _linear_levels()[np.asarray(image)].reshape(-1, 3)
    columns, rows = _cosines(across, image.width), _cosines(down, image.height)
    sums = [
        np.add.accumulate(np.outer(row, column).reshape(-1, 1) * light, axis=0, dtype=np.float32)[-1]
        for row in rows
        for column in columns
    ]
    area = image.width * image.height
    norms = np.full((len(sums), 1), np.float32(2 / area), dtype=np.float32)
    norms[0] = np.float32(1 / area)
    return np.array(sums, dtype=np.float32) * norms


def _cosines(components: int, length: int) -> Floats:
    import numpy as np

    angles = np.pi * np.outer(np.arange(components), np.arange(length)) / length
    # Like C's cosf: single precision in and out. numpy's own single cosine is rounded worse.
    return np.cos(angles.astype(np.float32).astype(np.float64)).astype(np.float32)


def _linear_levels() -> Floats:
    """The light of each of the 256 levels of sRGB (IEC 61966-2-1)."""
    import numpy as np

    levels = (np.arange(256, dtype=np.float32) / np.float32(255)).astype(np.float64)
    bases = ((levels + 0.055) / 1.055).astype(np.float32).astype(np.float64)
    powers = bases ** float(np.float32(2.4))
    return np.where(levels <= 0.04045, levels / 12.92, powers).astype(np.float32)  # noqa: PLR2004 - sRGB's own


def _to_srgb(light: float) -> int:
    import numpy as np

    light = max(0.0, min(1.0, light))
    if light <= 0.0031308:  # noqa: PLR2004 - sRGB's own
        return int(light * 12.92 * 255 + 0.5)
    return int((1.055 * float(np.float32(light ** float(np.float32(1 / 2.4)))) - 0.055) * 255 + 0.5)


def _quantised_greatest(details: Floats) -> tuple[int, Floats]:
    """The greatest detail as a digit, and the value which that digit stands for."""
    import numpy as np

    if not details.size:
        return 0, np.ones(1, dtype=np.float32)
    greatest = np.abs(details).max() * np.float32(166)
    digit = max(0, min(82, math.floor(float(greatest) - 0.5)))
    return digit, np.array([digit + 1], dtype=np.float32) / np.float32(166)


def _base83(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83**place % 83] for place in reversed(range(length)))
