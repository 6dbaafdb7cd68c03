"""backup copies a library's database whole, whatever goes on meanwhile."""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.damage import fill, in_background
from support.library import TestLibrary

from artpipe.db import verification
from artpipe.db.connection import Database

DECIDE = "while [ ! -e stop ]; do artpipe approve -q - < ids; artpipe reset -q - < ids; done"
PLAIN_SQL = """
import sqlite3, os
db = sqlite3.connect("cv.db", timeout=30)
while not os.path.exists("stop"):
    with db:
        db.execute("UPDATE images SET username = 'one', updated_at = CURRENT_TIMESTAMP")
        db.execute("UPDATE images SET original_url = 'one', updated_at = CURRENT_TIMESTAMP")
    with db:
        db.execute("UPDATE images SET username = 'two', original_url = 'two', updated_at = CURRENT_TIMESTAMP")
"""


def pragma(database: Path, name: str) -> object:
    with closing(sqlite3.connect(database)) as db:
        return db.execute(f"PRAGMA {name}").fetchone()[0]


def test_copy_is_whole_while_others_write(library: TestLibrary) -> None:
    fill(library, 12)
    (library.folder / "ids").write_text("\n".join(library.ok("list").lines))
    (library.folder / "write.py").write_text(PLAIN_SQL)
    writers = [in_background(library, DECIDE), in_background(library, "python write.py")]
    try:
        for number in range(8):
            copy = library.folder / f"copy-{number}.db"
            data = library.json("backup", copy)
            assert (data["file"], data["bytes"]) == (str(copy), copy.stat().st_size)
            result = library.run("--db", copy, "--art", library.art, "verify", "--json")
            assert (result.code, result.data["findings"]) == (0, [])
            with closing(sqlite3.connect(copy)) as db:
                # No half of a transaction.
                assert db.execute("SELECT count(DISTINCT username || original_url) FROM images").fetchone()[0] <= 1
                assert db.execute("SELECT count(*) FROM images WHERE username IS NOT original_url").fetchone()[0] == 0
    finally:
        (library.folder / "stop").touch()
        answers = [(*writer.communicate(), writer.returncode) for writer in writers]
    assert answers == [(b"", b"", 0)] * 2


def test_restored_library_works_on(library: TestLibrary) -> None:
    files = fill(library, 4)
    before = library.ok("history").out
    library.ok("backup", "kept.db")
    library.ok("reset", "00", "01", "02")
    library.sql("DELETE FROM artifacts WHERE stage = 'upstream'")
    shutil.copy(library.folder / "kept.db", library.db)
    for suffix in ("-wal", "-shm"):
        assert not library.db.with_name("kept.db" + suffix).exists()
        library.db.with_name(library.db.name + suffix).unlink(missing_ok=True)
    assert library.ok("verify").out == ""
    assert library.ok("history").out == before
    assert pragma(library.db, "journal_mode") == "wal"
    assert pragma(library.db, "user_version") == pragma(library.folder / "kept.db", "user_version")
    assert library.json("run", "thumbnails-small", "web-optimized", "blurhash", "phash")["completed"] == 0
    assert library.files() == files


def test_what_is_only_in_the_log_yet_is_copied(library: TestLibrary) -> None:
    library.ok("init")
    with closing(sqlite3.connect(library.db)) as held_open:
        held_open.execute("SELECT count(*) FROM images").fetchone()
        library.sql("INSERT INTO images (id) VALUES ('new')")
        assert library.db.with_name("cv.db-wal").stat().st_size > 0
        library.ok("backup", "copy.db")
    with closing(sqlite3.connect(library.folder / "copy.db")) as db:
        assert db.execute("SELECT id FROM images").fetchall() == [("new",)]


def test_says_size_and_how_to_restore(library: TestLibrary) -> None:
    library.ok("init")
    result = library.ok("backup", "copy.db")
    assert result.out == ""
    assert "KiB" in result.err
    assert f"cp {library.folder}/copy.db {library.db}" in result.err
    assert "art/upstream" in result.err


def test_nothing_is_overwritten_unless_that_is_asked_for(library: TestLibrary) -> None:
    library.ok("init")
    copy = library.folder / "copy.db"
    copy.write_bytes(b"something of value")
    result = library.run("backup", "copy.db")
    assert (result.code, copy.read_bytes()) == (2, b"something of value")
    assert "--force" in result.err
    library.ok("backup", "copy.db", "--force")
    assert library.ok("--db", copy, "--art", library.art, "verify").code == 0
    # The log of another database beside it would be played back into the copy.
    other = library.folder / "other.db"
    log = library.folder / "other.db-wal"
    log.write_bytes(b"log")
    assert library.run("backup", "other.db").code == 2
    assert not other.exists()
    library.ok("backup", "other.db", "--force")
    assert not log.exists()


@pytest.mark.parametrize("target", ["cv.db", "./cv.db", "link.db", "art", "missing/copy.db"])
def test_targets_that_cannot_be_are_refused(library: TestLibrary, target: str) -> None:
    library.ok("init")
    (library.folder / "link.db").symlink_to("cv.db")
    before = library.db.read_bytes()
    assert library.run("backup", target, "--force").code == 2
    assert library.db.read_bytes() == before


def test_unfinished_copy_never_gets_the_name(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    library.ok("init")
    copy = library.folder / "copy.db"

    def damaged(_db: Database, target: Path) -> list[str]:
        target.write_bytes(b"half")
        return ["row 1 missing from index"]

    def full(_db: Database, target: Path) -> list[str]:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(target))

    for failure in (damaged, full):
        with monkeypatch.context() as patch:
            patch.setattr(verification, "copy_into", failure)
            assert library.run("backup", copy).code == 74
        assert [path.name for path in library.folder.iterdir() if "copy" in path.name] == []


def test_what_a_killed_backup_left_is_swept_by_the_next(library: TestLibrary) -> None:
    library.ok("init")
    left = [library.folder / f".copy.db.{pid}.partial{more}" for pid in (1, 4711) for more in ("", "-journal")]
    others = [library.folder / ".copy.db.x.partial", library.folder / ".copy.db.77.partial"]
    for file in (*left, *others):
        file.write_bytes(b"torn")
    with others[1].open("rb") as at_work:
        fcntl.flock(at_work, fcntl.LOCK_SH)
        library.ok("backup", "copy.db")
    assert [file for file in left if file.exists()] == []
    assert [file for file in others if not file.exists()] == []
