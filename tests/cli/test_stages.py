"""stages: the list of what there is to make, and its drawing."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest
from support.library import TestLibrary
from support.photos import small

SETTINGS = """
[stages.a]
command = ["sh", "-c", 'cp "$1" "$2"', "sh", "{input}", "{output}"]
for = "all"
params = { level = 1 }
[stages.b]
input = { one = "a", two = "upstream" }
command = ["false", "{output}"]
for = "all"
"""


@pytest.fixture
def listed(library: TestLibrary) -> TestLibrary:
    for seed in range(3):
        small(library.img / f"p{seed}.png", seed)
    library.ok("register", "img")
    library.settings(SETTINGS)
    return library


def row(library: TestLibrary, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in library.json("stages")["stages"] if one["name"] == name)
    return found


def counts(library: TestLibrary, name: str) -> tuple[int, ...]:
    found = row(library, name)
    return tuple(found[key] for key in ("ready", "done", "stale", "failed"))


def test_counts_follow_what_is_done(listed: TestLibrary) -> None:
    assert counts(listed, "a") == (3, 0, 0, 0)
    assert counts(listed, "blurhash") == (3, 0, 0, 0)
    listed.ok("run", "a", "p0", "p1")
    listed.ok("run", "blurhash")
    assert counts(listed, "a") == (1, 2, 0, 0)
    assert counts(listed, "blurhash") == (0, 3, 0, 0)
    assert listed.run("run", "b").code == 1
    assert counts(listed, "b") == (0, 0, 0, 3)
    listed.settings(SETTINGS.replace("level = 1", "level = 2"))
    assert counts(listed, "a") == (0, 3, 3, 0)
    # What is said to be ready and stale is what a run would do.
    every = listed.json("stages")["stages"]
    assert sum(one["ready"] + one["stale"] for one in every) == listed.json("run", "--dry-run")["would_run"]


def test_each_says_what_it_is_made_from_and_how(listed: TestLibrary) -> None:
    found = row(listed, "b")
    assert (found["input"], found["all_inputs"], found["for"], found["kind"]) == (
        ["a", "upstream"],
        True,
        "all",
        "command",
    )
    assert row(listed, "a")["recipe"] == {
        "command": "sh -c 'cp \"$1\" \"$2\"' sh '{input}' '{output}'",
        "extension": "png",
        "version": 1,
        "params.level": 1,
    }
    text = listed.ok("stages").out
    assert "web-optimized or thumbnails-small" in text
    assert "a + upstream" in text
    assert "params.level=1" in text


def test_graph_is_drawn(listed: TestLibrary) -> None:
    dot = listed.ok("stages", "--dot").out
    assert '"a" -> "b" [label="one"];' in dot
    assert '"thumbnails-small" -> "blurhash" [style=dashed];' in dot
    assert '"upstream" -> "thumbnails-small";' in dot
    if shutil.which("dot"):
        assert subprocess.run(["dot", "-Tplain"], input=dot.encode(), check=True, capture_output=True).stdout
    mermaid = listed.ok("stages", "--mermaid").lines
    assert mermaid[0] == "flowchart LR"
    assert any("|two|" in line for line in mermaid)
    assert sum("-.->" in line for line in mermaid) == 1
    assert listed.json("stages", "--dot")["dot"] == dot.rstrip("\n")
    assert listed.run("stages", "--dot", "--mermaid").code == 2
