"""A smaller copy of a picture."""

from __future__ import annotations

import io
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from artpipe.errors import EnvironmentLackError
from artpipe.stages.colour import flattened
from artpipe.stages.imaging import fitted
from artpipe.stages.stage import Parameter, Parameters, Product

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL import Image

    from artpipe.stages.imaging import Picture

# The most pixels a side can have. WebP: 14 bits. JPEG: 16 bits, of which libjpeg takes 65,500. AVIF: 16 bits.
_LONGEST_SIDE: Final = {"webp": 16_383, "jpeg": 65_500, "avif": 65_535, "png": 1_000_000}
_WITHOUT_ALPHA: Final = frozenset(("jpeg",))
_FASTEST_AVIF: Final = 10


class Resize:
    """Scale down to a width, never up; the height follows.

    A picture so tall that the format could not hold it at that width becomes narrower instead of failing. The
    file holds pixels only: no EXIF, no profile (it is sRGB), no text.
    """

    kind: ClassVar[str] = "resize"
    version: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "width": Parameter(400, "width in pixels; smaller pictures keep theirs", minimum=1, maximum=65_535),
            "format": Parameter("webp", "file format", choices=("webp", "jpeg", "png", "avif")),
            "quality": Parameter(80, "quality of WebP, JPEG and AVIF", minimum=1, maximum=100),
            "effort": Parameter(2, "how hard WebP and AVIF try to save bytes", minimum=0, maximum=6),
            "lossless": Parameter(default=False, help="WebP without loss; quality is then a second effort"),
            "background": Parameter(
                "#ffffff", "what shows through where the format has no alpha", pattern="#[0-9a-fA-F]{6}"
            ),
        }
    )

    def make(self, picture: Picture, params: Parameters) -> Product:
        """See `Maker.make`."""
        extension = str(params["format"])
        width, height = fitted((picture.width, picture.height), int(params["width"]), _LONGEST_SIDE[extension])
        small = picture.scaled((width, height))
        if extension in _WITHOUT_ALPHA:
            small = flattened(small, str(params["background"]))
        return Product(
            width=width,
            height=height,
            data=_encoded(small, params),
            extension=extension,
            how=picture.engines((width, height)),
        )


def _encoded(image: Image.Image, params: Parameters) -> bytes:
    from PIL import features

    extension, effort = str(params["format"]), int(params["effort"])
    options: dict[str, object] = {"quality": int(params["quality"])}
    if extension == "webp":
        options |= {"method": effort, "lossless": bool(params["lossless"])}
    elif extension == "avif":
        # One thread: there is a worker per core, and the bytes may not depend on the machine.
        options |= {"speed": _FASTEST_AVIF - effort, "max_threads": 1}
    elif extension == "png":
        options = {}
    if extension in ("webp", "avif") and not features.check(extension):
        raise EnvironmentLackError("no-codec", f"this Pillow was built without {extension}")
    file = io.BytesIO()
    image.save(file, extension.upper(), **options)
    return file.getvalue()
