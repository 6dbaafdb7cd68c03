"""What kornia-rs decodes, picture by picture beside what Pillow makes of the same."""

from __future__ import annotations

import random
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from stages.damaged_png import END, chunks_of, damaged
from stages.engines import attempt, decoded, using
from stages.pictures import P3, encode, oriented, photo, png, png_chunk, rgb_profile, see_through

pytest.importorskip("kornia_rs")

PHOTO = photo("coffee")
PNGS = {
    "RGB": (encode(PHOTO, "png"), "kornia-rs"),
    "grey": (encode(PHOTO.convert("L"), "png"), "kornia-rs"),
    "RGBA": (encode(see_through(PHOTO), "png"), "kornia-rs"),
    "opaque alpha": (encode(PHOTO.convert("RGBA"), "png"), "kornia-rs"),
    "turned": (oriented(PHOTO, 6, "png"), "kornia-rs"),
    "wide gamut": (encode(PHOTO, "png", icc_profile=rgb_profile(*P3, gamma=2.2)), "kornia-rs"),
    "not packed": (encode(PHOTO, "png", compress_level=0), "kornia-rs"),
    "gamma": (png((600, 400), (8, 0), [bytes(600)] * 400, [(b"gAMA", b"\0\1\x86\xa0")]), "kornia-rs"),
    "grey with alpha": (encode(see_through(PHOTO, "L"), "png"), "libvips"),
    "small": (encode(PHOTO.resize((90, 61)), "png"), "libvips"),
    "transparent colour": (png((600, 400), (8, 0), [bytes(600)] * 400, [(b"tRNS", b"\0\1")]), "pillow"),
    "16 bits": (png((600, 400), (16, 0), [bytes(1200)] * 400), "pillow"),
    "1 bit": (png((800, 400), (1, 0), [bytes(100)] * 400), "pillow"),
    "palette": (encode(PHOTO.quantize(50), "png"), "pillow"),
}


@pytest.mark.parametrize("name", PNGS)
def test_a_png_has_the_same_pixels_whoever_decodes_it(name: str) -> None:
    data, engine = PNGS[name]
    assert decoded(data, "kornia-rs") == (decoded(data, "pillow")[0], engine)


@pytest.mark.parametrize("name", ["RGB", "RGBA", "grey"])
def test_a_damaged_png_has_the_same_fate_whoever_decodes_it(name: str) -> None:
    """But for one that is wrong in nothing else than its Adler-32."""
    dice = random.Random(name)  # noqa: S311 - repeatable, that is the point
    met: Counter[str] = Counter()
    data = encode(photo("coffee").resize((540, 380)).convert(name.replace("grey", "L")), "png")
    for _ in range(80):
        bad = damaged(data, dice)
        found, decoder = decoded(bad, "kornia-rs")
        if found != decoded(bad, "pillow")[0]:
            assert decoder == "kornia-rs"
            assert not has_right_adler(bad)
            met["adler"] += 1
        met[str(found[0])] += 1
    assert met["invalid"]
    assert met["truncated"]


def has_right_adler(data: bytes) -> bool:
    packed = b"".join(body for name, body in chunks_of(data) if name == b"IDAT")
    try:
        zlib.decompress(packed)
    except zlib.error:
        return False
    return True


def test_a_wrong_checksum_of_a_chunk_is_damage() -> None:
    data = bytearray(PNGS["RGB"][0])
    data[len(data) // 2] ^= 1
    assert decoded(bytes(data), "kornia-rs")[0][0] == "invalid"


def test_what_is_packed_differently_but_right_is_decoded() -> None:
    """Several runs of pixels, the last of them empty, as streaming writers leave them."""
    head, packed = PNGS["RGB"][0][:33], b"".join(body for name, body in chunks_of(PNGS["RGB"][0]) if name == b"IDAT")
    parts = [packed[at : at + 1000] for at in range(0, len(packed), 1000)]
    data = head + b"".join(png_chunk(b"IDAT", part) for part in [*parts, b""]) + END
    assert decoded(data, "kornia-rs") == (decoded(PNGS["RGB"][0], "pillow")[0], "kornia-rs")


def test_where_memory_is_short_the_picture_fails_and_the_process_lives() -> None:
    data = encode(Image.effect_noise((3000, 2000), 60).convert("RGB"), "png", compress_level=1)
    said = [attempt(data, mebibytes) for mebibytes in (70, 110, 150, 250, 350, 400, 500, 1500)]
    assert said[0] == "out-of-memory"
    assert said[-1] == "kornia-rs"
    assert set(said) <= {"out-of-memory", "pillow", "libvips", "kornia-rs"}


def test_it_says_nothing_of_its_own() -> None:
    dice = random.Random(5)  # noqa: S311 - repeatable, that is the point
    for _ in range(4):
        assert attempt(damaged(PNGS["RGB"][0], dice), 4000)


def test_without_it_libvips_decodes(tmp_path: Path) -> None:
    (tmp_path / "kornia_rs.py").write_text("raise ImportError('no wheel')")
    code = (
        f"import io, sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from artpipe.stages.imaging import Picture\n"
        "print(Picture(sys.stdin.buffer.read()).engines((300, 200)))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=PNGS["RGB"][0], capture_output=True, check=True)
    assert b"'decoder': 'libvips'" in done.stdout
    assert b"kornia" not in done.stdout


def test_it_is_recorded_with_its_version() -> None:
    from artpipe.stages.imaging import Picture, kornia

    with using("kornia-rs"):
        engines = Picture(PNGS["RGB"][0]).engines((300, 200))
    assert engines["decoder"] == "kornia-rs"
    assert engines["kornia-rs"] == kornia.version() != ""
