"""No statement of the daily path looks at every row of a table that grows with the library."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.library import TestLibrary
from support.photos import small

from artpipe.db.connection import Database

GROWING = {
    *("images", "artifacts", "jobs", "decisions", "sources", "aliases", "lineage"),
    *("blurhash_cache", "perceptual_hashes", "unsettled", "ready", "batches"),
}
# As in `SCAN j USING COVERING INDEX jobs_by_status`; a SEARCH goes straight to what it looks for.
SCAN = re.compile(r"SCAN (?:TABLE )?(?P<name>\w+)(?: AS (?P<alias>\w+))?(?: USING (?:COVERING )?INDEX (?P<index>\w+))?")

# Statements that may walk along a growing table, and why.
ALLOWED = {
    # Every row they read is a row of the answer, in its order; --limit ends them.
    "SELECT * FROM images  ORDER BY created_at DESC, rowid DESC LIMIT ?": "list without a filter",
    "SELECT d.*, b.command, b.undone_by FROM decisions d LEFT JOIN batches b ON b.id = d.batch_id  ORDER BY d.id DESC LIMIT ?": "history of all",
    "SELECT * FROM batches b WHERE undone_by IS NULL AND command <> 'undo' AND EXISTS (SELECT 1 FROM decisions d WHERE d.batch_id = b.id) ORDER BY id DESC LIMIT 1": "the newest of all commands that decided; what was taken back is passed over",
    # Once, when the library is created or upgraded, or the stages themselves have changed.
    "INSERT INTO unsettled SELECT id FROM images WHERE id NOT IN (SELECT image_id FROM unsettled)": "every image is to be looked at",
    "INSERT INTO counters (counted, part, number, bytes) SELECT counted, part, number, bytes FROM counted_now;": "the first count",
    "UPDATE images SET origin = 'video-posters' WHERE origin = 'upstream' AND mime_type LIKE 'video/%';": "the videos of an older library",
}


@dataclass
class Seen:
    """Statements with what SQLite said about how it goes about them."""

    plans: dict[str, list[str]] = field(default_factory=dict)

    def scans(self) -> dict[str, list[str]]:
        found = {sql: [step for step in plan if self._walks(sql, step)] for sql, plan in self.plans.items()}
        return {sql: steps for sql, steps in found.items() if steps}

    def roundabout(self) -> dict[str, list[str]]:
        """Jobs of one image that are looked for among all of their status: those can be all there are."""
        found = {sql: [step for step in plan if _is_roundabout(sql, step)] for sql, plan in self.plans.items()}
        return {sql: steps for sql, steps in found.items() if steps}

    @staticmethod
    def _walks(sql: str, step: str) -> bool:
        match = SCAN.search(step)
        return match is not None and _table(sql, match["name"]) in GROWING


def _is_roundabout(sql: str, step: str) -> bool:
    match = re.search(r"SEARCH (\w+) USING (?:COVERING )?INDEX jobs_by_status", step)
    if match is None:
        return False
    column = "(?:WHERE|AND|ON) image_id" if match[1] == "jobs" else rf"\b{match[1]}\.image_id"
    return re.search(rf"{column} = ", sql) is not None


def _table(sql: str, name: str) -> str:
    """The table behind an alias; temporary tables have the schema's name before theirs."""
    match = re.search(rf"(?:FROM|JOIN|INTO|UPDATE)\s+(?:(temp)\.)?(\w+)\s+(?:AS\s+)?{name}\b", sql)
    return match[2] if match and not match[1] and match[2] != "SELECT" else name


