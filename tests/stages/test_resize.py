from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import PIL
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from stages.pictures import P3, encode, oriented, photo, psnr, rgb_profile, scene

from artpipe.errors import EnvironmentLackError, SettingsError
from artpipe.stages.imaging import Picture, fitted, vips
from artpipe.stages.resize import Resize

if TYPE_CHECKING:
    from artpipe.stages.stage import ParameterValue, Product

pytestmark = pytest.mark.usefixtures("engine")

EXTENSIONS = ["webp", "jpeg", "png", "avif"]


def resize(data: bytes, **changes: ParameterValue) -> Product:
    params = {key: parameter.default for key, parameter in Resize.parameters.items()}
    for key, value in changes.items():
        params[key] = Resize.parameters[key].check(value)
    return Resize().make(Picture(data), params)


def image_of(product: Product) -> Image.Image:
    assert product.data is not None
    image = Image.open(io.BytesIO(product.data))
    image.load()
    return image


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_the_product_is_what_it_says(extension: str) -> None:
    product = resize(encode(photo("coffee"), "png"), format=extension, width=120)
    image = image_of(product)
    assert image.format == extension.upper()
    assert image.size == (product.width, product.height) == (120, 80)
    assert product.extension == extension
    assert product.values == {}
    wanted = photo("coffee").resize((120, 80), Image.Resampling.LANCZOS)
    assert psnr(image.convert("RGB"), wanted) > 30


def test_who_decoded_and_scaled_is_recorded(engine: str) -> None:
    pillow = {"decoder": "pillow", "scaler": "pillow", "pillow": PIL.__version__}
    versions = {"libvips": vips.version(), "pillow": PIL.__version__}
    both, scaler = {"decoder": "libvips", "scaler": "libvips"}, {"decoder": "pillow", "scaler": "libvips"}
    for name, width, wanted in (("png", 300, both), ("jpeg", 300, scaler), ("gif", 60, pillow)):
        how = resize(encode(photo("coffee"), name), width=width).how
        assert how == (pillow if engine == "pillow" or wanted is pillow else wanted | versions), name


def test_the_default_is_a_webp_400_wide() -> None:
    product = resize(encode(photo(), "jpeg"))
    assert (product.extension, product.width, product.height) == ("webp", 400, 400)


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("size", [(50, 30), (400, 100), (1, 1)])
def test_nothing_is_enlarged(extension: str, size: tuple[int, int]) -> None:
    product = resize(encode(scene(*size), "png"), format=extension)
    assert (product.width, product.height) == image_of(product).size == size


