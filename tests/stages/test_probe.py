from __future__ import annotations

import errno
import io
import struct
from typing import TYPE_CHECKING, BinaryIO

import pytest
from PIL import Image
from stages.pictures import FORMATS, animated, encode, oriented, photo, png, scene

from artpipe.stages import kinds
from artpipe.stages.imaging import Limits
from artpipe.stages.probe import Probe, probe
from artpipe.stages.wholeness import Whole, wholeness

if TYPE_CHECKING:
    from pathlib import Path

TYPES = {
    "png": ("image/png", "png"),
    "jpeg": ("image/jpeg", "jpeg"),
    "jpeg-progressive": ("image/jpeg", "jpeg"),
    "webp": ("image/webp", "webp"),
    "webp-lossless": ("image/webp", "webp"),
    "gif": ("image/gif", "gif"),
    "bmp": ("image/bmp", "bmp"),
    "tiff": ("image/tiff", "tiff"),
    "tiff-lzw": ("image/tiff", "tiff"),
    "avif": ("image/avif", "avif"),
    "jp2": ("image/jp2", "jp2"),
    "j2k": ("image/j2c", "j2k"),
    "ppm": ("image/x-portable-anymap", "ppm"),
}


def probed(data: bytes, limits: Limits | None = None) -> Probe:
    return probe(io.BytesIO(data), len(data), limits)


class Counting(io.BytesIO):
    """A file that knows how many bytes were read from it."""

    bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        return data


@pytest.mark.parametrize("name", FORMATS)
def test_a_sound_picture_has_type_size_and_no_problem(name: str) -> None:
    assert probed(encode(scene(), name)) == Probe(*TYPES[name], 64, 32, None)


@pytest.mark.parametrize("name", ["jpeg", "png", "webp-lossless", "tiff", "avif"])
def test_dimensions_are_upright(name: str) -> None:
    for orientation in range(1, 9):
        found = probed(oriented(scene(), orientation, name))
        assert (found.width, found.height, found.problem) == (64, 32, None)


