"""Files in somebody else's folder, also where the file system has no hard links."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from artpipe.pipeline import mirror


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"bytes")
    os.utime(path, ns=(1, 2))
    return path


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        del arguments, options
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)


def made(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_link(source: Path, tmp_path: Path) -> None:
    assert mirror.link(source, str(tmp_path / "target")) == source.stat().st_ino


@pytest.mark.usefixtures("no_links")
def test_copy_where_links_are_impossible(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    assert mirror.link(source, str(target)) == target.stat().st_ino
    assert (target.read_bytes(), target.stat().st_mtime_ns) == (b"bytes", 2)
    assert made(tmp_path) == ["source", "target"]


@pytest.mark.usefixtures("no_links")
def test_never_in_place_of_something(source: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    for make in (mirror.link, mirror.copy):
        with pytest.raises(FileExistsError):
            make(source, str(taken))
    for data in (b"", b"other"):
        with pytest.raises(FileExistsError):
            mirror.write(data, str(taken))
    assert taken.read_text() == "mine"
    assert made(tmp_path) == ["source", "taken"]


def test_what_a_file_holds(source: Path, tmp_path: Path) -> None:
    copy, link = tmp_path / "copy", tmp_path / "link"
    mirror.copy(source, str(copy))
    link.symlink_to(source)
    assert mirror.holds(str(copy), source, None)
    assert mirror.holds(str(copy), None, b"bytes")
    assert not mirror.holds(str(copy), None, b"other")
    assert not mirror.holds(str(copy), None, b"")
    assert not mirror.holds(str(link), source, None)
    assert not mirror.holds(str(tmp_path / "missing"), source, None)
