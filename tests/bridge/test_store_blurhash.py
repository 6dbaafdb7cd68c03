"""Blurhashes that other programs computed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from support.damage import fill
from support.library import TestLibrary
from support.photos import small

from artpipe.stages.blurhash import encode_with_numpy, flaw

HASH = "L9AB23~q^+IA4;xDRjSh{9s:O9M}"


@pytest.fixture
def filled(library: TestLibrary) -> TestLibrary:
    fill(library, 2)
    return library


def test_it_is_kept_until_its_file_changes(filled: TestLibrary) -> None:
    stored = "SELECT blurhash, width, height FROM blurhash_cache WHERE image_id = '00' AND stage = 'web-optimized'"
    assert filled.json("store-blurhash", "00", "web-optimized", HASH, "60", "40")["blurhash"] == HASH
    filled.ok("run", "blurhash")
    assert filled.sql(stored) == [(HASH, 60, 40)]
    assert filled.json("verify")["findings"] == []
    filled.ok("log-artifact", "00", "web-optimized", small(filled.folder / "x.webp", 9))
    filled.ok("run", "blurhash")
    assert filled.sql(stored)[0][0] != HASH


def test_one_for_a_stage_that_nobody_has_made(filled: TestLibrary) -> None:
    filled.ok("store-blurhash", "01.png", "upstream", HASH, "60", "40")
    filled.ok("store-blurhash", "01", "ersgan-enhanced", HASH, "60", "40")
    assert filled.json("verify")["findings"] == []


@pytest.mark.parametrize("text", ["", "L", HASH[:-1], HASH + "A", HASH[:-1] + "é", HASH[:-1] + '"', "~" + HASH[1:]])
def test_what_is_no_blurhash_is_refused(filled: TestLibrary, text: str) -> None:
    before = filled.sql("SELECT * FROM blurhash_cache")
    result = filled.run("store-blurhash", "00", "web-optimized", "--", text, "60", "40")
    assert (result.code, "is no blurhash" in result.err or "store-blurhash" in result.err) == (2, True)
    assert filled.sql("SELECT * FROM blurhash_cache") == before


def test_size_and_image_must_be_real(filled: TestLibrary) -> None:
    assert filled.run("store-blurhash", "00", "web-optimized", HASH, "0", "40").code == 2
    assert filled.run("store-blurhash", "nobody", "web-optimized", HASH, "60", "40").code == 1


def test_every_blurhash_that_is_computed_is_one() -> None:
    random = np.random.default_rng(1)
    for across in range(1, 10):
        for down in range(1, 10):
            pixels = random.integers(0, 256, (8, 12, 3), dtype=np.uint8)
            assert flaw(encode_with_numpy(Image.fromarray(pixels), across, down)) is None


def test_colours_that_do_not_exist() -> None:
    assert flaw("00~~~~") == "stands for no colours"
    assert flaw("10" + "0000" + "~~") == "stands for no colours"
    assert flaw("000000") is None