@pytest.mark.parametrize("name", FORMATS)
def test_the_file_stays_open_wherever_it_stood(name: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong-suffix.txt"
    path.write_bytes(encode(scene(), name) + b"trailing")
    with path.open("rb") as file:
        file.seek(7)
        assert probe(file, path.stat().st_size).extension == TYPES[name][1]
        file.seek(0)
        assert file.read() == path.read_bytes()


@pytest.mark.parametrize("name", ["png", "jpeg", "gif", "tiff", "avif"])
def test_a_sound_picture_is_not_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(photo(), name)

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", refuse)
    assert name in ("tiff", "avif") or probed(data + b"\0" * 100).problem is None
    file = Counting(data)
    assert probe(file, len(data)).problem is None
    if name not in ("avif", "gif"):  # Pillow reads these as a whole
        assert file.bytes_read < len(data) / 2


@pytest.mark.parametrize("name", FORMATS)
def test_a_cut_file_is_truncated_wherever_it_is_cut(name: str) -> None:
    data = encode(photo("chelsea").resize((150, 100)), name)
    for twentieth in range(1, 20):
        problem = probed(data[: len(data) * twentieth // 20]).problem
        # In its first tenth a file may still lack so much that nobody can tell.
        assert problem == "truncated" or (problem == "invalid" and twentieth <= 2), twentieth


@pytest.mark.parametrize("name", ["jpeg", "webp", "avif", "tiff", "bmp", "ppm"])
def test_one_missing_byte_is_noticed(name: str) -> None:
    data = encode(scene(), name)
    assert probed(data[:-1]).problem == "truncated"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("tail", [b"\0" * 3000, b"garbage" * 1000, b"\n"])
def test_whatever_follows_the_end_is_no_problem(name: str, tail: bytes) -> None:
    assert probed(encode(scene(), name) + tail).problem is None


def test_the_end_of_an_embedded_thumbnail_is_not_the_end_of_the_picture() -> None:
    exif = Image.Exif()
    exif[0x010E] = "x"
    thumbnail = encode(scene(16, 16), "jpeg")
    data = encode(photo(), "jpeg", exif=b"Exif\0\0" + exif.tobytes()[6:] + thumbnail)
    where = data.index(b"\xff\xd9") + 2
    assert where < 2000
    assert probed(data).problem is None
    assert probed(data[: len(data) // 2]).problem == "truncated"


def test_a_png_that_lacks_only_its_last_chunk_is_no_problem() -> None:
    assert probed(encode(scene(), "png")[:-12]).problem is None


@pytest.mark.parametrize(
    ("name", "code"), [("gif", "gif"), ("webp", "animated"), ("png", "animated"), ("avif", "animated")]
)
def test_animations_say_so(name: str, code: str) -> None:
    found = probed(animated(name))
    assert (found.problem, found.width, found.height) == (code, 24, 16)
    assert probed(animated(name, frames=1)).problem is None


def test_damage_behind_the_first_frame_of_a_gif_is_no_problem() -> None:
    data = encode(scene(), "gif")
    assert probed(data[:-1] + b"!").problem is None


def test_further_pages_are_no_problem() -> None:
    more = [scene(30, 30)]
    assert probed(encode(scene(), "tiff", save_all=True, append_images=more)).problem is None
    file = io.BytesIO()
    scene().save(file, "MPO", save_all=True, append_images=more)
    assert probed(file.getvalue()) == Probe("image/jpeg", "jpeg", 64, 32, None)


@pytest.mark.parametrize("name", FORMATS)
def test_too_large_pictures_keep_their_dimensions(name: str) -> None:
    data = encode(scene(), name)
    assert probed(data, Limits(max_pixels=64 * 32)).problem is None
    found = probed(data, Limits(max_pixels=64 * 32 - 1))
    assert (found.problem, found.width, found.height) == ("too-large", 64, 32)
    assert probed(data[:-1], Limits(max_bytes=50)).problem == "too-large"


def iso(*brands: bytes) -> bytes:
    body = brands[0] + b"\0\0\0\0" + b"".join(brands[1:])
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body


@pytest.mark.parametrize(
    ("data", "mime", "extension", "problem"),
    [
        (iso(b"isom", b"mp42"), "video/mp4", "mp4", "video"),
        (iso(b"M4V "), "video/mp4", "mp4", "video"),
        (iso(b"qt  "), "video/quicktime", "mov", "video"),
        (b"\0\0\0\x08wide", "video/quicktime", "mov", "video"),
        (b"\x1aE\xdf\xa3\x93B\x82\x84webm", "video/webm", "webm", "video"),
        (b"\x1aE\xdf\xa3\x93B\x82\x88matroska", "video/x-matroska", "mkv", "video"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo", "avi", "video"),
        (iso(b"heic", b"mif1"), "image/heic", "heic", "unsupported"),
        (iso(b"mif1", b"heic"), "image/heic", "heic", "unsupported"),
        (iso(b"mif1", b"avif"), "image/avif", "avif", "invalid"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "application/postscript", "eps", "unsupported"),
        (b"8BPS\0\1", "image/vnd.adobe.photoshop", "psd", "unsupported"),
        (b"RIFF\0\0\0\0WAVEfmt ", "application/octet-stream", "", "invalid"),
        (b"P6", "application/octet-stream", "", "invalid"),
        (b"Perl and other words", "application/octet-stream", "", "invalid"),
        (b"%PDF-1.7", "application/octet-stream", "", "invalid"),
        (b"", "application/octet-stream", "", "invalid"),
    ],
)
def test_other_files_are_named_by_their_first_bytes(data: bytes, mime: str, extension: str, problem: str) -> None:
    assert probed(data) == Probe(mime, extension, None, None, problem)


def tiff(strip: tuple[int, int], length: tuple[int, int]) -> bytes:
    """A grey TIFF of 2x2 pixels; its strip's offset and length as type and value."""
    tags = [(256, 4, 2), (257, 4, 2), (258, 4, 8), (259, 4, 1), (262, 4, 1), (273, *strip), (278, 4, 2), (279, *length)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<IIH", 12, 0, len(tags)) + entries + b"\0\0\0\0" + b"abcd"


def test_the_strips_of_a_tiff_must_be_in_the_file() -> None:
    end = len(tiff((4, 0), (4, 4)))
    assert probed(tiff((4, end - 4), (4, 4))).problem is None
    assert probed(tiff((4, end - 4), (4, 5))).problem == "truncated"
    assert probed(tiff((2, 0x41424344), (4, 4))).problem is None  # text: only decoding tells


@pytest.mark.parametrize(
    "data",
    [
        b"II+\0" + struct.pack("<HHQ", 8, 0, 2**64 - 1),
        b"II*\0" + struct.pack("<I", 2**32 - 1),
        iso(b"avif") + struct.pack(">I4sQ", 1, b"mdat", 2**64 - 9) + b"abcd",
    ],
)
def test_lengths_beyond_any_file_are_a_cut(data: bytes, tmp_path: Path) -> None:
    assert probed(data).problem == "truncated"
    (tmp_path / "x").write_bytes(data)
    with (tmp_path / "x").open("rb") as file:
        assert probe(file, len(data)).problem == "truncated"


@pytest.mark.parametrize("size", [(0, 0), (0, 10), (10, 0)])
def test_a_picture_without_pixels_is_invalid(size: tuple[int, int]) -> None:
    assert probed(png(size, (8, 2), [])).problem == "invalid"


def test_a_pixel_bomb_is_too_large() -> None:
    found = probed(png((15_000, 10_000), (8, 2), [b"\0\0\0"]))
    assert (found.problem, found.width, found.height) == ("too-large", 15_000, 10_000)
    assert probed(png((60_000, 60_000), (8, 2), [b"\0\0\0"])).problem == "too-large"


class FailingDisk(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0 or self.tell() + size > 9000:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "bmp"])
def test_a_failing_disk_is_no_property_of_the_picture(name: str) -> None:
    data = encode(photo(), name)
    file: BinaryIO = FailingDisk(data)
    with pytest.raises(OSError, match="Input/output"):
        probe(file, len(data))


def test_boxes_with_long_lengths_are_followed() -> None:
    head = iso(b"avif")
    for length, whole in ((16 + 4, Whole.YES), (16 + 5, Whole.CUT)):
        data = head + struct.pack(">I4sQ", 1, b"mdat", length) + b"abcd"
        assert wholeness(kinds.AVIF, io.BytesIO(data), len(data)) is whole
    assert wholeness(kinds.AVIF, io.BytesIO(head), len(head)) is Whole.UNMARKED
    open_ended = head + struct.pack(">I4s", 0, b"mdat") + b"abcd"
    assert wholeness(kinds.AVIF, io.BytesIO(open_ended), len(open_ended)) is Whole.YES


def test_a_file_of_countless_boxes_ends() -> None:
    data = iso(b"avif") + struct.pack(">I", 8) * 2 * 500_000
    file = Counting(data)
    assert probe(file, len(data)).problem == "invalid"
    assert file.bytes_read < 2 * len(data)
