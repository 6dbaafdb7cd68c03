"""One checker for what must always be true of a library (docs/design.md, section 5)."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

_FILES = (
    "SELECT file_path, sha256, file_size FROM artifacts"
    " UNION ALL SELECT path, sha256, file_size FROM pages WHERE sha256 IS NOT NULL"
)
STATE = "CASE WHEN approved THEN 'approved' WHEN rejected THEN 'rejected' ELSE 'pending' END"


def violations(database: Path, art: Path, *, repeats: bool = False) -> list[str]:
    """Everything that is wrong with a library at rest (no run is alive).

    Args:
        repeats: the test took artifacts away, so that the same work was rightly done again.
    """
    with closing(sqlite3.connect(database)) as db:
        return [
            *_database(db),
            *_files(db, art),
            *_strays(db, art),
            *_decisions(db),
            *_jobs(db),
            *([] if repeats else _repetitions(db)),
            *_originals(db),
            *_kept_answers(db),
            *_leftovers(db, database, art),
        ]


def _database(db: sqlite3.Connection) -> list[str]:
    found = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    return found + [f"foreign key: {row}" for row in db.execute("PRAGMA foreign_key_check")]


def _files(db: sqlite3.Connection, art: Path) -> list[str]:
    """No artifact row without its complete bytes on disk with that sha256."""
    found = []
    for path, sha256, size in db.execute(_FILES):
        file = art / path
        if not file.is_file():
            found.append(f"row without file: {path}")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != sha256 or file.stat().st_size != size:
            found.append(f"row over other bytes: {path}")
    return found


def _strays(db: sqlite3.Connection, art: Path) -> list[str]:
    known = {row[0] for row in db.execute(_FILES)}
    files = {str(file.relative_to(art)) for file in art.rglob("*") if file.is_file()} if art.is_dir() else set()
    files -= {path for path in files if path.startswith(_KEPT) and _may_go_on(db)}
    return [f"file without row: {path}" for path in sorted(files - known)]


def _decisions(db: sqlite3.Connection) -> list[str]:
    """The last decision on each image is its state; each decision begins where the one before ended."""
    found = [
        f"both approved and rejected: {row[0]}"
        for row in db.execute("SELECT id FROM images WHERE approved AND rejected")
    ]
    last = (
        f"SELECT id, {STATE}, COALESCE((SELECT became FROM decisions d WHERE d.image_id = images.id"
        " ORDER BY d.id DESC LIMIT 1), 'pending') FROM images"
    )
    found += [f"decision lost: {row}" for row in db.execute(last) if row[1] != row[2]]
    chain = "SELECT image_id, was, lag(became, 1, 'pending') OVER (PARTITION BY image_id ORDER BY id) FROM decisions"
    found += [f"gap in decisions: {row}" for row in db.execute(chain) if row[1] != row[2]]
    return found + [f"who decides is left over: {row}" for row in db.execute("SELECT * FROM deciding")]


def _jobs(db: sqlite3.Connection) -> list[str]:
    twice = "SELECT image_id, stage FROM jobs WHERE status IN ('pending', 'running') GROUP BY 1, 2 HAVING count(*) > 1"
    found = [f"open twice: {row}" for row in db.execute(twice)]
    # Jobs of external programs have no run.
    held = "SELECT j.id FROM jobs j JOIN runs r ON r.id = j.run_id WHERE j.status = 'running'"
    return found + [f"running job of no living run: {row}" for row in db.execute(held)]


def _repetitions(db: sqlite3.Connection) -> list[str]:
    """Finished work is not done again unless its recipe or its input changed."""
    made = (
        "SELECT image_id, stage, input_sha256, recipe, count(*) FROM jobs WHERE status = 'completed'"
        " GROUP BY 1, 2, 3, 4 HAVING count(*) > 1"
    )
    return [f"done twice: {row}" for row in db.execute(made)]


def _originals(db: sqlite3.Connection) -> list[str]:
    sql = (
        "SELECT id FROM images i WHERE content = 'present' AND NOT EXISTS (SELECT 1 FROM artifacts a"
        " WHERE a.image_id = i.id AND a.stage = 'upstream' AND a.sha256 = i.sha256)"
    )
    return [f"original lost: {row[0]}" for row in db.execute(sql)]


def _kept_answers(db: sqlite3.Connection) -> list[str]:
    """What triggers keep equals what it stands for."""
    kept = set(db.execute("SELECT counted, part, number, bytes FROM counters WHERE number <> 0 OR bytes <> 0"))
    real = set(db.execute("SELECT counted, part, number, bytes FROM counted_now"))
    found = [f"counter: {row}" for row in sorted(kept ^ real, key=str)]
    listed, now = set(db.execute("SELECT * FROM ready")), set(db.execute("SELECT watched_id, image_id FROM ready_now"))
    return found + [f"ready and not listed: {row}" for row in sorted(now - listed)]


# What an interrupted job has done, as long as there is such a job.
_KEPT = ".scratch/film-"


def _may_go_on(db: sqlite3.Connection) -> bool:
    sql = "SELECT 1 FROM jobs WHERE status IN ('pending', 'failed') AND failure_kind IS NOT 'permanent' LIMIT 1"
    return db.execute(sql).fetchone() is not None


def _leftovers(db: sqlite3.Connection, database: Path, art: Path) -> list[str]:
    scratch = [str(path) for path in (art / ".scratch").rglob("*")] if (art / ".scratch").is_dir() else []
    if _may_go_on(db):
        scratch = [path for path in scratch if f"/{_KEPT}" not in path]
    locks = [str(path) for path in database.with_name(database.name + ".runs").glob("*")]
    return [f"left over: {path}" for path in scratch + locks]
