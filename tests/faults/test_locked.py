"""Another program sits on the database: everybody waits, nobody is told that it is locked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.library import TestLibrary
from support.photos import small

CHEAP = ("thumbnails-small", "web-optimized", "blurhash", "phash")

_HOLDER = """
import sqlite3, sys, time
db = sqlite3.connect("cv.db", isolation_level=None)
db.execute("PRAGMA locking_mode = " + sys.argv[2])
db.execute("BEGIN EXCLUSIVE")
db.execute("UPDATE meta SET value = value")
print("held", flush=True)
time.sleep(float(sys.argv[1]))
db.execute("COMMIT")
"""


@contextmanager
def held(library: TestLibrary, seconds: float, mode: str) -> Iterator[subprocess.Popen[str]]:
    """Another process has the database for itself."""
    command = [sys.executable, "-c", _HOLDER, str(seconds), mode]
    with subprocess.Popen(command, cwd=library.folder, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder


@pytest.mark.parametrize(("mode", "seconds"), [("NORMAL", 20), ("EXCLUSIVE", 4)])
def test_database_held_by_another_program(library: TestLibrary, mode: str, seconds: int) -> None:
    """For 20 seconds; with locking_mode=EXCLUSIVE not even reading is possible meanwhile."""
    for seed in range(3):
        small(library.img / f"{seed}.png", seed)
    library.ok("register", "img")
    small(library.folder / "more" / "new.png", 9)
    commands = {
        "approve": ("approve", "0"),
        "register": ("register", "more"),
        "run": ("run", *CHEAP, "-j", "1"),
        "list": ("list",),
        "stats": ("stats", "--json"),
        "dry run": ("run", "--dry-run"),
        "retry": ("retry",),
    }
    with held(library, seconds, mode) as holder:
        started = {name: library.start(*command) for name, command in commands.items()}
        if mode == "NORMAL":
            # Who only reads need not wait.
            assert started["list"].wait() == 0
            assert holder.poll() is None
        answers = {name: process.communicate() for name, process in started.items()}
        assert holder.wait() == 0
    assert {name: process.returncode for name, process in started.items()} == dict.fromkeys(commands, 0), answers
    said = b" ".join(text for answer in answers.values() for text in answer)
    assert b"locked" not in said
    assert b"busy" not in said
    assert library.value("SELECT approved FROM images WHERE id = '0'") == 1
    assert library.value("SELECT count(*) FROM images") == 4
    library.ok("run", *CHEAP)
    assert library.value("SELECT count(*) FROM artifacts WHERE stage = 'thumbnails-small'") == 4
