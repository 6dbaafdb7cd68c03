"""Anything at all in what is ours to parse: an answer or a clear refusal, never a bug."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date, datetime, time
from time import localtime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.library import TestLibrary
from support.photos import small

from artpipe.cli.options import duration, seconds_until
from artpipe.errors import UsageError

# How many times as many examples as in CI.
SOAK = 10 if "ARTPIPE_SOAK" in os.environ else 1
OK, ITEMS_FAILED, USAGE, BUG, BAD_SETTINGS = 0, 1, 2, 70, 78


def fuzz(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return settings(
        max_examples=examples * SOAK,
        deadline=None,
        derandomize=SOAK == 1,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


# TOML ---------------------------------------------------------------------------------------------------------------


def tables(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(words | st.text(max_size=4), inner, max_size=4)


words = st.sampled_from(
    (
        *("library", "run", "stages", "max_pixels", "jobs", "thumbnails-small", "ersgan-enhanced", "blurhash", "mine"),
        *(
            "kind",
            "input",
            "for",
            "timeout",
            "width",
            "format",
            "quality",
            "model",
            "tile",
            "resize",
            "upscale",
            "webp",
        ),
        *("upstream", "approved", "all", "", "..", "a/b", "\u202e", "x" * 70, "tile", "gpu", "threads", "background"),
    )
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats()
    | words
    | st.text(max_size=8)
    | st.dates()
    | st.times()
    | st.datetimes()
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | tables(inner), max_leaves=6)


stage_tables = st.dictionaries(words, tables(scalars), max_size=3)
documents = st.fixed_dictionaries(
    {}, optional={"library": values, "run": values, "stages": stage_tables | values, "x": scalars}
)


def toml(value: Any) -> str:
    """A value as TOML; everything inline, since only reading is under test."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return json.dumps(str(value), ensure_ascii=True) if not _surrogates(str(value)) else '"?"'


def _surrogates(text: str) -> bool:
    # JSON writes what lies beyond 16 bits as a pair, which TOML does not know.
    return any(ord(letter) > 0xFFFF or 0xD800 <= ord(letter) <= 0xDFFF for letter in text)


def document(tree: dict[str, Any]) -> str:
    return "".join(f"{key} = {toml(value)}\n" for key, value in tree.items())


@pytest.fixture
def with_one_image(library: TestLibrary) -> TestLibrary:
    small(library.img / "a.png", 1)
    library.ok("register", "--approve", "img")
    return library


@fuzz(150)
@given(tree=documents)
@example(tree={"stages": {"mine": {"kind": ["resize"]}}})
@example(tree={"stages": {"mine": {"kind": {"a": 1}}}})
@example(tree={"stages": {"thumbnails-small": {"timeout": float("nan")}}})
@example(tree={"stages": {"thumbnails-small": {"timeout": float("inf")}}})
@example(tree={"stages": {"mine": {"kind": "resize", "input": "mine"}}})
@example(tree={"library": {"max_pixels": 2**65}})
def test_settings_of_any_shape(with_one_image: TestLibrary, tree: dict[str, Any]) -> None:
    with_one_image.settings(document(tree))
    result = with_one_image.run("run", "--dry-run")
    assert result.code in (OK, BAD_SETTINGS), (document(tree), result)
    if result.code:
        assert "artpipe.toml" in result.err


@fuzz(60)
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@example(content=b"\xff\xfe")
@example(content=b"\xef\xbb\xbf")
@example(content=b"a" * 3 + b"\x00")
@example(content=b"stages = " + b"[" * 3000)
@example(content=b"stages." + b"a." * 3000 + b"a = 1")
@example(content=b"library.max_pixels = " + b"9" * 6000)
def test_settings_of_any_bytes(with_one_image: TestLibrary, content: bytes) -> None:
    (with_one_image.folder / "artpipe.toml").write_bytes(content)
    result = with_one_image.run("stats")
    assert result.code in (OK, BAD_SETTINGS), result


# What other programs write into columns that hold JSON -------------------------------------------------------------

json_texts = (
    st.text(max_size=20)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | words, inner, max_size=3),
        max_leaves=5,
    ).map(json.dumps)
    | st.binary(max_size=8)
    | st.integers(-(2**63), 2**63 - 1)
)


@fuzz(60)
@given(written=json_texts)
@example(written="[1]")
@example(written="7")
@example(written='{"width": [1, 2]}')
@example(written="[" * 100_000)
@example(written=b"\xff")
@example(written="NaN")
def test_recorded_parameters_of_any_shape(made: TestLibrary, written: str | bytes | int) -> None:
    """`show` and `why` look at them; nothing may depend on their shape."""
    for table in ("artifacts", "blurhash_cache", "perceptual_hashes"):
        made.sql(f"UPDATE {table} SET processing_params = ?, recipe = 'old'", (written,))
    for command in (
        ("show", "a"),
        ("show", "a", "--json"),
        ("why", "a", "thumbnails-small"),
        ("why", "a", "blurhash", "--json"),
    ):
        result = made.run(*command)
        assert result.code == OK, (command, result)


