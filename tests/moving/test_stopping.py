"""Moving in and out, stopped while a tree is only looked through."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from support.gates import interrupted, stopped_at
from support.library import TestLibrary
from support.photos import small

NAMES, LARGE = 40_000, 100


@pytest.fixture
def old(library: TestLibrary) -> Path:
    """A tree with a conflict, and with a folder on a disk that is not mounted."""
    library.ok("init")
    root = library.folder / "old"
    for folder in ("img", "no"):
        (root / folder).mkdir(parents=True)
    small(root / "img/a.jpeg", 1)
    (root / "no/a").touch()
    (root / "yes").symlink_to("/nowhere/mounted")
    return root


@pytest.mark.parametrize("flags", [(), ("--dry-run",), ("--verify",)])
def test_no_time_to_look_through_a_tree(flags: tuple[str, ...], old: Path, library: TestLibrary) -> None:
    result = library.run("migrate", *flags, "--time-limit", "0s", old)
    assert result.code == 5
    assert "not mounted" not in result.err
    assert "no/a" not in result.out
    assert "the same command begins again" in result.err
    assert library.value("SELECT count(*) FROM images") == 0
    assert library.json("migrate", *flags, "--time-limit", "0s", old)["complete"] is False


@pytest.mark.parametrize("flags", [(), ("--dry-run",)])
def test_no_time_to_compare_with_a_folder(flags: tuple[str, ...], library: TestLibrary) -> None:
    small(library.img / "a.jpeg", 1)
    library.ok("register", "img")
    result = library.run("export-dirs", *flags, "--time-limit", "0s", "out")
    assert result.code == 5
    assert not (library.folder / "out/img").exists()
    library.ok("export-dirs", "out")
    assert (library.folder / "out/img/a.jpeg").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_while_a_large_folder_is_read(
    number: signal.Signals, code: int, old: Path, library: TestLibrary
) -> None:
    for name in range(NAMES):
        os.close(os.open(old / f"img/{name}.jpeg", os.O_CREAT))
    process = stopped_at(library, "os.scandir", old / "img", "migrate", "--json", old)
    out, err = interrupted(process, number)
    assert process.returncode == code, err
    data = json.loads(out)["data"]
    assert (data["complete"], data["folders"]) == (False, [])
    assert library.value("SELECT count(*) FROM images") == 0


def test_interrupted_while_large_files_are_read(library: TestLibrary) -> None:
    """Nobody waits for a batch that takes minutes; what was read is taken in."""
    library.ok("init")
    folder = library.folder / "old/img"
    folder.mkdir(parents=True)
    for number in range(LARGE):
        with (folder / f"{number:03}.jpeg").open("wb") as file:
            file.write(number.to_bytes(4, "big"))
            file.truncate(70 << 20)
    process = stopped_at(library, "open", folder / "000.jpeg", "migrate", "--json", "old")
    out, err = interrupted(process, signal.SIGINT)
    assert process.returncode == 130, err
    data = json.loads(out)["data"]
    assert data["complete"] is False
    assert data["taken"] == library.value("SELECT count(*) FROM images") < LARGE