def test_the_product_is_upright() -> None:
    product = resize(oriented(scene(640, 320), 6), width=64, format="png")
    assert psnr(image_of(product), scene(64, 32)) > 25


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_no_metadata_is_left(extension: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    data = encode(
        photo().resize((64, 64)),
        "webp",
        exif=exif,
        icc_profile=rgb_profile(*P3, gamma=2.2),
        xmp=b"<x:xmpmeta>secret</x:xmpmeta>",
    )
    product = resize(data, format=extension)
    image = image_of(product)
    assert product.data is not None
    assert b"Camera" not in product.data
    assert b"secret" not in product.data
    assert not {"exif", "icc_profile", "xmp", "XML:com.adobe.xmp"} & set(image.info)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_the_same_input_gives_the_same_bytes(extension: str) -> None:
    data = encode(photo("rocket"), "jpeg")
    assert resize(data, format=extension, width=90).data == resize(data, format=extension, width=90).data


def test_what_else_is_made_of_a_picture_changes_nothing() -> None:
    data = encode(photo("rocket"), "jpeg")
    alone = resize(data, width=90)
    params = {key: parameter.default for key, parameter in Resize.parameters.items()}
    shared = Picture(data)
    for width in (400, 20):
        Resize().make(shared, params | {"width": width})
    assert Resize().make(shared, params | {"width": 90}) == alone


def disc_on_hidden_colour(hidden: tuple[int, int, int]) -> Image.Image:
    """A white disc whose transparent surroundings hide a colour."""
    y, x = np.mgrid[:200, :200]
    inside = (x - 100) ** 2 + (y - 100) ** 2 < 70**2
    pixels = np.where(inside[..., None], 255, np.array([*hidden, 0])).astype(np.uint8)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("extension", ["png", "webp", "avif"])
def test_alpha_survives_without_a_fringe(extension: str) -> None:
    image = image_of(
        resize(
            encode(disc_on_hidden_colour((0, 0, 0)), "png"),
            format=extension,
            width=41,
            lossless=True,
            quality=100,
        )
    )
    assert image.mode == "RGBA"
    pixels = np.asarray(image).astype(int)
    assert pixels[0, 0, 3] < 3
    assert pixels[20, 20].min() > 250
    edge = pixels[(pixels[..., 3] > 40) & (pixels[..., 3] < 215)]
    assert len(edge) > 20
    assert edge[:, :3].min() > (248 if extension != "avif" else 200)


@pytest.mark.parametrize(("background", "colour"), [("#ffffff", (255, 255, 255)), ("#336699", (0x33, 0x66, 0x99))])
def test_jpeg_shows_the_background(background: str, colour: tuple[int, int, int]) -> None:
    data = encode(disc_on_hidden_colour((255, 0, 0)), "png")
    pixels = np.asarray(image_of(resize(data, format="jpeg", background=background, quality=95))).astype(int)
    assert np.abs(pixels[2, 2] - colour).max() < 4
    assert pixels[100, 100].min() > 250


@pytest.mark.parametrize("background", ["white", "#fff", "#gggggg", "#ffffff\n", "hsl(0,100%,50%)"])
def test_a_bad_background_is_refused_before_any_work(background: str) -> None:
    with pytest.raises(SettingsError, match="like #ffffff"):
        Resize.parameters["background"].check(background)


def test_quality_and_effort_are_used() -> None:
    data = encode(photo("coffee"), "png")
    for extension in ("webp", "jpeg", "avif"):
        small, large = (resize(data, format=extension, quality=quality, width=200).data for quality in (20, 95))
        assert len(small or b"") < len(large or b"")
    for extension in ("webp", "avif"):
        assert (
            resize(data, format=extension, effort=0, width=200).data
            != resize(data, format=extension, effort=4, width=200).data
        )


def test_lossless_webp_has_the_very_pixels() -> None:
    image = photo().resize((100, 100))
    assert psnr(image_of(resize(encode(image, "png"), lossless=True)), image) == 99
    assert psnr(image_of(resize(encode(image, "png"))), image) < 50


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((400, 20_000), (328, 16_383)),
        ((1, 20_000), (1, 16_383)),
        ((20_000, 1), (400, 1)),
        ((20_000, 3), (400, 1)),
    ],
)
def test_very_long_pictures_become_narrower_instead_of_failing(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    product = resize(encode(Image.new("L", size, 99), "png"), effort=0)
    assert (product.width, product.height) == image_of(product).size == wanted


@pytest.mark.parametrize(("extension", "wanted"), [("jpeg", 65_500), ("png", 70_000)])
def test_other_formats_have_other_limits(extension: str, wanted: int) -> None:
    product = resize(encode(Image.new("L", (1, 70_000), 99), "png"), format=extension)
    assert product.height == image_of(product).height == wanted


def test_a_format_this_pillow_lacks_stops_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.features.check", lambda _: False)
    with pytest.raises(EnvironmentLackError, match="avif"):
        resize(encode(scene(), "png"), format="avif")


@example(1, 70_000, 400, 100)
@given(st.integers(1, 70_000), st.integers(1, 70_000), st.integers(1, 65_535), st.integers(100, 70_000))
def test_fitted_sizes_obey_every_limit(width: int, height: int, wanted: int, longest: int) -> None:
    across, down = fitted((width, height), wanted, longest)
    assert 1 <= across <= min(width, wanted, longest)
    assert 1 <= down <= min(height, longest)
    assert across == min(width, wanted) or longest in (down, across)