@pytest.mark.parametrize(
    "written",
    [
        "{",
        "[1]",
        "7",
        7,
        b"\xff",
        '{"width": "wide"}',
        '{"unheard-of": 1}',
        '{"width": [1]}',
        "[" * 100_000,
        r'{"format": "\ud800"}',
    ],
    ids=lambda written: str(written)[:20],
)
def test_job_parameters_of_any_shape(with_one_image: TestLibrary, written: str | bytes | int) -> None:
    """A job that nobody can read fails alone; every other one is done."""
    library = with_one_image
    small(library.img / "b.png", 2)
    library.ok("register", "img")
    insert = "INSERT INTO jobs (image_id, stage, status, params) VALUES ('a', 'thumbnails-small', 'pending', ?)"
    library.sql(insert, (written,))
    for command in (("show", "a"), ("jobs", "--json"), ("why", "a", "thumbnails-small")):
        assert library.run(*command).code == OK, command
    result = library.run("run", "thumbnails-small", "-j", "1")
    assert result.code in (OK, ITEMS_FAILED), result
    assert library.sql("SELECT image_id, error_code FROM jobs WHERE status = 'failed'") == [("a", "bad-params")]
    assert library.value("SELECT image_id FROM artifacts WHERE stage = 'thumbnails-small'") == "b"


@fuzz(60)
@given(text=st.text(max_size=20), number=st.integers(-(2**63), 2**63 - 1))
@example(text="tomorrow", number=0)
@example(text="\x1b]0;x\x07", number=-1)
def test_jobs_of_other_programs(made: TestLibrary, text: str, number: int) -> None:
    made.sql(
        "UPDATE jobs SET error_message = ?, error_code = ?, retry_count = ?, completed_at = ?, reason = ?, run_id = NULL",
        (text, text, number, text, text),
    )
    for command in (("jobs", "--status", "completed"), ("jobs", "--json"), ("show", "a"), ("stats", "--json")):
        result = made.run(*command)
        assert result.code == OK, (command, result)
        assert "\x1b" not in result.out


@pytest.fixture
def made(with_one_image: TestLibrary) -> TestLibrary:
    with_one_image.ok("run", "thumbnails-small", "web-optimized", "blurhash", "phash", "-j", "1")
    return with_one_image


# The command line ---------------------------------------------------------------------------------------------------

arguments = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=12
) | st.sampled_from(("..", "/", "~", "a.png", "./a", "img/a.png", "$(x)", "-", "--", "a" * 300, "\u202ea"))


@fuzz(80)
@given(name=arguments)
def test_names_of_any_shape(with_one_image: TestLibrary, name: str) -> None:
    for command in ("show", "approve", "history"):
        result = with_one_image.run(command, "--", name)
        assert result.code in (OK, ITEMS_FAILED, USAGE), (command, name, result)
    result = with_one_image.run("approve", "-", stdin=name.encode())
    assert result.code in (OK, ITEMS_FAILED), result


@fuzz(40)
@given(raw=st.binary(max_size=30))
def test_names_on_stdin_of_any_bytes(with_one_image: TestLibrary, raw: bytes) -> None:
    for options in ((), ("-0",)):
        result = with_one_image.run("approve", *options, "-", stdin=raw)
        assert result.code in (OK, ITEMS_FAILED), result


@settings(max_examples=300 * SOAK, derandomize=SOAK == 1, database=None)
@given(text=st.text(max_size=12) | st.from_regex(r"\A[0-9]{0,3}h?[0-9]{0,3}m?[0-9]{0,3}s?\Z"))
@example(text="")
@example(text="٣m")
@example(text="1e9")
@example(text="-5s")
@example(text="5s\n")
def test_durations(text: str) -> None:
    try:
        seconds = duration(text)
    except UsageError:
        return
    assert 0 <= seconds < 10**10
    assert set(text) <= set("0123456789hms")


@settings(max_examples=300 * SOAK, derandomize=SOAK == 1, database=None)
@given(text=st.text(max_size=8) | st.from_regex(r"\A[0-9]{1,2}:[0-9]{1,2}\Z"))
@example(text="24:00")
@example(text="٠٦:30")
@example(text="6:30\n")
def test_times_of_day(text: str) -> None:
    before = localtime()
    try:
        seconds = seconds_until(text)
    except UsageError:
        return
    after = localtime()
    hours, minutes = (int(part) for part in text.split(":"))
    assert hours < 24
    assert minutes < 60
    assert 0 <= seconds < 86_400
    # None left while the clock shows it, and only then.
    if before.tm_min == after.tm_min:
        assert (seconds == 0) is ((hours, minutes) == (after.tm_hour, after.tm_min))
