"""Another disk than the library's is full: the sentence names what could not be written, and nothing half-written is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.damage import fill
from support.disks import Disk, can_mount, small_disk
from support.library import TestLibrary

pytestmark = pytest.mark.skipif(not can_mount(), reason="only root can mount a small file system")
STORAGE = 74


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestLibrary:
    library = TestLibrary(tmp_path_factory.mktemp("made"))
    fill(library, 20)
    return library


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk", 4096) as made:
        yield made


@pytest.mark.parametrize(
    ("command", "left"),
    [*((name, left) for name in ("backup", "gallery", "export-dirs") for left in (0, 100)), ("demo", 0), ("init", 100)],
)
def test_sentence_names_what_could_not_be_written(made: TestLibrary, disk: Disk, command: str, left: int) -> None:
    target = disk.folder / "target"
    words = {"gallery": ("gallery", "--to"), "init": ("init", "--db")}.get(command, (command,))
    disk.fill(left)
    result = made.run(*words, target / "cv.db" if command == "init" else target)
    assert result.code == STORAGE, result
    assert result.err.count("\n") == 1, result.err
    assert result.err.startswith("artpipe: ")
    assert str(disk.folder) in result.err
    assert str(made.folder) not in result.err
    empty = [path for path in disk.folder.rglob("*") if path.is_file() and not path.stat().st_size]
    assert [path for path in empty if path.suffix in {".png", ".webp", ".html"}] == []
    assert command != "backup" or list(disk.folder.iterdir()) == [disk.folder / "ballast"]
    disk.make_room()
    if command in {"backup", "gallery", "export-dirs"}:
        made.ok(*words, target)
