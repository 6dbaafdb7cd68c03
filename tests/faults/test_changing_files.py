"""Files that become something else between being read and being taken in fail alone, and nothing waits for them."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.photos import small

from artpipe.store.store import Store


def _becomes_endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _becomes_another(path: Path) -> None:
    shutil.copy(path.with_name("1.png"), path)


BECOMES: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
    "endless": _becomes_endless,
    "loop": lambda path: path.symlink_to(path.name),
    "gone": Path.exists,
    "other": _becomes_another,
}


@pytest.mark.parametrize("becomes", BECOMES)
def test_each_fails_alone(library: TestLibrary, monkeypatch: pytest.MonkeyPatch, becomes: str) -> None:
    """On a file system without hard links, so that it is read a second time."""
    for seed in range(3):
        small(library.img / f"{seed}.png", seed)

    def link(_: Store, source: str, __: str) -> None:
        path = Path(source)
        if path.name == "0.png":
            path.unlink()
            BECOMES[becomes](path)
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Store, "link", link)
    result = library.run("register", "img")
    assert result.code == 1, result
    assert result.err.count("0.png") == 1
    assert "1 failed" in result.err
    assert library.sql("SELECT id FROM images ORDER BY id") == [("1",), ("2",)]
    assert library.run("verify").code == 0


@pytest.mark.parametrize("taken", ["folder", "pipe"])
def test_what_is_no_file_has_the_place_already(library: TestLibrary, taken: str) -> None:
    small(library.img / "0.png", 0)
    library.ok("init")
    (library.art / "upstream").mkdir()
    BECOMES[taken](library.art / "upstream" / "0.png")
    library.ok("register", "img")
    assert library.value("SELECT file_path FROM artifacts") != "upstream/0.png"
    library.ok("repair")
