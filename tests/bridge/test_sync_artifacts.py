"""Whole folders of files that other programs made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.damage import fill
from support.library import TestLibrary
from support.photos import small

ENHANCE = "ersgan-enhanced"


@pytest.fixture
def filled(library: TestLibrary) -> TestLibrary:
    """Four approved pictures, everything made but the upscales, which lie in an old folder."""
    fill(library, 4)
    for seed in range(4):
        small(library.folder / f"replicate/img/{seed:02}.png", 10 + seed)
    return library


def counts(library: TestLibrary, *options: str, folder: str = "replicate/img") -> tuple[int, int, int]:
    data = library.json("sync-artifacts", ENHANCE, folder, *options)
    return data["logged"], data["recorded"], data["failed"]


def problems(library: TestLibrary, folder: str = "replicate/img") -> list[tuple[str, str]]:
    result = library.run("sync-artifacts", ENHANCE, folder, "--json")
    assert result.code == 1
    return sorted((error["code"], Path(error["item"]).name) for error in json.loads(result.out)["errors"])


def test_a_second_time_there_is_nothing_to_do(filled: TestLibrary) -> None:
    before = filled.files()
    assert counts(filled, "--dry-run") == (4, 0, 0)
    assert filled.files() == before
    assert counts(filled) == (4, 0, 0)
    assert counts(filled) == (0, 4, 0)
    assert filled.json("verify")["findings"] == []
    assert filled.artifact("00", ENHANCE).samefile(filled.folder / "replicate/img/00.png")
    assert filled.json("run", "--dry-run", ENHANCE)["would_run"] == 0


def test_copies_share_nothing(filled: TestLibrary) -> None:
    assert counts(filled, "--copy") == (4, 0, 0)
    assert filled.artifact("00", ENHANCE).stat().st_nlink == 1


def test_bad_files_stop_nothing(filled: TestLibrary) -> None:
    folder = filled.folder / "replicate/img"
    small(folder / "nobody.png", 1)
    (folder / "01.png").write_bytes(b"")
    (folder / "02.png").write_bytes(b"no picture")
    (folder / ".part.png").write_bytes(b"half")
    expected = [("empty", "01.png"), ("invalid", "02.png"), ("unknown-id", "nobody.png")]
    assert problems(filled) == problems(filled) == expected
    assert filled.sql("SELECT image_id FROM artifacts WHERE stage = ?", (ENHANCE,)) == [("00",), ("03",)]
    assert problems(filled, "nowhere") == [("unreadable", "nowhere")]


def test_the_first_of_two_files_for_an_image_counts(filled: TestLibrary) -> None:
    small(filled.folder / "replicate/img/00.webp", 50)
    assert counts(filled) == (4, 1, 0)
    assert counts(filled) == (0, 5, 0)
    assert filled.artifact("00", ENHANCE).name == "00.png"


def test_the_folder_may_be_the_stages_own(filled: TestLibrary) -> None:
    shutil.copytree(filled.folder / "replicate/img", filled.art / ENHANCE)
    inode = (filled.art / ENHANCE / "00.png").stat().st_ino
    filled.ok("log-artifact", "03", ENHANCE, f"art/{ENHANCE}/03.png")
    assert filled.json("verify")["by_code"] == {"file-unrecorded": 3}
    assert counts(filled, folder=f"art/{ENHANCE}") == (3, 1, 0)
    assert counts(filled, folder=str(filled.art / ENHANCE)) == (0, 4, 0)
    assert (filled.art / ENHANCE / "00.png").stat().st_ino == inode
    assert filled.json("verify")["findings"] == []


def test_what_is_recorded_is_not_replaced(filled: TestLibrary) -> None:
    shutil.copytree(filled.folder / "replicate/img", filled.folder / "t2")
    before = filled.artifact("00", "web-optimized").read_bytes()
    assert filled.json("sync-artifacts", "web-optimized", "t2") == {"logged": 0, "recorded": 4, "failed": 0}
    assert filled.artifact("00", "web-optimized").read_bytes() == before


def test_rows_that_name_files_elsewhere_get_them_into_art(filled: TestLibrary) -> None:
    filled.sql(
        "INSERT INTO artifacts (image_id, stage, file_path, sha256)"
        " SELECT id, ?, 'replicate/img/' || id || '.png', 'x' FROM images",
        (ENHANCE,),
    )
    assert filled.json("verify")["by_code"] == {"outside-art": 4}
    assert counts(filled) == (4, 0, 0)
    assert filled.json("verify")["findings"] == []


def test_more_files_than_are_recorded_at_once(library: TestLibrary) -> None:
    library.ok("init")
    library.sql(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1499)"
        " INSERT INTO images (id, approved) SELECT 'p' || i, TRUE FROM n"
    )
    picture = small(library.folder / "p.png", 1).read_bytes()
    (library.folder / "done").mkdir()
    for number in range(1500):
        (library.folder / f"done/p{number}.png").write_bytes(picture + number.to_bytes(4, "big"))
    assert counts(library, folder="done") == (1500, 0, 0)
    assert counts(library, folder="done") == (0, 1500, 0)
    assert library.json("verify", "--quick")["findings"] == []
