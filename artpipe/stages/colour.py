"""Any colour mode that Pillow decodes to sRGB with 8 bits a channel."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageCms import ImageCmsTransform
    from PIL.ImageFile import ImageFile

_OPAQUE: Final = 255
_DEEPEST: Final = 65535
# Factor from a sample as the file holds it to one as Pillow decodes it, by Pillow's raw mode.
_SAMPLE_FACTORS: Final = {"1": 255, "L;2": 85, "L;4": 17}
_MODES_WITH_PROFILE: Final = {"L": "L", "LA": "L", "RGB": "RGB", "RGBA": "RGBA", "CMYK": "CMYK"}
# One grey level: what remains between two makers' versions of sRGB.
_SAME: Final = 1


def fit_transparent_colour(header: ImageFile) -> None:
    """Express a PNG's transparent colour in the 8 bits that its pixels are decoded to.

    Pillow scales the pixels of 1, 2, 4 and 3x16 bits a sample, but not the colour they are compared with. Must
    run before the pixels are loaded; only then is the depth of the file known.
    """
    key = header.info.get("transparency")
    rawmode = str(header.tile[0][3]) if header.tile else ""
    if isinstance(key, int) and rawmode in _SAMPLE_FACTORS:
        header.info["transparency"] = min(_OPAQUE, key * _SAMPLE_FACTORS[rawmode])
    elif isinstance(key, tuple) and rawmode.startswith("RGB;16"):
        header.info["transparency"] = tuple(sample >> 8 for sample in key)


def to_srgb(picture: Image) -> Image:
    """Convert a loaded picture, which is used up, to sRGB.

    Returns:
        A plain image without metadata, RGB, or RGBA with straight alpha if any pixel is not opaque.
    """
    profile = picture.info.get("icc_profile")
    picture = _eight_bit(picture)
    picture = _through_profile(picture, profile)
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema()[0] == _OPAQUE:
        picture = picture.convert("RGB")
    picture.info.clear()
    return picture


def is_srgb(profile: bytes | None) -> bool:
    """Whether RGB with this profile is sRGB as it is; so is RGB without any, or with a broken one."""
    return not profile or _transform(profile, "RGB") is None


def flattened(image: Image, background: str = "#ffffff") -> Image:
    """An RGB or RGBA picture as it looks on a background; RGB."""
    from PIL import Image as Pillow

    if image.mode != "RGBA":
        return image
    return Pillow.alpha_composite(Pillow.new("RGBA", image.size, background), image).convert("RGB")


def _eight_bit(picture: Image) -> Image:
    """The picture in mode L, LA, RGB, RGBA or CMYK."""
    mode, transparent = picture.mode, picture.has_transparency_data
    if mode.startswith("I") or mode == "F":
        return _from_deep_grey(picture)
    if mode in ("1", "L", "La"):
        # Pillow 11 makes nothing of a transparent colour in mode 1.
        grey = picture.convert("L") if mode == "1" else picture
        return grey.convert("LA" if transparent else "L")
    if mode in ("LA", "RGBA", "CMYK") or (mode == "RGB" and not transparent):
        return picture
    return picture.convert("RGBA" if transparent else "RGB")


def _from_deep_grey(picture: Image) -> Image:
    """16 bits linearly to 8; wider integers and floats as `_stretched` says."""
    if picture.mode == "F":
        return _stretched(picture)
    wide = picture.convert("I")
    low, high = wide.getextrema()
    if low < 0 or high > _DEEPEST:  # type: ignore[operator]
        return _stretched(wide)
    grey = wide.point([(value * 255 + _DEEPEST // 2) // _DEEPEST for value in range(_DEEPEST + 1)], "L")
    key = picture.info.get("transparency")
    if isinstance(key, int):
        grey.putalpha(wide.point([0 if value == key else 255 for value in range(_DEEPEST + 1)], "L"))
    return grey


def _stretched(picture: Image) -> Image:
    """Floats from 0 to 1 are black to white; anything else from its least to its greatest finite value."""
    import numpy as np
    from PIL import Image

    values = np.array(picture, dtype=np.float32)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if picture.mode == "F" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    values = np.nan_to_num(values, copy=False, nan=low, posinf=high, neginf=low)
    values = (values - low) * (255 / ((high - low) or 1))
    return Image.fromarray(np.rint(values).astype(np.uint8))


def _through_profile(picture: Image, profile: bytes | None) -> Image:
    """Apply the embedded ICC profile; without one, or with a broken or unfitting one, the picture is sRGB."""
    alpha = picture.getchannel("A") if picture.mode == "LA" else None
    transform = _transform(profile, _MODES_WITH_PROFILE[picture.mode]) if profile else None
    if transform is None:
        return _plain(picture, "RGBA" if picture.mode.endswith("A") else "RGB")
    if alpha:
        picture = transform.apply(picture.convert("L"))
        picture.putalpha(alpha)
        return picture
    return transform.apply(picture)


def _plain(picture: Image, mode: str) -> Image:
    """Convert; copy what already has the mode only if it still hangs on its file."""
    from PIL import Image as Pillow

    return picture if type(picture) is Pillow.Image and picture.mode == mode else picture.convert(mode)


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCmsTransform | None:
    """The way from `profile` to sRGB; None if it leads nowhere new, or the profile cannot be used.

    Relative colorimetric with black point compensation, as browsers and Photoshop do.
    """
    from PIL import ImageCms

    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGBA" if mode == "RGBA" else "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return None if mode != "CMYK" and _changes_nothing(transform, mode) else transform


def _changes_nothing(transform: ImageCmsTransform, mode: str) -> bool:
    """Try the transform on a chart: profiles that mean sRGB have many names and many sizes."""
    from PIL import Image, ImageChops

    steps = [*range(0, 256, 17)]
    chart = Image.new("RGB", (256, 16))
    chart.putdata([(red, green, blue) for red in steps for green in steps for blue in steps])
    chart = Image.linear_gradient("L") if mode == "L" else chart
    before = chart.convert("RGB")
    after = transform.apply(chart.convert(mode)).convert("RGB")
    return max(high for _, high in ImageChops.difference(before, after).getextrema()) <= _SAME  # type: ignore[misc]