@contextmanager
def watching(patch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """Ask for the plan of every statement before it is executed, on the connection that executes it."""
    seen = Seen()

    def asking(method: Callable[..., Any]) -> Callable[..., Any]:
        def asked(self: Database, sql: str, parameters: Any = ()) -> Any:
            text = sql.strip()
            if text not in seen.plans and text.split()[0] in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
                rows = list(parameters) if method.__name__ == "many" else parameters
                sample = rows[0] if method.__name__ == "many" and rows else rows
                seen.plans[text] = _plan(self._connection, sql, sample)
                return method(self, sql, rows)
            return method(self, sql, parameters)

        return asked

    with patch.context() as within:
        for name in ("execute", "many", "rows", "row", "tuples"):
            within.setattr(Database, name, asking(getattr(Database, name)))
        yield seen


def _plan(db: sqlite3.Connection, sql: str, parameters: Any) -> list[str]:
    return [str(row[3]) for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]


def a_day(library: TestLibrary) -> None:
    """Everything that people, pipes and cron do day by day."""
    for seed, name in enumerate("abcdef"):
        small(library.img / f"{name}.png", seed)
    small(library.img / "again.png", 0)
    (library.img / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (library.img / "empty.png").touch()
    library.ok("register", "img")
    library.ok("register", "img", "--approve")
    library.ok("reset", "d")
    library.ok("reject", "c", "--reason", "gif")
    library.ok("undo", "--dry-run")
    library.ok("undo")
    library.ok("run", "--dry-run")
    library.ok("run", "thumbnails-small", "web-optimized", "blurhash", "phash")
    library.ok("run", "blurhash", "a", "b")
    library.ok("rebuild", "thumbnails-small", "a", "b", "--limit", "1")
    for order in ("newest", "random"):
        library.settings(f"[stages.thumbnails-small]\nwidth = {30 + len(order)}\n")
        library.ok("run", "thumbnails-small", "--order", order)
    library.settings("")
    library.ok("find-ready", "web-optimized", "ersgan-enhanced")
    library.ok("run", "ersgan-thumbnails", "--limit", "0")
    library.settings("[stages.web-optimized]\nwidth = 30\n")
    library.ok("run", "web-optimized", "blurhash")
    library.sql("UPDATE artifacts SET sha256 = 'other' WHERE image_id = 'e' AND stage = 'upstream'")
    assert library.run("run", "web-optimized", "-j", "1").code == 1
    library.ok("retry")
    questions(library)


def questions(library: TestLibrary) -> None:
    for command in (
        *(["list"], ["list", "--limit", "2"], ["list", "--stage", "web-optimized"]),
        *(["list", "--status", status] for status in ("approved", "rejected", "pending")),
        *(["list", "--status", "approved", "--stage", "web-optimized"], ["jobs", "--limit", "2"]),
        *(["jobs"], ["jobs", "--status", "completed", "--limit", "3"], ["jobs", "--stage", "blurhash"]),
        *(["stats"], ["show", "a"], ["history"], ["history", "a"], ["why", "a", "web-optimized"]),
        *(["why", "a", "blurhash"], ["find-ready", "web-optimized", "phash"]),
    ):
        library.ok(*command, "--json")


@pytest.fixture
def seen(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Seen]]:
    def collected() -> Seen:
        with watching(monkeypatch) as plans:
            a_day(library)
        return plans

    # The test changes what the rows say about an original.
    library.repeats = True
    yield collected
    digest = "SELECT sha256 FROM images WHERE id = 'e'"
    library.sql(f"UPDATE artifacts SET sha256 = ({digest}) WHERE image_id = 'e' AND stage = 'upstream'")


def test_no_statement_of_the_daily_path_scans(seen: Callable[[], Seen]) -> None:
    plans = seen()
    assert len(plans.plans) > 80
    unexpected = {sql: steps for sql, steps in plans.scans().items() if sql not in ALLOWED}
    assert unexpected == {}
    assert plans.roundabout() == {}
    assert set(ALLOWED) <= set(plans.plans), "what is allowed and does not happen any more is to be removed"


# One statement of each kind on each table whose triggers keep something.
CHANGES = """
INSERT OR REPLACE INTO images (id, sha256, approved) VALUES ('a', 'x', 1);
INSERT OR REPLACE INTO artifacts (image_id, stage, file_path) VALUES ('a', 'upstream', 'p');
INSERT OR REPLACE INTO artifacts (image_id, stage, file_path) VALUES ('a', 'upstream', 'p');
UPDATE images SET approved = 0 WHERE id = 'a';
INSERT INTO jobs (image_id, stage, status) VALUES ('a', 's', 'pending');
UPDATE jobs SET status = 'running' WHERE id = 1;
UPDATE OR REPLACE artifacts SET stage = 'x' WHERE id = 1;
UPDATE OR REPLACE images SET id = 'b' WHERE id = 'a';
INSERT OR REPLACE INTO blurhash_cache (image_id, stage, blurhash, width, height) VALUES ('a', 's', 'h', 1, 1);
UPDATE OR REPLACE blurhash_cache SET stage = 't' WHERE image_id = 'a' AND stage = 's';
DELETE FROM blurhash_cache WHERE image_id = 'a';
INSERT OR REPLACE INTO perceptual_hashes (image_id, stage, phash, width, height) VALUES ('a', 's', 'h', 1, 1);
DELETE FROM perceptual_hashes WHERE image_id = 'a';
DELETE FROM artifacts WHERE image_id = 'a';
DELETE FROM jobs WHERE id = 1;
DELETE FROM images WHERE id = 'b';
"""


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="only the sqlite3 shell shows the plans of triggers")
def test_no_trigger_scans(library: TestLibrary) -> None:
    library.ok("init")
    script = f".eqp trigger\nBEGIN;\n{CHANGES}\nROLLBACK;\n"
    told = subprocess.run(["sqlite3", library.db], input=script, capture_output=True, text=True, check=True).stdout
    steps = [line for line in told.splitlines() if "SEARCH" in line or "SCAN" in line]
    assert len(steps) > 200
    # The pairs of stages, and who decides: a handful of rows each.
    assert {match[1] for match in map(SCAN.search, steps) if match} <= {"watched", "w", "deciding"}
