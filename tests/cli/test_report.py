"""The report: five parts, each of them right."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from support.damage import fill, put_back
from support.gates import interrupted, stopped_at
from support.library import TestLibrary
from support.photos import small

from artpipe.actions import overview

PARTS = ["statistics", "files_without_rows", "rows_without_files", "quality", "complete", "next"]


@pytest.fixture
def filled(library: TestLibrary) -> TestLibrary:
    """Six approved pictures, everything made but the upscales."""
    fill(library, 6)
    return library


def steps(data: Any) -> dict[str, tuple[int, str]]:
    return {step["what"]: (step["count"], step["command"]) for step in data["next"]}


def lacks(data: Any) -> dict[str, int]:
    return {name: part["count"] for name, part in data["quality"].items() if part["count"]}


def test_a_sound_library(filled: TestLibrary) -> None:
    data = filled.json("report")
    assert list(data) == PARTS
    assert data["statistics"] == filled.json("stats")
    nothing: dict[str, Any] = {"count": 0, "by_stage": {}, "examples": []}
    assert data["files_without_rows"] == data["rows_without_files"] == nothing
    assert lacks(data) == {"approved_without_upscale": 6}
    assert steps(data) == {"jobs to be done": (12, "artpipe run")}
    text = filled.ok("report").out
    for title in ("1. Statistics", "2. Files without rows", "3. Rows without files", "4. Quality", "5. Next"):
        assert title in text


def test_an_empty_library(library: TestLibrary) -> None:
    library.ok("init")
    data = library.json("report")
    assert (data["next"], lacks(data)) == ([], {})
    assert "nothing" in library.ok("report").out


def test_files_and_rows_without_each_other(filled: TestLibrary) -> None:
    files = filled.files()
    for name in ("00", "01", "02"):
        (filled.art / f"web-optimized/{name}.webp").unlink()
    (filled.art / "thumbnails-small/stray.webp").write_bytes(b"x")
    strays = [small(filled.art / f"video-frames/0{seed}.png", seed) for seed in range(2)]
    (filled.art / "note.txt").write_bytes(b"x")
    data = filled.json("report", "--limit", "2")
    examples = ["web-optimized/00.webp", "web-optimized/01.webp"]
    assert data["rows_without_files"] == {"count": 3, "by_stage": {"web-optimized": 3}, "examples": examples}
    found = data["files_without_rows"]
    assert (found["count"], found["by_stage"]) == (4, {"": 1, "thumbnails-small": 1, "video-frames": 2})
    assert len(found["examples"]) == 2
    asked = steps(data)
    assert asked["files that are lost or changed"] == (3, "artpipe repair --dry-run")
    assert asked["other files that no row names"][0] == 2
    number, command = asked["files of video-frames that no row names"]
    assert number == 2
    assert filled.ok(*command.split()[1:]).code == 0
    assert "video-frames" not in filled.json("report")["files_without_rows"]["by_stage"]
    assert filled.json("report", "--limit", "0")["files_without_rows"]["examples"] == []
    filled.sql("DELETE FROM artifacts WHERE stage = 'video-frames'")
    for path in [*strays, filled.art / "thumbnails-small/stray.webp", filled.art / "note.txt"]:
        path.unlink()
    put_back(filled, files)


def test_more_of_them_than_are_looked_at_twice(filled: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    files = filled.files()
    monkeypatch.setattr(overview, "LOOKED_AT_TWICE", 2)
    for path in (filled.art / "web-optimized").iterdir():
        path.unlink()
    small(filled.art / "web-optimized/x.webp", 1)
    for path in (filled.art / "thumbnails-small").iterdir():
        path.rename(path.with_name(f"other-{path.name}"))
    data = filled.json("report")
    assert data["rows_without_files"]["by_stage"] == {"thumbnails-small": 6, "web-optimized": 6}
    assert data["files_without_rows"]["by_stage"] == {"thumbnails-small": 6, "web-optimized": 1}
    assert data["files_without_rows"]["count"] == 7
    assert len(data["rows_without_files"]["examples"]) == 2
    for path in [*(filled.art / "thumbnails-small").iterdir(), filled.art / "web-optimized/x.webp"]:
        path.unlink()
    put_back(filled, files)


def test_zero_bytes_where_there_should_be_some(filled: TestLibrary) -> None:
    files = filled.files()
    # What a nightly script does to img/ it does to art/upstream as well: they are the same file.
    os.truncate(filled.img / "00.png", 0)
    os.truncate(filled.art / "web-optimized/01.webp", 0)
    (filled.art / "web-optimized/02.webp").write_bytes(b"other")
    (filled.folder / "old").mkdir()
    (filled.folder / "old" / "gone.png").touch()
    (filled.folder / "old" / "seen.png").touch()
    filled.ok("register", "old")
    filled.ok("reject", "seen")
    data = filled.json("report")
    found = {name: data["quality"][name] for name in ("emptied_files", "changed_files", "empty")}
    assert found == {
        "emptied_files": {"count": 2, "examples": ["upstream/00.png", "web-optimized/01.webp"]},
        "changed_files": {"count": 1, "examples": ["web-optimized/02.webp"]},
        "empty": {"count": 1, "examples": ["gone"]},
    }
    assert steps(data)["images of which nothing real is left"] == (1, "artpipe register FOLDER")
    put_back(filled, files)


def test_what_approved_pictures_lack(filled: TestLibrary) -> None:
    filled.sql("INSERT INTO images (id, approved) VALUES ('url', TRUE)")
    filled.sql("INSERT INTO images (id, content, approved) VALUES ('upscaled', 'truncated', TRUE)")
    filled.ok("log-artifact", "upscaled", "ersgan-enhanced", "img/00.png")
    filled.ok("log-artifact", "00", "ersgan-enhanced", "img/00.png")
    data = filled.json("report")
    assert lacks(data) == {
        "approved_without_original": 1,
        "approved_without_thumbnail": 2,
        "approved_without_upscale": 6,
        "approved_without_dimensions": 2,
    }
    assert data["quality"]["approved_without_original"]["examples"] == ["url"]
    assert steps(data)["approved images without dimensions"][1] == "artpipe register --rehash FOLDER"


def test_conflicts_and_failed_and_undecided(filled: TestLibrary) -> None:
    filled.sql("INSERT OR REPLACE INTO images (id, sha256) SELECT id, sha256 FROM images WHERE id = '00'")
    filled.ok("start-job", "01", "ersgan-enhanced")
    filled.ok("fail-job", "01", "ersgan-enhanced")
    data = filled.json("report")
    assert data["quality"]["conflicts"] == {"count": 1, "examples": ["00"]}
    asked = steps(data)
    assert asked["decisions that contradict each other"] == (1, "artpipe verify --quick")
    assert asked["jobs that failed"] == (1, "artpipe jobs --status failed")
    assert asked["images to decide on"] == (1, "artpipe list --status pending")


def test_a_folder_whose_disk_is_away(library: TestLibrary) -> None:
    fill(library, 110)
    (library.art / "web-optimized").rename(library.folder / "away")
    (library.art / "web-optimized").mkdir()
    data = library.json("report")
    assert data["rows_without_files"]["by_stage"] == {"web-optimized": 110}
    assert data["rows_without_files"]["count"] == 110
    (library.art / "web-optimized").rmdir()
    (library.folder / "away").rename(library.art / "web-optimized")


def test_every_folder_is_listed_once_and_no_row_asks_for_its_file(
    filled: TestLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []
    asked: list[str] = []
    scandir, stat = os.scandir, os.stat

    def counted(path: Any) -> Any:
        listed.append(str(path))
        return scandir(path)

    def looked(path: Any, *arguments: Any, **options: Any) -> os.stat_result:
        asked.append(str(path))
        return stat(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", counted)
        patch.setattr(os, "stat", looked)
        filled.ok("report")
    below = [path for path in listed if Path(path).is_relative_to(filled.art / "web-optimized")]
    assert below == [str(filled.art / "web-optimized")]
    # One file proves that this is the right art/.
    assert len([path for path in asked if path.endswith((".webp", ".png"))]) == 1


def test_changes_nothing(filled: TestLibrary) -> None:
    before = [filled.sql(f"SELECT * FROM {table}") for table in ("artifacts", "jobs", "images", "meta", "unsettled")]
    result = filled.run("report", "--json")
    assert json.loads(result.out)["ok"]
    after = [filled.sql(f"SELECT * FROM {table}") for table in ("artifacts", "jobs", "images", "meta", "unsettled")]
    assert after == before


def test_interrupted(library: TestLibrary) -> None:
    """It says what it has, and looks for nothing more."""
    library.ok("init")
    folder = library.art / "upstream"
    folder.mkdir()
    for number in range(40_000):
        os.close(os.open(folder / f"{number}.png", os.O_CREAT))
    process = stopped_at(library, "os.scandir", folder, "report", "--json")
    out, err = interrupted(process, signal.SIGINT)
    assert process.returncode == 130, err
    data = json.loads(out)["data"]
    assert list(data) == PARTS
    assert (data["complete"], data["quality"], data["next"]) == (False, {}, [])
    shutil.rmtree(folder)
