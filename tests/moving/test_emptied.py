"""Files of an old tree that its scripts empty every night, through the name that the library shares with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import oldtree
from support.library import TestLibrary
from support.oldpictures import picture


@pytest.fixture
def old(library: TestLibrary) -> Path:
    """A rejected picture, and an approved one with its upscale; both taken in."""
    library.ok("init")
    root = library.folder / "old"
    for number, name in enumerate(("no", "yes")):
        put(root / f"img/{name}.jpeg", picture(number, "JPEG"))
        put(root / f"thumbs/{name}.png", picture(10 + number, "PNG"))
        put(root / f"{name}/{name}.jpeg")
    put(root / "replicate/img/yes.png", picture(20, "PNG"))
    library.ok("migrate", old_of(library))
    return root


def old_of(library: TestLibrary) -> Path:
    return library.folder / "old"


def put(path: Path, data: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def empty(*paths: Path) -> None:
    for path in paths:
        os.truncate(path, 0)


def test_emptied_on_purpose(old: Path, library: TestLibrary) -> None:
    empty(old / "img/no.jpeg", old / "img/yes.jpeg", old / "thumbs/no.png", old / "thumbs/yes.png")
    assert library.run("verify").code == 3
    steps = {step["command"]: step["count"] for step in library.json("report")["next"]}
    assert steps[f"artpipe migrate {old}"] == 4
    assert "artpipe repair --dry-run" not in steps
    data = library.json("migrate", old)
    assert data["emptied"] == 4
    assert data["by_code"] == {}
    assert library.sql("SELECT id, content, sha256 IS NULL, approved, rejected FROM images ORDER BY id") == [
        ("no", "truncated", 0, 0, 1),
        ("yes", "truncated", 0, 1, 0),
    ]
    assert sorted(library.files()) == ["ersgan-enhanced/yes.png"]
    library.ok("verify")
    library.ok("migrate", "--verify", old)
    library.ok("export-dirs", "out")
    assert oldtree.files_of(library.folder / "out") == oldtree.files_of(old)
    again = library.json("migrate", old)
    assert (again["emptied"], again["taken"], again["new"]) == (0, 0, 0)


def test_emptied_thumbnail_is_made_again_where_it_can_be(old: Path, library: TestLibrary) -> None:
    empty(old / "thumbs/yes.png")
    library.ok("migrate", old)
    library.ok("run", "thumbnails-small")
    assert library.sql("SELECT image_id FROM jobs WHERE status = 'completed'") == [("yes",)]
    library.ok("verify")


def test_picture_that_nothing_is_left_of(old: Path, library: TestLibrary) -> None:
    empty(*(old / name for name in ("img/yes.jpeg", "thumbs/yes.png", "replicate/img/yes.png")))
    assert library.json("migrate", old)["by_code"] == {"nothing-real": 1}


def test_bytes_that_are_left_under_another_name_of_the_tree(old: Path, library: TestLibrary) -> None:
    put(old / "img/copied.jpeg", picture(2, "JPEG"))
    put(old / "yes/copied.jpeg", picture(2, "JPEG"))
    library.ok("migrate", old)
    empty(old / "img/copied.jpeg")
    assert library.json("migrate", old)["by_code"] == {}
    assert library.artifact("copied", "upstream").read_bytes() == picture(2, "JPEG")
    library.ok("verify")
    library.ok("migrate", "--verify", old)
    library.ok("export-dirs", "out")
    assert library.json("migrate", old)["new"] == 0


def test_copies_keep_their_bytes(library: TestLibrary) -> None:
    library.ok("init")
    put(old_of(library) / "img/a.jpeg", picture(1, "JPEG"))
    library.ok("migrate", "--copy", "old")
    empty(old_of(library) / "img/a.jpeg")
    assert library.json("migrate", "--copy", "old")["emptied"] == 0
    assert library.artifact("a", "upstream").read_bytes() == picture(1, "JPEG")


def test_dry_run_says_so_and_changes_nothing(old: Path, library: TestLibrary) -> None:
    empty(old / "img/no.jpeg")
    assert library.json("migrate", "--dry-run", old)["emptied"] == 1
    assert library.value("SELECT count(*) FROM artifacts WHERE stage = 'upstream'") == 2
    result = library.ok("migrate", old)
    assert "1 file has been emptied in the old tree" in result.err
