"""Approved pictures without the work of making them: real files, hard-linked to a few."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from support.library import TestLibrary
from support.photos import small

SIZES = ((60, 40), (40, 60), (50, 50), (80, 30))
STAGES = {"thumbnails-small": 1, "web-optimized": 1, "ersgan-enhanced": 4}
BLURHASHES = ("LEL4EXog%N~V5WofadWB5]xZM{9b", "LE5~UpoMRjozRPoyaeoKD5WBozRP")


def shelve(library: TestLibrary, ids: Iterable[str], *, status: str = "approved") -> None:
    """Add images with these ids, with all that a gallery shows."""
    if not library.db.exists():
        library.ok("init")
    with closing(sqlite3.connect(library.db)) as db, db:
        for number, image_id in enumerate(ids):
            _shelve(db, library, image_id, number % len(SIZES), status)


def _shelve(db: sqlite3.Connection, library: TestLibrary, image_id: str, kind: int, status: str) -> None:
    width, height = SIZES[kind]
    db.execute(
        "INSERT INTO images (id, width, height, approved, rejected) VALUES (?, ?, ?, ?, ?)",
        (image_id, width * 3, height * 3, status == "approved", status == "rejected"),
    )
    for stage, factor in STAGES.items():
        made = _file(library.folder / ".shelf", kind, factor)
        path = library.art / stage / f"{image_id}.webp"
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(made, path)
        data = made.read_bytes()
        db.execute(
            "INSERT INTO artifacts (image_id, stage, file_path, sha256, width, height, file_size) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(image_id, stage, f"{stage}/{image_id}.webp", hashlib.sha256(data).hexdigest()),
                *(width * factor, height * factor, len(data)),
            ),
        )
    db.execute(
        "INSERT INTO blurhash_cache (image_id, stage, blurhash, width, height) VALUES (?, 'web-optimized', ?, ?, ?)",
        (image_id, BLURHASHES[kind % 2], width, height),
    )


def _file(folder: Path, kind: int, factor: int) -> Path:
    width, height = SIZES[kind]
    path = folder / f"{kind}x{factor}.webp"
    return path if path.exists() else small(path, kind, (width * factor, height * factor))
