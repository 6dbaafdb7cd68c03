"""What libvips makes, picture by picture beside what Pillow makes."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from stages.damaged_png import END, damaged
from stages.engines import TRY, Outcome, attempt, decoded, using
from stages.pictures import (
    FORMATS,
    P3,
    animated,
    encode,
    grey_profile,
    oriented,
    photo,
    png,
    png_chunk,
    psnr,
    rgb_profile,
    see_through,
)

from artpipe.errors import WorkError
from artpipe.stages.imaging import Picture

pytest.importorskip("pyvips")

PHOTOS = ("astronaut", "chelsea", "coffee", "rocket", "retina")


def interlaced() -> bytes:
    """6x3 grey pixels in the order of Adam7, whose third pass is empty in so low a picture."""
    passes = [b"\0\x10", b"\0\x20", b"\0\x30", b"\0\x50\x60\x70", b"\0\x11\x22\x33" * 2, b"\0abcdef"]
    header = struct.pack(">IIBBBBB", 6, 3, 8, 0, 0, 0, 1)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"".join(passes)))
    return b"\x89PNG\r\n\x1a\n" + body + END


def png_with(*late: tuple[bytes, bytes]) -> bytes:
    data = encode(photo().resize((30, 20)), "png")
    return data[: -len(END)] + b"".join(png_chunk(*chunk) for chunk in late) + END


SMALL = photo("coffee").resize((90, 61))
RGB16 = png((2, 1), (16, 2), [bytes(range(12))])
PNGS = {
    "RGB": (encode(SMALL, "png"), "libvips"),
    "grey": (encode(SMALL.convert("L"), "png"), "libvips"),
    "RGBA": (encode(see_through(SMALL), "png"), "libvips"),
    "grey with alpha": (encode(see_through(SMALL, "L"), "png"), "libvips"),
    "opaque alpha": (encode(SMALL.convert("RGBA"), "png"), "libvips"),
    "one pixel wide": (encode(SMALL.resize((1, 300)), "png"), "libvips"),
    "one pixel": (encode(SMALL.resize((1, 1)), "png"), "libvips"),
    "turned": (oriented(SMALL, 6, "png"), "libvips"),
    "turned, RGBA": (oriented(see_through(SMALL), 7, "png"), "libvips"),
    "wide gamut": (encode(SMALL, "png", icc_profile=rgb_profile(*P3, gamma=2.2)), "libvips"),
    "wide gamut, RGBA": (encode(see_through(SMALL), "png", icc_profile=rgb_profile(*P3, gamma=2.2)), "libvips"),
    "grey profile": (encode(SMALL.convert("L"), "png", icc_profile=grey_profile(1.0)), "libvips"),
    "broken profile": (encode(SMALL, "png", icc_profile=b"broken"), "libvips"),
    "interlaced": (interlaced(), "libvips"),
    "late text": (png_with((b"tEXt", b"Comment\0late"), (b"tIME", b"\x07\xea\1\1\1\1\1")), "libvips"),
    "gamma": (png((2, 1), (8, 0), [b"\x40\x80"], [(b"gAMA", b"\0\1\x86\xa0")]), "libvips"),
    "late profile": (png_with((b"iCCP", b"x\0\0garbage")), "pillow"),
    "unknown late chunk": (png_with((b"juNk", b"x")), "pillow"),
    "padded": (png_with() + b"\0\0\0", "pillow"),
    "transparent grey": (png((2, 1), (8, 0), [b"\1\2"], [(b"tRNS", b"\0\1")]), "pillow"),
    "transparent colour": (png((2, 1), (8, 2), [b"\1\2\3\4\5\6"], [(b"tRNS", b"\0\1\0\2\0\3")]), "pillow"),
    "16 bits": (png((2, 1), (16, 0), [b"\1\2\3\4"]), "pillow"),
    "16 bits, RGB": (RGB16, "pillow"),
    "1 bit": (png((8, 1), (1, 0), [b"\xa5"]), "pillow"),
    "palette": (encode(SMALL.quantize(50), "png"), "pillow"),
    "palette with alpha": (png((2, 1), (8, 3), [b"\0\1"], [(b"PLTE", bytes(6)), (b"tRNS", b"\x50")]), "pillow"),
    "animated": (animated("png"), "pillow"),
}


@pytest.mark.parametrize("name", PNGS)
def test_a_png_has_the_same_pixels_whoever_decodes_it(name: str) -> None:
    data, engine = PNGS[name]
    found, decoder = decoded(data, "libvips")
    assert (found, decoder) == (decoded(data, "pillow")[0], engine)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "png"])
def test_what_pillow_does_as_well_is_left_to_it(name: str) -> None:
    assert decoded(encode(SMALL, name), "libvips")[1] == "pillow"


@pytest.mark.parametrize("name", ["RGB", "grey", "RGBA", "grey with alpha", "interlaced", "wide gamut", "animated"])
def test_a_damaged_png_has_the_same_fate_whoever_decodes_it(name: str) -> None:
    dice = random.Random(name)  # noqa: S311 - repeatable, that is the point
    met: Counter[str] = Counter()
    for _ in range(120):
        data = damaged(PNGS[name][0], dice)
        found, _ = decoded(data, "libvips")
        assert found == decoded(data, "pillow")[0]
        met[str(found[0])] += 1
    assert met["invalid"]
    assert met["truncated"]


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_webp_is_decoded_smaller(scale: int, orientation: int) -> None:
    original = photo("coffee").resize((1203, 807))  # divisible by none of the scales
    data = oriented(original, orientation, "webp")
    size = (1203 // scale // 2, 807 * (1203 // scale // 2) // 1203)
    picture = Picture(data)
    wanted = picture.full().resize(size, Image.Resampling.LANCZOS)
    assert psnr(picture.scaled(size), wanted) > 42
    assert abs(picture.reduced(size[0]).width - 1203 / scale) < 1
    assert picture.engines(size)["decoder"] == "libvips"


@pytest.mark.parametrize(
    "data", [encode(see_through(photo()), "webp"), animated("webp"), encode(photo(), "webp", lossless=True)[:-1]]
)
def test_webp_that_is_more_than_a_plain_picture_is_left_to_pillow(data: bytes) -> None:
    def fate(engine: str) -> Outcome:
        with using(engine):
            try:
                return ("scaled", (9, 6), Picture(data).scaled((9, 6)).tobytes())
            except WorkError as error:
                return (error.code, error.message)

    assert fate("libvips") == fate("pillow")


def test_where_memory_is_short_the_picture_fails_and_the_process_lives() -> None:
    data = encode(Image.effect_noise((3000, 2000), 60).convert("RGB"), "png", compress_level=1)
    said = [attempt(data, mebibytes) for mebibytes in (70, 90, 110, 130, 150, 200, 250, 350)]
    assert said[0] == "out-of-memory"
    assert said[-1] == "libvips"
    assert set(said) <= {"out-of-memory", "pillow", "libvips"}


def test_libvips_says_nothing_of_its_own() -> None:
    dice = random.Random(5)  # noqa: S311 - repeatable, that is the point
    for name in ("RGB", "interlaced", "wide gamut"):
        for _ in range(3):
            assert attempt(damaged(PNGS[name][0], dice), 4000)


def test_without_libvips_everything_is_made_by_pillow(tmp_path: Path) -> None:
    (tmp_path / "pyvips.py").write_text("raise OSError('cannot load library libvips.so.42')")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + TRY
    data = encode(SMALL, "png")
    done = subprocess.run([sys.executable, "-c", code, "4000"], input=data, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"pillow\n", b"")


def test_the_bytes_are_opened_by_no_other_loader() -> None:
    import pyvips

    data = encode(SMALL, "png")
    with using("libvips"):
        Picture(data).full()
        with pytest.raises(pyvips.Error):
            pyvips.Image.new_from_buffer(io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>").getvalue(), "")
