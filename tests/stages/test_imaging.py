from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from stages.pictures import (
    FORMATS,
    animated,
    encode,
    oriented,
    photo,
    png,
    psnr,
    scene,
)

from artpipe.stages.imaging import Picture

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("engine")

LOSSY = {"jpeg", "jpeg-progressive", "webp", "avif", "jp2", "j2k", "gif"}
ORIENTED = ["jpeg", "png", "webp-lossless", "tiff", "tiff-lzw", "avif"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_opens_with_its_own_pixels(name: str) -> None:
    original = photo("chelsea").resize((90, 60))
    image = Picture(encode(original, name)).full()
    assert (image.mode, image.size) == ("RGB", (90, 60))
    assert psnr(image, original) > (28 if name in LOSSY else 98)


@pytest.mark.parametrize("name", FORMATS)
def test_images_are_plain_and_carry_nothing_of_the_file(name: str) -> None:
    image = Picture(encode(scene(), name)).full()
    assert type(image) is Image.Image
    assert image.info == {}
    assert dict(image.getexif()) == {}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ORIENTED)
def test_every_orientation_gives_the_same_upright_picture(name: str, orientation: int) -> None:
    upright = scene(64, 32)
    picture = Picture(oriented(upright, orientation, name))
    assert (picture.width, picture.height) == (64, 32)
    assert psnr(picture.full(), upright) > 20  # one wrong turn: below 10


@pytest.mark.parametrize("orientation", range(1, 9))
def test_reduced_jpegs_are_upright_too(orientation: int) -> None:
    upright = photo().resize((480, 320))
    picture = Picture(oriented(upright, orientation))
    image = picture.reduced(60)
    assert image.size == (120, 80)
    assert psnr(image, upright.resize((120, 80), Image.Resampling.BOX)) > 28


