"""What a power cut may not take: bytes are on the disk before anything says so."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.photos import small

from artpipe.db import artifacts
from artpipe.db.connection import Database
from artpipe.pipeline import drain
from artpipe.store import durable, syncfs


@pytest.mark.parametrize("number", [5, 60])
def test_no_file_gets_its_final_name_before_the_disk_has_it(
    library: TestLibrary, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Few are waited for one by one, many by one wait for their file system."""
    for seed in range(number):
        small(library.img / f"{seed}.png", seed)
    library.ok("register", "--approve", "img")
    synced: set[int] = set()
    wholesale: list[int] = []
    renamed: dict[str, bool] = {}
    sync, sync_whole, rename = os.fsync, syncfs.sync, os.rename

    def recording_sync(descriptor: int) -> None:
        sync(descriptor)
        synced.add(os.fstat(descriptor).st_ino)

    def recording_whole(folder: str | Path) -> bool:
        files = [path.stat().st_ino for path in Path(folder).iterdir()]
        done = sync_whole(folder)
        if done:
            synced.update(files)
            wholesale.append(len(files))
        return done

    def recording_rename(path: str, target: str) -> None:
        renamed[target] = os.stat(path).st_ino in synced
        rename(path, target)

    monkeypatch.setattr(os, "fsync", recording_sync)
    monkeypatch.setattr(syncfs, "sync", recording_whole)
    monkeypatch.setattr(syncfs, "unwritten", lambda: 0)
    monkeypatch.setattr(os, "rename", recording_rename)
    monkeypatch.setattr(drain, "SETTLE_SECONDS", 60.0)
    library.ok("run", "thumbnails-small", "web-optimized", "-j", "1")
    assert len(renamed) == 2 * number
    assert all(renamed.values())
    assert bool(wholesale) == (number > 5 and sys.platform == "linux")
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
    monkeypatch.setattr(syncfs, "sync", lambda _: False)
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


@pytest.mark.parametrize("command", ["register", "migrate"])
@pytest.mark.parametrize("alone", [True, False])
def test_what_is_linked_is_on_the_disk_before_its_row_is(
    library: TestLibrary, monkeypatch: pytest.MonkeyPatch, command: str, alone: bool
) -> None:
    """By one wait for the whole file system, or where others write much, by one for each file and folder."""
    library.ok("init")
    for seed in range(5):
        small(library.img / f"{seed}.png", seed)
        small(library.folder / f"thumbs/{seed}.png", 10 + seed)
    synced: set[int] = set()
    pending: list[set[int]] = []
    sync, put = os.fsync, artifacts.put_all

    def recording_sync(descriptor: int) -> None:
        sync(descriptor)
        synced.add(os.fstat(descriptor).st_ino)

    def whole(folder: Path) -> bool:
        found = sync_whole(folder)
        if found:
            synced.update(path.stat().st_ino for path in [folder, *folder.iterdir()])
        return found

    sync_whole = syncfs.sync
    monkeypatch.setattr(syncfs, "unwritten", lambda: 0 if alone else 1 << 40)
    monkeypatch.setattr(syncfs, "sync", whole)
    monkeypatch.setattr(os, "fsync", recording_sync)
    committed = Database.execute

    def watched(self: Database, sql: str, parameters: object = ()) -> sqlite3.Cursor:
        if sql == "COMMIT" and pending:
            assert pending.pop() <= synced
        return committed(self, sql, parameters)

    def putting(db: Database, rows: Iterable[artifacts.FileRow]) -> None:
        rows = list(rows)
        if rows:
            files = [library.art / row.file_path for row in rows]
            pending.append({path.stat().st_ino for path in [*files, *(file.parent for file in files)]})
        put(db, rows)

    monkeypatch.setattr(Database, "execute", watched)
    monkeypatch.setattr(artifacts, "put_all", putting)
    library.ok(command, "img" if command == "register" else ".")
    assert not pending
    assert len(library.files()) == (5 if command == "register" else 10)


def test_much_that_others_write_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncfs, "unwritten", lambda: 1 << 40)
    assert not syncfs.sync(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can do so")
def test_little_that_others_write_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert syncfs.unwritten() < 1 << 50
    monkeypatch.setattr(syncfs, "unwritten", lambda: 0)
    assert syncfs.sync(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can do so")
def test_a_file_system_that_only_says_that_it_has_written_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of programs do (FUSE); here procfs, whose syncfs() is as empty."""
    monkeypatch.setattr(syncfs, "unwritten", lambda: 0)
    assert not syncfs.sync("/proc")
