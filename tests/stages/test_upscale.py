"""The upscaler as the pipeline uses it: real weights, real ncnn, small pictures."""

from __future__ import annotations

import hashlib
import io
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from stages.pictures import encode, photo, psnr

from artpipe.errors import SettingsError
from artpipe.stages.imaging import Picture
from artpipe.stages.stage import wanted
from artpipe.stages.upscale.maker import Upscaler
from artpipe.stages.upscale.models import find_weights

if TYPE_CHECKING:
    from artpipe.stages.stage import Parameters, ParameterValue, Product

ANIME, PLUS, PLUS_ANIME = "realesr-animevideov3", "realesrgan-x4plus", "realesrgan-x4plus-anime"


@pytest.fixture(scope="module")
def upscaler() -> Upscaler:
    return Upscaler()


def params(**changes: ParameterValue) -> Parameters:
    """The defaults, but one thread: OpenMP's threads spin for one another on a busy machine."""
    values = {key: parameter.default for key, parameter in Upscaler.parameters.items()}
    for key, value in ({"threads": 1} | changes).items():
        values[key] = Upscaler.parameters[key].check(value)
    return values


def detail(width: int, height: int) -> Image.Image:
    """A piece of a photograph: an eye, with an edge of every direction."""
    return photo("astronaut").crop((190, 80, 190 + width, 80 + height))


def picture(image: Image.Image) -> Picture:
    return Picture(encode(image, "png"))


def image_of(product: Product) -> Image.Image:
    assert product.data is not None
    return Image.open(io.BytesIO(product.data))


def pixels_of(product: Product) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return np.asarray(image_of(product)).astype(np.int16)


@pytest.mark.parametrize(
    ("model", "scale", "size"),
    [
        (ANIME, 2, (53, 37)),
        (ANIME, 3, (53, 37)),
        (ANIME, 4, (53, 37)),
        (PLUS_ANIME, 4, (29, 17)),
        (PLUS, 4, (13, 9)),
    ],
)
def test_an_upscale_has_the_exact_size_and_shows_the_same_picture(
    upscaler: Upscaler, model: str, scale: int, size: tuple[int, int]
) -> None:
    source = detail(*size)
    product = upscaler.make(picture(source), params(model=model, scale=scale))
    image = image_of(product)
    assert (product.width, product.height) == image.size == (size[0] * scale, size[1] * scale)
    assert (product.extension, image.format, image.mode) == ("png", "PNG", "RGB")
    # Turned, or with red and blue exchanged, it would be 15 dB.
    assert psnr(image.resize(size, Image.Resampling.BOX), source) > 24


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (300, 5)])
def test_tiny_and_thin_pictures(upscaler: Upscaler, size: tuple[int, int]) -> None:
    source = detail(*size)
    image = image_of(upscaler.make(picture(source), params()))
    assert image.size == (size[0] * 4, size[1] * 4)
    assert psnr(image.resize(size, Image.Resampling.BOX), source) > 28


def test_a_grey_picture(upscaler: Upscaler) -> None:
    source = detail(40, 40).convert("L")
    image = image_of(upscaler.make(picture(source), params()))
    assert image.mode == "RGB"
    assert psnr(image.resize(source.size, Image.Resampling.BOX), source.convert("RGB")) > 28


def test_the_same_bytes_every_time_whatever_the_number_of_threads(upscaler: Upscaler) -> None:
    source = picture(detail(64, 48))
    first = upscaler.make(source, params())
    assert upscaler.make(source, params()).data == first.data
    both = Upscaler().make(source, params(threads=2))
    assert both.data == first.data
    assert (first.how["threads"], both.how["threads"]) == (1, 2)


def test_every_core_this_process_may_use_is_the_default(upscaler: Upscaler) -> None:
    how = upscaler.make(picture(detail(4, 4)), params(threads=0)).how
    assert how["threads"] == len(os.sched_getaffinity(0))


