"""What a power cut may not take: bytes are on the disk before anything says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.photos import small

from artpipe.store import durable


def test_no_file_gets_its_final_name_before_the_disk_has_it(
    library: TestLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(5):
        small(library.img / f"{seed}.png", seed)
    library.ok("register", "--approve", "img")
    synced: set[int] = set()
    renamed: dict[str, bool] = {}
    sync, rename = os.fsync, os.rename

    def recording_sync(descriptor: int) -> None:
        sync(descriptor)
        synced.add(os.fstat(descriptor).st_ino)

    def recording_rename(path: Path, target: str) -> None:
        renamed[target] = path.stat().st_ino in synced
        rename(path, target)

    monkeypatch.setattr(os, "fsync", recording_sync)
    monkeypatch.setattr(os, "rename", recording_rename)
    library.ok("run", "thumbnails-small", "web-optimized", "-j", "1")
    assert len(renamed) == 10
    assert all(renamed.values())
    assert {
        folder.stat().st_ino for folder in (library.art / "thumbnails-small", library.art / "web-optimized")
    } <= synced


@pytest.mark.parametrize("number", [0, 1, 40])
def test_any_number_of_files_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    paths = [tmp_path / str(name) for name in range(number)]
    for path in paths:
        durable.write_unsynced(path, b"bytes")
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    durable.sync_files(paths)
    assert sorted(synced) == sorted(path.stat().st_ino for path in paths)


def test_a_disk_that_fails_one_of_many_fails_them_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / str(name) for name in range(20)]
    for path in paths:
        durable.write_unsynced(path, b"bytes")
    bad = paths[13].stat().st_ino

    def failing(descriptor: int) -> None:
        if os.fstat(descriptor).st_ino == bad:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="Input/output"):
        durable.sync_files(paths)
