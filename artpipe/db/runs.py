"""Table `runs`: who is working, and whose work was abandoned."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artpipe.db.connection import Database, Row


def start(db: Database, command: str, host: str, pid: int) -> int:
    cursor = db.execute("INSERT INTO runs (command, host, pid) VALUES (?, ?, ?)", (command, host, pid))
    return int(cursor.lastrowid or 0)


def beat(db: Database, run_id: int) -> None:
    db.execute("UPDATE runs SET heartbeat_at = CURRENT_TIMESTAMP WHERE id = ?", (run_id,))


def end(db: Database, run_id: int, outcome: str) -> None:
    db.execute("UPDATE runs SET ended_at = CURRENT_TIMESTAMP, outcome = ? WHERE id = ?", (outcome, run_id))


def open_runs(db: Database) -> list[Row]:
    return db.rows(
        "SELECT id, host, pid, started_at, heartbeat_at, command FROM runs WHERE ended_at IS NULL ORDER BY id"
    )
