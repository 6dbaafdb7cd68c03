from __future__ import annotations

import subprocess
import sys
import warnings
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from stages.pictures import FORMATS, animated, encode, oriented, photo, png, scene

from artpipe.errors import PictureError, WorkError
from artpipe.stages.imaging import Limits, Picture, blaming_the_picture

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("engine")


def code_of(data: bytes, limits: Limits | None = None) -> tuple[str, str]:
    with pytest.raises(PictureError) as caught:
        Picture(data, limits).full()
    assert caught.value.kind == "permanent"
    return caught.value.code, caught.value.message


@pytest.mark.parametrize("name", FORMATS)
def test_too_many_pixels_are_refused_before_decoding(name: str) -> None:
    data = encode(scene(), name)
    assert Picture(data, Limits(max_pixels=64 * 32)).full().size == (64, 32)
    code, message = code_of(data, Limits(max_pixels=64 * 32 - 1))
    assert code == "too-large"
    assert "64x32" in message
    assert code_of(data, Limits(max_pixels=100))[0] == "too-large"


def test_too_many_bytes_are_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="limit of 1,000") as caught:
        Picture(encode(scene(), "bmp"), Limits(max_bytes=1000))
    assert caught.value.code == "too-large"
    with (tmp_path / "x").open("wb") as file:
        file.truncate(1 << 42)
    with pytest.raises(PictureError, match="4,398,046,511,104") as caught:
        Picture.open(tmp_path / "x")
    assert caught.value.code == "too-large"


def test_a_giant_that_only_claims_its_size_is_refused() -> None:
    assert code_of(png((60_000, 60_000), (8, 2), [b"\0\0\0"]))[0] == "too-large"
    code, message = code_of(png((15_000, 10_000), (8, 2), [b"\0\0\0"]))
    assert code == "too-large"
    assert "15000x10000" in message


def test_a_frame_larger_than_its_gif_takes_no_memory() -> None:
    data = bytearray(animated("gif"))
    at = data.index(b",\0\0\0\0" + bytes((24, 0, 16, 0)))
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    data[data.index(b"!\xf9\x04") + 3] = 8  # disposal 2: Pillow fills such a frame when it opens the file
    code, message = code_of(bytes(data))
    assert code == "too-large"
    assert "exceeds limit" in message  # Pillow's words: it was stopped before


def test_a_text_bomb_ends_as_a_picture_error() -> None:
    text = b"Comment\0\0" + zlib.compress(b"a" * 5_000_000)
    code, message = code_of(png((1, 1), (8, 0), [b"\0"], [(b"zTXt", text)]))
    assert code == "invalid"
    assert "too large" in message


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "invalid"),
        (b"hello", "invalid"),
        (b"\xff\xd8\xff" + b"x" * 100, "invalid"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "unsupported"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "video"),
        (png((0, 0), (8, 2), []), "invalid"),
    ],
)
def test_what_is_no_picture_says_so(data: bytes, code: str) -> None:
    found, message = code_of(data)
    assert found == code
    assert "0x" not in message  # no addresses: the same file gives the same message


def test_a_palette_picture_without_a_palette_is_invalid() -> None:
    assert code_of(png((2, 1), (8, 3), [b"\0\1"]))[0] == "invalid"


@pytest.mark.parametrize("name", ["png", "jpeg", "gif", "bmp", "tiff"])
def test_a_cut_picture_is_truncated(name: str) -> None:
    data = encode(photo().resize((64, 64)), name)
    assert code_of(data[: len(data) * 2 // 3])[0] == "truncated"


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ValueError("bad"), "invalid"),
        (RuntimeError("bad"), "invalid"),
        (NotImplementedError(), "invalid"),
        (SyntaxError("broken PNG file"), "invalid"),
        (OverflowError("bad"), "invalid"),
        (KeyError("x"), "invalid"),
        (EOFError("no more"), "truncated"),
        (OSError("image file is truncated (3 bytes not processed)"), "truncated"),
        (OSError(22, "Invalid argument"), "invalid"),
        (Image.DecompressionBombError("x"), "too-large"),
    ],
)
def test_whatever_pillow_raises_is_blamed_on_the_picture(raised: Exception, code: str) -> None:
    with pytest.raises(PictureError) as caught, blaming_the_picture():
        raise raised
    assert caught.value.code == code
    assert caught.value.message


def test_lack_of_memory_may_pass() -> None:
    with pytest.raises(WorkError) as caught, blaming_the_picture():
        raise MemoryError
    assert (caught.value.code, caught.value.kind) == ("out-of-memory", "transient")


def test_a_failing_disk_is_not_blamed_on_the_picture() -> None:
    with pytest.raises(OSError, match="I/O error"), blaming_the_picture():
        raise OSError(5, "I/O error")


def test_failures_pass_unchanged() -> None:
    failure = PictureError("gif", "moves")
    with pytest.raises(PictureError) as caught, blaming_the_picture():
        raise failure
    assert caught.value is failure


def senseless_tiff() -> bytes:
    """It says it has 32,767 samples a pixel; Pillow logs an error about that."""
    data = bytearray(encode(scene(), "tiff"))
    at = data.index(b"\x15\x01\x03\0")
    data[at + 8 : at + 10] = b"\xff\x7f"
    return bytes(data)


def test_pillow_does_not_warn() -> None:
    data = oriented(scene(), 6)
    at = data.index(b"Exif\0\0") + 6 + 8
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Picture(data[:at] + b"\0\x7f" + data[at + 2 :])  # 127 EXIF tags promised
    assert caught == []


OPEN = """
import sys
from artpipe.errors import PictureError
from artpipe.stages.imaging import Picture
assert 'PIL' not in sys.modules and 'numpy' not in sys.modules
try:
    Picture(sys.stdin.buffer.read()).full()
except PictureError as error:
    print(error.code)
unwanted = {'PIL.EpsImagePlugin', 'PIL.PsdImagePlugin', 'PIL.WmfImagePlugin', 'PIL.IcoImagePlugin', 'numpy'}
print(sorted(unwanted & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("data", "said"),
    [(encode(scene(), "webp"), "[]"), (b"BM" + b"garbage" * 9, "truncated\n[]"), (senseless_tiff(), "invalid\n[]")],
    ids=["webp", "broken", "logged"],
)
def test_opening_imports_no_other_decoder_and_writes_nothing(data: bytes, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", OPEN], input=data, capture_output=True, check=True)
    assert done.stdout.decode().strip() == said
    assert done.stderr == b""


def test_avif_is_decoded_with_one_thread() -> None:
    from PIL import AvifImagePlugin

    Picture(encode(scene(), "avif"))
    assert AvifImagePlugin.DEFAULT_MAX_THREADS == 1
