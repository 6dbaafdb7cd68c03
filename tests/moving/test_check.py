"""What `migrate --verify` finds, and what its advice does about it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.oldpictures import picture

FILES = {"img/a.jpeg": "upstream", "thumbs/a.png": "thumbnails-small", "replicate/img/a.png": "ersgan-enhanced"}


@pytest.fixture
def library(tmp_path: Path) -> TestLibrary:
    """Not the one that is checked after its test: it gets damaged here."""
    folder = tmp_path / "library"
    folder.mkdir()
    return TestLibrary(folder)


@pytest.fixture
def old(library: TestLibrary) -> Path:
    library.ok("init")
    root = library.folder / "old"
    for seed, name in enumerate(FILES):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(picture(seed, name.rpartition(".")[2].upper()))
    library.ok("migrate", root)
    return root


def findings(library: TestLibrary, old: Path) -> list[tuple[str, str]]:
    result = library.run("migrate", "--verify", "--json", old)
    found = [(one["code"], one["item"]) for one in result.data["differences"]]
    assert result.code == (3 if found else 0)
    return found


def test_nothing_to_find(old: Path, library: TestLibrary) -> None:
    assert findings(library, old) == []


@pytest.mark.parametrize("name", FILES)
def test_one_byte_of_ours_is_another(name: str, old: Path, library: TestLibrary) -> None:
    ours = library.artifact("a", FILES[name])
    damaged = bytearray(ours.read_bytes())
    damaged[-20] ^= 1
    ours.unlink()
    ours.write_bytes(damaged)
    assert findings(library, old) == [("differs", name)]
    out = library.run("migrate", "--verify", old).out
    assert str(ours.relative_to(library.art)) in out
    assert "artpipe repair" in out
    mend(library, old)
    assert findings(library, old) == []


def mend(library: TestLibrary, old: Path) -> None:
    """As the findings say."""
    library.run("repair")
    for name, stage in FILES.items():
        if stage != "upstream":
            library.ok("sync-artifacts", stage, (old / name).parent)


@pytest.mark.parametrize("name", FILES)
def test_one_byte_of_theirs_is_another(name: str, old: Path, library: TestLibrary) -> None:
    damaged = bytearray((old / name).read_bytes())
    damaged[-20] ^= 1
    (old / name).unlink()
    (old / name).write_bytes(damaged)
    assert findings(library, old) == [("changed", name)]


@pytest.mark.parametrize("name", FILES)
def test_file_that_both_share_is_written_into(name: str, old: Path, library: TestLibrary) -> None:
    with (old / name).open("r+b") as file:
        file.seek(-20, os.SEEK_END)
        file.write(b"?")
    assert findings(library, old) == [("changed", name)]


@pytest.mark.parametrize("name", FILES)
def test_artifact_that_is_lost(name: str, old: Path, library: TestLibrary) -> None:
    library.artifact("a", FILES[name]).unlink()
    assert findings(library, old) == [("lost", name)]
    mend(library, old)
    assert findings(library, old) == []


def test_artifact_whose_row_is_lost(old: Path, library: TestLibrary) -> None:
    library.artifact("a", "thumbnails-small").unlink()
    library.sql("DELETE FROM artifacts WHERE stage = 'thumbnails-small'")
    assert findings(library, old) == [("lost", "thumbs/a.png")]
    assert "artpipe sync-artifacts" in library.run("migrate", "--verify", old).out
    mend(library, old)
    assert findings(library, old) == []


def test_names_that_came_and_went(old: Path, library: TestLibrary) -> None:
    (old / "yes").mkdir()
    (old / "yes/a.jpeg").touch()
    (old / "thumbs/a.png").unlink()
    assert findings(library, old) == [("not-migrated", "yes/a.jpeg"), ("gone", "thumbs/a.png")]