@pytest.mark.parametrize("value", [0, 9, 300])
def test_senseless_orientations_mean_upright(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    picture = Picture(encode(scene(), "jpeg", exif=exif))
    assert (picture.width, picture.height) == (64, 32)


def test_damaged_exif_does_not_cost_the_picture() -> None:
    data = oriented(scene(), 6)
    at = data.index(b"Exif\0\0") + 6
    assert Picture(data[:at] + b"XX" + data[at + 2 :]).full().size == (32, 64)
    profile = (b"tEXt", b"Raw profile type exif\0\n\nexif\nno hexadecimal digits")
    assert Picture(png((2, 1), (8, 0), [b"\1\2"], [profile])).full().size == (2, 1)


def test_the_orientation_of_a_png_is_read_without_decoding_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []

    def load(header: object) -> None:
        loaded.append(header)

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    assert Picture(oriented(scene(), 6, "png")).height == 32
    assert Picture(encode(scene(), "png")).height == 32
    assert loaded == []


@pytest.mark.parametrize("width", [1, 20, 50, 51, 100, 127, 128, 200, 256, 300, 512, 4000])
@pytest.mark.parametrize("name", ["jpeg", "jpeg-progressive", "png"])
def test_reduced_is_at_least_twice_as_wide_or_all_there_is(name: str, width: int) -> None:
    picture = Picture(encode(photo(), name))
    image = picture.reduced(width)
    assert image.width >= min(512, 2 * width)
    assert image.width == image.height
    if name == "png":
        assert image.width == 512


@pytest.mark.parametrize("source", ["astronaut", "chelsea", "coffee", "rocket"])
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_decoding_smaller_makes_the_same_thumbnails(source: str, scale: int) -> None:
    original = photo(source).resize((1203, 807))  # divisible by none of the scales
    picture = Picture(encode(original, "jpeg"))
    width = original.width // scale // 2
    size = (width, original.height * width // original.width)
    assert picture.reduced(width).width == -(-original.width // scale)
    wanted = picture.full().resize(size, Image.Resampling.LANCZOS)
    assert psnr(picture.scaled(size), wanted) > 42


@pytest.mark.parametrize("orientation", range(1, 9))
def test_scaled_allows_for_the_edge_wherever_it_is_turned(orientation: int) -> None:
    original = photo().resize((1203, 807))
    wanted = original.resize((75, 50), Image.Resampling.LANCZOS)
    assert psnr(Picture(oriented(original, orientation)).scaled((75, 50)), wanted) > 42


@pytest.mark.parametrize("orders", [((64, 64), (64, 64), (64, 63)), ((64, 63), (64, 64), (64, 64))])
def test_who_wants_the_same_size_gets_the_same_pixels(orders: tuple[tuple[int, int], ...]) -> None:
    data = encode(photo(), "jpeg")
    picture = Picture(data)
    images = [picture.scaled(size) for size in orders]
    assert [image.tobytes() for image in images] == [Picture(data).scaled(size).tobytes() for size in orders]
    assert len({id(image) for image in images}) == 2
    assert picture.scaled((64, 64), decode_width=256).tobytes() != picture.scaled((64, 64)).tobytes()


def test_scaled_pictures_may_share_a_decode() -> None:
    picture = Picture(encode(photo().resize((1024, 1024)), "jpeg"))
    alone = picture.scaled((64, 64))
    shared = picture.scaled((64, 64), decode_width=256)
    assert alone.size == shared.size
    assert list(picture._decoded) == [8, 2]
    assert picture.reduced(256) is picture._decoded[2]
    assert 35 < psnr(alone, shared) < 99


@pytest.mark.parametrize("orders", [("full", 60, 20), (20, 60, "full"), (60, "full", 20)])
def test_what_was_asked_before_changes_nothing(orders: tuple[str | int, ...]) -> None:
    data = encode(photo(), "jpeg")
    picture = Picture(data)
    for order in orders:
        image = picture.full() if isinstance(order, str) else picture.reduced(order)
        fresh = Picture(data).full() if isinstance(order, str) else Picture(data).reduced(order)
        assert image.tobytes() == fresh.tobytes()


def test_one_decode_serves_all_who_ask_alike() -> None:
    picture = Picture(encode(photo(), "jpeg"))
    assert picture.reduced(60) is picture.reduced(64)
    assert picture.full() is picture.reduced(300)


def test_narrow_jpegs_are_never_reduced_to_nothing() -> None:
    picture = Picture(encode(photo().resize((500, 3)), "jpeg"))
    assert picture.reduced(10).size == (250, 2)


def test_open_reads_the_file_once(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encode(scene(), "jpeg"))
    picture = Picture.open(path)
    path.unlink()
    assert picture.full().size == (64, 32)
    with pytest.raises(FileNotFoundError):
        Picture.open(path)


@pytest.mark.parametrize("name", ["gif", "webp-lossless", "png", "avif"])
def test_of_an_animation_the_first_frame_is_taken(name: str) -> None:
    image = Picture(animated(name)).full()
    assert image.size == (24, 16)
    red, green, blue = image.getpixel((5, 5))  # type: ignore[misc]
    assert abs(red - 0xCC) < 12
    assert abs(green - 0x22) < 12
    assert blue < 25


@pytest.mark.parametrize("name", ["png", "webp-lossless", "avif", "jp2"])
def test_alpha_is_kept_and_an_opaque_channel_dropped(name: str) -> None:
    image = scene().convert("RGBA")
    assert Picture(encode(image, name)).full().mode == "RGB"
    alpha = np.full((32, 64), 255, np.uint8)
    alpha[:, :32] = 90
    image.putalpha(Image.fromarray(alpha))
    picture = Picture(encode(image, name))
    assert picture.has_alpha
    assert picture.full().mode == "RGBA"
    assert abs(np.asarray(picture.full())[:, :24, 3].astype(int) - 90).max() < 5


def test_pictures_from_a_stream_of_bytes_equal_those_from_a_file(tmp_path: Path) -> None:
    data = encode(photo().resize((64, 64)), "webp")
    (tmp_path / "x").write_bytes(data)
    assert Picture.open(tmp_path / "x").full().tobytes() == Picture(io.BytesIO(data).getvalue()).full().tobytes()
