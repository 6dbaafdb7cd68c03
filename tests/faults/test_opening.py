"""Several processes open one database at the same moment, which is new, or old, or comes from a backup."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.library import TestLibrary, tool
from support.photos import small

from artpipe.db import schema

ROUNDS = 6
# Loaded first, so that all meet in the same millisecond.
_OPENER = """
import sys
from pathlib import Path
from artpipe.db import schema
print("loaded", flush=True)
sys.stdin.readline()
getattr(schema, sys.argv[1])(Path(sys.argv[2])).close()
"""


def open_at_once(how: str, path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _OPENER, how, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "loaded\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, said


def pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.parametrize("empty", [False, True])
def test_a_new_library_is_made_once(tmp_path: Path, *, empty: bool) -> None:
    for number in range(ROUNDS):
        path = tmp_path / str(number) / "cv.db"
        path.parent.mkdir()
        if empty:
            path.touch()
        open_at_once("create_database", path)
        assert pragma(path, "journal_mode") == "wal"
        assert pragma(path, "user_version") == schema.newest()
        # In particular no copy of a library that was half made.
        assert [file.name for file in path.parent.iterdir()] == ["cv.db"]


def test_an_old_library_is_upgraded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = schema.steps()
    for number in range(ROUNDS):
        path = tmp_path / str(number) / "cv.db"
        with monkeypatch.context() as patch:
            patch.setattr(schema, "steps", lambda: steps[:3])
            schema.create_database(path).close()
        open_at_once("open_database", path)
        assert pragma(path, "user_version") == schema.newest()
        copy = path.with_name("cv.db.v3.bak")
        assert sorted(file.name for file in path.parent.iterdir()) == ["cv.db", copy.name]
        assert pragma(copy, "user_version") == 3


def test_a_restored_copy_is_switched_to_a_log(tmp_path: Path) -> None:
    made = schema.create_database(tmp_path / "cv.db")
    for number in range(ROUNDS):
        path = tmp_path / str(number) / "cv.db"
        path.parent.mkdir()
        schema.copy_to(made, path)
        assert pragma(path, "journal_mode") == "delete"
        open_at_once("open_database", path)
        assert pragma(path, "journal_mode") == "wal"
    made.close()


def test_many_commands_create_one_library(library: TestLibrary) -> None:
    for seed in range(4):
        small(library.folder / f"img{seed}" / f"{seed}.png", seed)
    processes = [
        subprocess.Popen(tool("register", f"img{seed}"), cwd=library.folder, stderr=subprocess.PIPE)
        for seed in range(4)
    ]
    answers = [(process.communicate()[1], process.returncode) for process in processes]
    assert [code for _, code in answers] == [0] * 4, answers
    assert library.value("SELECT count(*) FROM images") == 4
    assert library.value("PRAGMA journal_mode") == "wal"
