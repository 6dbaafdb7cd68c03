"""Old databases are read in both their shapes, and never written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.olddatabases import old_database, older_database
from support.oldpictures import grid
from support.photos import small


@pytest.fixture
def old(library: TestLibrary) -> Path:
    library.ok("init")
    root = library.folder / "old"
    for seed, name in enumerate("abcd"):
        small(root / f"img/{name}.jpeg", seed)
    return root


def states(library: TestLibrary) -> dict[str, str]:
    sql = "SELECT id, CASE WHEN approved THEN 'yes' WHEN rejected THEN 'no' ELSE '' END FROM images"
    return dict(library.sql(sql))


def test_later_shape(old: Path, library: TestLibrary) -> None:
    for name in ("yes/b.jpeg", "no/d"):
        (old / name).parent.mkdir(exist_ok=True)
        (old / name).touch()
    database = old_database(old / "cv-old.db", [("a", "yes"), ("b", "no"), ("c", None), ("d", "yes"), ("lost", "no")])
    data = library.json("migrate", old, "--db-from", database)
    assert states(library) == {"a": "yes", "b": "yes", "c": "", "d": "yes", "lost": "no"}
    assert data["old_database"] == {"rows": 5, "new": 5, "approved": 2, "rejected": 2}
    assert library.sql(
        "SELECT content, width, height, original_url, rejection_reason FROM images WHERE id = 'lost'"
    ) == [("absent", 640, 480, "https://example.org/lost", "migrated from an old database")]
    assert library.sql("SELECT width, original_url FROM images WHERE id = 'a'") == [(60, "https://example.org/a")]
    assert library.value("SELECT json_extract(content, '$.img_path') FROM old_rows WHERE id = 'a'") == "img/a.jpeg"
    again = library.json("migrate", old, "--db-from", database)
    assert (again["old_database"]["new"], again["approved"], again["rejected"]) == (0, 0, 0)


def test_first_shape(old: Path, library: TestLibrary) -> None:
    """Not good means that there was no file in yes/; nobody rejected it. Height and width are the wrong way round."""
    database = older_database(old / "first.db", [("a", 1), ("b", 0), ("c", None), ("e", 1)])
    (old / "blur").mkdir()
    library.ok("migrate", old, "--db-from", database)
    assert states(library) == {"a": "yes", "b": "", "c": "", "d": "", "e": "yes"}


def test_sizes_of_the_first_shape_are_turned_round(old: Path, library: TestLibrary) -> None:
    import hashlib

    (old / "img/e.jpeg").touch()
    (old / "blur").mkdir()
    (old / "blur" / hashlib.sha256(bytes(old / "img/e.jpeg")).hexdigest()).write_text(grid(1, 4))
    library.ok("migrate", old, "--db-from", older_database(old / "first.db", [("e", None)]))
    assert library.sql("SELECT width, height FROM blurhash_cache WHERE image_id = 'e'") == [(400, 267)]


def test_what_was_written_last_is_read_and_nothing_is_written(old: Path, library: TestLibrary) -> None:
    """A program still has the database open; its last rows are in the log beside it."""
    path = old_database(old / "live.db", [("a", "no")], wal=True)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("INSERT INTO images (id, state) VALUES ('b', 'yes')")
        writer.commit()
        beside = [path, Path(f"{path}-wal"), Path(f"{path}-shm")]
        before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in beside]
        library.ok("migrate", "--dry-run", old, "--db-from", path)
        library.ok("migrate", old, "--db-from", path)
        assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in beside] == before
    assert states(library) == {"a": "no", "b": "yes", "c": "", "d": ""}


def test_changed_row_counts_again(old: Path, library: TestLibrary) -> None:
    path = old_database(old / "x.db", [("a", None)])
    library.ok("migrate", old, "--db-from", path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE images SET state = 'no'")
    assert library.json("migrate", old, "--db-from", path)["rejected"] == 1


def test_odd_values(old: Path, library: TestLibrary) -> None:
    path = old_database(old / "x.db", [("a", "maybe")])
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO images (id, state, width, url) VALUES (17, 'no', 'wide', x'ff00')")
        db.execute("INSERT INTO images (id, state) VALUES (NULL, 'no')")
        db.execute("INSERT INTO images (id, state, url) VALUES ('b', 'yes', CAST(x'c3' AS TEXT))")
    library.ok("migrate", old, "--db-from", path)
    assert states(library)["17"] == "no"
    assert states(library)["b"] == "yes"


@pytest.mark.parametrize("kind", ["missing", "text", "other"])
def test_what_is_no_old_database(kind: str, old: Path, library: TestLibrary) -> None:
    path = old / "x.db"
    if kind == "text":
        path.write_text("no database " * 100)
    if kind == "other":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("CREATE TABLE images (name TEXT)")
    result = library.run("migrate", old, "--db-from", path)
    assert result.code in {2, 4}
    assert "x.db" in result.err
