"""No statement of the daily path looks at every row of a table that grows with the library."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest
from support.library import TestLibrary
from support.photos import small
from support.plans import SCAN, Seen, watching

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
