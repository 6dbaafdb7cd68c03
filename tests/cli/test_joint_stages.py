"""Stages made from several files of one image."""

from __future__ import annotations

import json

import pytest
from support.library import TestLibrary
from support.photos import small

JOIN = ["sh", "-c", 'cat "$1" "$2" > "$3"', "sh", "{inputs.web-optimized}", "{inputs.sum}", "{output}"]
SUM = ["sh", "-c", 'cksum < "$1" > "$2"', "sh", "{input}", "{output}"]


def settings(library: TestLibrary, *, width: int = 40, version: int = 1, retries: int = 2) -> None:
    library.settings(
        f"[stages.web-optimized]\nwidth = {width}\n"
        f'[stages.sum]\ncommand = {json.dumps(SUM)}\nextension = "txt"\nversion = {version}\n'
        f'[stages.both]\ninput = ["web-optimized", "sum"]\ncommand = {json.dumps(JOIN)}\nextension = "bin"\n'
        f"retries = {retries}\n"
    )


@pytest.fixture
def pair(library: TestLibrary) -> TestLibrary:
    """Two approved images and one that is not."""
    for seed in range(3):
        small(library.img / f"p{seed}.png", seed)
    library.ok("register", "img")
    library.ok("approve", "p0", "p1")
    settings(library)
    return library


def joined(library: TestLibrary) -> bool:
    parts = [library.artifact("p0", name).read_bytes() for name in ("web-optimized", "sum")]
    return library.artifact("p0", "both").read_bytes() == b"".join(parts)


def test_all_inputs_are_waited_for(pair: TestLibrary) -> None:
    assert pair.json("run", "sum")["completed"] == 2
    why = pair.json("why", "p0", "both")
    assert (why["would_run"], why["reason"]) == (True, "missing")
    assert pair.json("run", "both", "--dry-run")["by_stage"] == {
        "both": {"missing": 2},
        "web-optimized": {"missing": 2},
    }
    assert pair.json("run", "both")["completed"] == 4
    assert joined(pair)
    hashes = "+".join(
        pair.value("SELECT sha256 FROM artifacts WHERE stage = ? AND image_id = 'p0'", (name,))
        for name in ("web-optimized", "sum")
    )
    assert pair.value("SELECT input_sha256 FROM artifacts WHERE stage = 'both' AND image_id = 'p0'") == hashes
    assert pair.json("run", "both")["completed"] == 0
    assert pair.json("why", "p0", "both")["reason"] == "fresh"
    assert pair.json("why", "p2", "both")["reason"] == "not-approved"


@pytest.mark.parametrize(("change", "stage"), [({"width": 30}, "web-optimized"), ({"version": 2}, "sum")])
def test_change_of_any_input_makes_it_again(pair: TestLibrary, change: dict[str, int], stage: str) -> None:
    pair.ok("run", "both")
    settings(pair, **change)
    planned = pair.json("run", "both", "--dry-run")
    assert planned["by_stage"] == {stage: {"recipe-changed": 2}, "both": {"input-remade": 2}}
    done = pair.json("run", "both")
    # The sum of the same picture is the same, however it was computed: then there is nothing to do for the rest.
    assert done["completed"] == (4 if stage == "web-optimized" else 2)
    assert joined(pair)
    assert pair.json("run", "both", "--dry-run")["would_run"] == 0


def test_file_that_somebody_else_replaced_is_noticed(pair: TestLibrary) -> None:
    pair.ok("run", "both")
    pair.artifact("p0", "sum").write_text("by hand")
    pair.sql("UPDATE artifacts SET sha256 = 'aa', recipe = NULL WHERE stage = 'sum' AND image_id = 'p0'")
    assert pair.json("run", "both", "--dry-run")["by_stage"] == {"both": {"input-changed": 1}}
    assert pair.json("why", "p0", "both")["message"].endswith("would run: what it is made from changed (sum).")
    pair.repeats = True
    # The row does not tell the truth: the file is made again first, then what is made from it.
    pair.ok("run", "both")
    assert joined(pair)


def test_lost_input_is_made_again_first(pair: TestLibrary) -> None:
    pair.ok("run", "sum", "web-optimized")
    pair.repeats = True
    pair.artifact("p0", "sum").unlink()
    pair.ok("run", "both")
    assert joined(pair)


def test_failure_is_tried_again_when_one_input_changes(pair: TestLibrary) -> None:
    settings(pair, retries=0)
    text = (pair.folder / "artpipe.toml").read_text()
    (pair.folder / "artpipe.toml").write_text(text.replace('cat \\"$1\\"', 'echo no; exit 1; cat \\"$1\\"'))
    assert pair.run("run", "both").code == 1
    assert pair.json("run", "both")["failed"] == 0
    assert pair.json("why", "p0", "both")["reason"] == "failed-before"
    assert pair.sql("SELECT length(input_sha256) FROM jobs WHERE stage = 'both'") == [(129,), (129,)]
    text = (pair.folder / "artpipe.toml").read_text().replace("width = 40", "width = 20")
    (pair.folder / "artpipe.toml").write_text(text)
    assert pair.json("run", "both")["failed"] == 2
