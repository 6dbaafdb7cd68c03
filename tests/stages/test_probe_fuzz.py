from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages.pictures import FORMATS, animated, encode, photo

from artpipe.errors import WorkError
from artpipe.stages.imaging import Limits, Picture
from artpipe.stages.kinds import _SIGNATURES
from artpipe.stages.probe import Probe, probe

if TYPE_CHECKING:
    from collections.abc import Iterator

CODES = {
    None,
    "invalid",
    "truncated",
    "too-large",
    "gif",
    "animated",
    "video",
    "unsupported",
    "out-of-memory",
}
SMALL = Limits(max_pixels=1_000_000)
SEEDS = [*FORMATS, "animated gif", "animated png", "animated webp", "animated avif"]


@cache
def seed(name: str) -> bytes:
    if name.startswith("animated"):
        return animated(name.removeprefix("animated ").replace("webp", "webp-lossless"))
    return encode(photo("coffee").resize((40, 30)), name)


def check(data: bytes) -> None:
    """No bytes may raise anything but a WorkError, and both ways of looking agree."""
    found = probe(io.BytesIO(data), len(data), SMALL)
    assert isinstance(found, Probe)
    assert found.problem in CODES
    assert (found.width is None) == (found.height is None)
    try:
        picture = Picture(data, SMALL)
        assert found.extension == picture.kind.extension
        if found.problem is None:
            assert (found.width, found.height) == (picture.width, picture.height)
        image = picture.full()
        assert image.size == (picture.width, picture.height)
        assert image.mode in ("RGB", "RGBA")
    except WorkError as error:
        assert error.code in CODES  # noqa: PT017 - also no error is fine


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    check(data)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([signature for signature, _ in _SIGNATURES]), st.binary(max_size=300))
def test_any_bytes_behind_a_signature(signature: bytes, data: bytes) -> None:
    check(signature + data)


edits = st.lists(
    st.tuples(
        st.sampled_from(["set", "insert", "delete"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff"]),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=60, deadline=None)
@given(changes=edits, near_start=st.booleans())
def test_damaged_pictures(name: str, changes: list[tuple[str, float, bytes]], near_start: bool) -> None:
    data = bytearray(seed(name))
    for how, where, new in changes:
        at = int(where * (min(len(data), 200) if near_start else len(data)))
        end = at if how == "insert" else at + len(new)
        data[at:end] = b"" if how == "delete" else new
    check(bytes(data))


def cuts(data: bytes) -> Iterator[bytes]:
    for twentieth in range(20):
        yield data[: len(data) * twentieth // 20]
    for last in range(1, 14):
        yield data[:-last]


@pytest.mark.parametrize("name", SEEDS)
def test_pictures_cut_anywhere(name: str) -> None:
    for data in cuts(seed(name)):
        check(data)