def test_a_network_is_loaded_once() -> None:
    upscaler = Upscaler()
    upscaler.make(picture(detail(8, 8)), params())
    first = list(upscaler._loaded.values())
    upscaler.make(picture(detail(12, 5)), params())
    assert [id(loaded) for loaded in upscaler._loaded.values()] == [id(loaded) for loaded in first]
    upscaler.make(picture(detail(8, 8)), params(scale=2))
    assert len(upscaler._loaded) == 2


def test_augmentation_makes_a_mirrored_picture_a_mirrored_upscale(upscaler: Upscaler) -> None:
    source = detail(16, 12)
    mirror = Image.Transpose.TRANSPOSE

    def both(*, tta: bool) -> int:
        straight = upscaler.make(picture(source), params(tta=tta))
        mirrored = image_of(upscaler.make(picture(source.transpose(mirror)), params(tta=tta)))
        back = np.asarray(mirrored.transpose(mirror)).astype(np.int16)
        return int(abs(pixels_of(straight) - back).max())

    assert both(tta=True) <= 1
    assert both(tta=False) > 1


def test_bf16_is_close_to_fp32(upscaler: Upscaler) -> None:
    source = picture(detail(48, 48))
    exact = upscaler.make(source, params())
    short = upscaler.make(source, params(precision="bf16"))
    assert 0 < abs(pixels_of(exact) - pixels_of(short)).max() <= 4
    assert (exact.how["precision"], short.how["precision"]) == ("fp32", "bf16")


def test_compression_changes_bytes_but_no_pixel(upscaler: Upscaler) -> None:
    source = picture(detail(40, 40))
    products = [upscaler.make(source, params(compression=level)) for level in (0, 1, 6)]
    assert len({product.data for product in products}) == 3
    assert len({image_of(product).tobytes() for product in products}) == 1
    assert products[0].data is not None
    assert products[1].data is not None
    assert len(products[1].data) < 0.9 * len(products[0].data)


def test_the_product_says_how_it_was_made(upscaler: Upscaler) -> None:
    how = upscaler.make(picture(detail(80, 50)), params(tile=48, engine="ncnn", gpu=-1)).how
    weights = find_weights(ANIME, 4).bin.read_bytes()
    assert how["engine_version"]
    assert {key: value for key, value in how.items() if key != "engine_version"} == {
        "engine": "ncnn",
        "device": "cpu",
        "precision": "fp32",
        "threads": 1,
        "tile": "40x25",
        "weights": hashlib.sha256(weights).hexdigest()[:12],
    }


@pytest.mark.parametrize("model", [PLUS, PLUS_ANIME])
@pytest.mark.parametrize("scale", [2, 3])
def test_a_scale_the_model_lacks_is_refused_with_what_is_possible(upscaler: Upscaler, model: str, scale: int) -> None:
    impossible = params(model=model, scale=scale)
    with pytest.raises(SettingsError, match=f"{model} upscales by 4 only.*scale {scale} choose.*{ANIME}"):
        Upscaler.check(impossible)
    with pytest.raises(SettingsError):
        upscaler.make(picture(detail(4, 4)), impossible)


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(SettingsError, match="must be one of 2, 3, 4, not 5"):
        params(scale=5)


def test_only_what_is_wanted_belongs_to_the_recipe() -> None:
    assert wanted(Upscaler, params()) == {"model": ANIME, "scale": 4, "tta": False}


def test_grey_pictures_stay_grey(upscaler: Upscaler) -> None:
    grey = detail(40, 30).convert("L")
    for source in (grey, grey.convert("1")):
        made = pixels_of(upscaler.make(picture(source), params()))
        assert (made[..., 0] == made[..., 1]).all()
        assert (made[..., 1] == made[..., 2]).all()
        assert made.std() > 20
    coloured = pixels_of(upscaler.make(picture(detail(40, 30)), params()))
    assert (coloured[..., 0] != coloured[..., 2]).any()
