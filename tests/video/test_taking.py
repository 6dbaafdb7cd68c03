"""Going on in the middle of a film gives what going through it once gives, for every rule and kind of file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.films import BLACK, Colour, animation, colour_of, film

from artpipe.stages.video import child
from artpipe.stages.video.maker import Frames

RULES: dict[str, dict[str, Any]] = {
    "fps": {"fps": 3.0},
    "every": {"every": 4},
    "scenes": {"scenes": 0.02},
    "keyframes": {"keyframes": True},
    "without": {"fps": 5.0, "skip_black": True, "skip_repeats": True},
    "few": {"fps": 5.0, "max_frames": 9},
}


def take(path: Path, folder: Path, rule: Mapping[str, Any]) -> dict[str, Any]:
    params = {key: one.default for key, one in Frames.parameters.items()} | {"threads": 1, **rule}
    folder.mkdir(exist_ok=True)
    order = {"task": "frames", "input": str(path), "folder": str(folder), "params": params, "resumes": True}
    return child.main({**order, "max_pixels": 10**8, "memory": 0})


def pictures(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.jpeg"))}


def scenes() -> list[Colour]:
    """Some black, some twice, some long."""
    shown = [colour_of(at // 3) for at in range(60)]
    shown[12:18] = [BLACK] * 6
    shown[40:46] = shown[0:6]
    return shown


def cut(whole: Path, folder: Path, lines: int) -> None:
    """As it is left by whoever was interrupted after so many decisions, in the middle of the next one."""
    shutil.copytree(whole, folder)
    kept = (whole / "journal.jsonl").read_text().splitlines()[:lines]
    (folder / "journal.jsonl").write_text("".join(f"{line}\n" for line in kept) + '{"seconds": 1.')
    names = {one["taken"]["file"] for one in map(json.loads, kept) if one["taken"]}
    for file in folder.glob("*.jpeg"):
        if file.name not in names:
            file.write_bytes(b"half a picture")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("suffix", ["mp4", "mov", "webm", "mkv"])
def test_wherever_it_was_cut(tmp_path: Path, suffix: str, rule: str) -> None:
    path = film(tmp_path / f"clip.{suffix}", scenes(), fps=10, keys=7)
    answer = take(path, tmp_path / "whole", RULES[rule])
    assert (answer.pop("continued"), answer["damaged"]) == (0, 0)
    expected = pictures(tmp_path / "whole")
    lines = (tmp_path / "whole/journal.jsonl").read_text().splitlines()
    assert len(expected) >= 5
    went_on = 0
    for at in range(0, len(lines) + 1, 2):
        folder = tmp_path / f"cut-{at}"
        cut(tmp_path / "whole", folder, at)
        again = take(path, folder, RULES[rule])
        went_on = max(went_on, again.pop("continued"))
        assert again == answer, at
        assert {name: data for name, data in pictures(folder).items() if name in expected} == expected, at
    # A film of variable rate need not be enterable; these are.
    assert went_on >= len(expected) - 3


def test_pictures_that_are_there_are_not_written_again(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mp4", 60)
    take(path, tmp_path / "whole", {"every": 2})
    cut(tmp_path / "whole", tmp_path / "cut", 20)
    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "cut").glob("*.jpeg")}
    assert take(path, tmp_path / "cut", {"every": 2})["continued"] == 18
    after = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "cut").glob("*.jpeg")}
    assert {name for name in before if before[name] == after[name]} == {f"{number:04}.jpeg" for number in range(1, 21)}


def test_a_picture_that_is_not_what_was_written_down(tmp_path: Path) -> None:
    """As after a power cut, which nothing was synced for."""
    path = film(tmp_path / "clip.mp4", 60)
    answer = take(path, tmp_path / "whole", {"every": 2})
    cut(tmp_path / "whole", tmp_path / "cut", 20)
    (tmp_path / "cut/0010.jpeg").write_bytes(b"")
    again = take(path, tmp_path / "cut", {"every": 2})
    assert (again.pop("continued"), answer.pop("continued")) == (7, 0)
    assert again == answer
    assert pictures(tmp_path / "cut") == pictures(tmp_path / "whole")


def test_a_film_that_shows_something_else_is_begun_again(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mp4", 60)
    take(path, tmp_path / "whole", {"every": 2})
    cut(tmp_path / "whole", tmp_path / "cut", 20)
    other = film(tmp_path / "other.mp4", [colour_of(at + 100) for at in range(60)])
    answer = take(other, tmp_path / "cut", {"every": 2})
    assert answer["continued"] == 0
    assert take(other, tmp_path / "fresh", {"every": 2}) == answer
    assert pictures(tmp_path / "cut") == pictures(tmp_path / "fresh")


def test_a_damaged_film_is_begun_again(tmp_path: Path) -> None:
    data = bytearray(film(tmp_path / "clip.webm", 60, size=(160, 120)).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 1000] = b"\x55" * 1000
    path = tmp_path / "clip.webm"
    path.write_bytes(data)
    answer = take(path, tmp_path / "folder", {"every": 2})
    assert answer["damaged"] > 0
    assert take(path, tmp_path / "folder", {"every": 2}) == answer


def test_an_animation_is_begun_again(tmp_path: Path) -> None:
    path = animation(tmp_path / "moving.gif", 12)
    answer = take(path, tmp_path / "folder", {"every": 2})
    assert take(path, tmp_path / "folder", {"every": 2}) == answer
    assert answer["continued"] == 0
