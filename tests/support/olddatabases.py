"""Databases of the older program, in both shapes that it had."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def old_database(path: Path, rows: list[tuple[str, str | None]], *, wal: bool = False) -> Path:
    """A database of the later shape: (id, state)."""
    with closing(sqlite3.connect(path)) as db, db:
        if wal:
            db.execute("PRAGMA journal_mode=WAL")
        db.execute(
            "CREATE TABLE images (id TEXT PRIMARY KEY, state TEXT, img_path TEXT, thumb_path TEXT, upres_img_path TEXT,"
            " upres_thumb_path TEXT, width INTEGER, height INTEGER, weird INTEGER, url TEXT)"
        )
        db.executemany(
            "INSERT INTO images (id, state, img_path, width, height, url) VALUES (?, ?, ?, 640, 480, ?)",
            [(name, state, f"img/{name}.jpeg", f"https://example.org/{name}") for name, state in rows],
        )
    return path


def older_database(path: Path, rows: list[tuple[str, int | None]]) -> Path:
    """A database of the first shape: (id, good); height and width are the wrong way round, as they were."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE img (id TEXT PRIMARY KEY, good INTEGER, thumb_height INTEGER, thumb_width INTEGER)")
        db.executemany("INSERT INTO img VALUES (?, ?, 400, 267)", rows)
    return path
