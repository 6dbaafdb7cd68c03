"""Measure the questions to libraries of millions of rows, which are generated without any pictures.

    python benchmarks/million.py [--millions 1] [--rounds 5] [--folder DIR]

The files that the rows name do not exist; only questions and decisions are asked of such a library. With `--millions 13` this
takes some 10 GB of disk.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench import TOOL

SEED = (
    "SELECT i.id FROM images i JOIN artifacts a1 ON i.id = a1.image_id AND a1.stage = 'web-optimized'"
    " LEFT JOIN artifacts a2 ON i.id = a2.image_id AND a2.stage = 'ersgan-enhanced'"
    " WHERE i.approved = true AND a2.id IS NULL"
)
MILLION = 1_000_000
CHUNK = 500_000


@dataclass(frozen=True)
class Plan:
    """What the rows of a generated library say.

    Args:
        images: number of images; one in `approved` is approved.
        ready: so many of the approved ones are not upscaled yet; they come last in order of id.
    """

    images: int
    approved: int
    ready: int

    def artifacts(self) -> dict[str, str]:
        """Stage -> which images have it."""
        last = self.images - self.ready * self.approved
        return {
            "upstream": "TRUE",
            "web-optimized": f"i % {self.approved} = 0",
            "ersgan-enhanced": f"i % {self.approved} = 0 AND i <= {last}",
            "thumbnails-small": "i % 25 = 0",
        }


def generate(folder: Path, plan: Plan) -> Path:
    """A library in `folder`, or the one that is there: rows in the order of their keys, triggers set up afterwards."""
    database = folder / "cv.db"
    if (folder / "complete").exists():
        return database
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run([*TOOL, "-q", "init"], cwd=folder, check=True)
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        for pragma in ("synchronous=OFF", "cache_size=-400000", "journal_mode=OFF", "locking_mode=EXCLUSIVE"):
            db.execute(f"PRAGMA {pragma}")
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        _fill(db, plan)
        for _, sql in triggers:
            db.execute(sql)
        db.execute("INSERT INTO counters SELECT counted, part, number, bytes FROM counted_now")
        db.execute("INSERT INTO ready SELECT watched_id, image_id FROM ready_now")
        db.execute("PRAGMA locking_mode=NORMAL")
        db.execute("PRAGMA journal_mode=WAL")
    (folder / "complete").touch()
    return database


def _fill(db: sqlite3.Connection, plan: Plan) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT {} + 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
    for start in range(0, plan.images, CHUNK):
        within = numbers.format(start, min(start + CHUNK, plan.images))
        db.execute(
            "INSERT INTO images (id, sha256, approved, width, height, file_size, mime_type, content, created_at)"
            f" {within} SELECT printf('%012x', i), printf('%064x', i), i % {plan.approved} = 0, 1024, 1536, 2000000,"
            " 'image/png', 'present', datetime(1700000000 + i, 'unixepoch') FROM n"
        )
    for stage, condition in plan.artifacts().items():
        for start in range(0, plan.images, CHUNK):
            within = numbers.format(start, min(start + CHUNK, plan.images))
            db.execute(
                "INSERT INTO artifacts (image_id, stage, file_path, file_size)"
                f" {within} SELECT printf('%012x', i), '{stage}', printf('{stage}/%012x.webp', i), 100000 + i % 1000"
                f" FROM n WHERE {condition}"
            )
    db.execute(
        "INSERT INTO jobs (image_id, stage, status) SELECT image_id, stage, 'completed' FROM artifacts"
        " WHERE stage <> 'upstream'"
    )


@dataclass(frozen=True)
class Cost:
    """What one command took, medians of several rounds.

    Args:
        seconds: by the clock.
        cpu: user and system time.
        memory: the most MiB it held.
    """

    seconds: float
    cpu: float
    memory: float


def cost(command: Sequence[str] | str, folder: Path, rounds: int) -> Cost:
    found = [_once(command, folder) for _ in range(rounds)]
    return Cost(*(statistics.median(values) for values in zip(*found, strict=True)))


def _once(command: Sequence[str] | str, folder: Path) -> tuple[float, float, float]:
    """In a process of its own, since the most memory of several children cannot be told apart."""
    arguments = ["bash", "-c", command] if isinstance(command, str) else list(command)
    code = (
        "import resource, subprocess, sys, time; began = time.perf_counter();"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    seconds, cpu, memory = map(float, done.stderr.split()[-3:])
    return seconds, cpu, memory


def report(name: str, ours: Cost, against: str, theirs: Cost, goal: str) -> None:
    ratio = ours.seconds / theirs.seconds
    print(
        f"{name:<40} {ours.seconds:8.3f} s {ours.cpu:7.3f} s CPU {ours.memory:6.0f} MiB"
        f" {theirs.seconds:8.3f} s {ratio:7.2f} {goal:>10}  {against}",
        flush=True,
    )


def measure(folder: Path, rounds: int) -> None:
    """All questions, against the sqlite3 shell or a bare interpreter start."""
    bare = cost([sys.executable, "-c", "pass"], folder, rounds)
    ready = [*TOOL, "find-ready", "web-optimized", "ersgan-enhanced"]
    report("a bare interpreter start", bare, "itself", bare, "")
    if shutil.which("sqlite3"):
        every, first = (cost(["sqlite3", "cv.db", sql], folder, rounds) for sql in (SEED, f"{SEED} LIMIT 1"))
        report("find-ready, all ids", cost(ready, folder, rounds), "seed's query, sqlite3 shell", every, "<= 1.5")
        report(
            "find-ready | head -1", cost(f"{_text(ready)} | head -1", folder, rounds), "the same LIMIT 1", first, "<= 1"
        )
    questions: dict[str, tuple[list[str], str]] = {
        "stats": (["stats"], "< 1 s"),
        "find-ready --limit 1": (["find-ready", "web-optimized", "ersgan-enhanced", "--limit", "1"], "< 0.1 s"),
        "list --status pending --limit 20": (["list", "--status", "pending", "--limit", "20"], ""),
        "jobs --status completed --limit 20": (["jobs", "--status", "completed", "--limit", "20"], ""),
        "show": (["show", "0000000000c8"], ""),
        "why": (["why", "0000000000c8", "ersgan-enhanced"], ""),
    }
    for name, (arguments, goal) in questions.items():
        report(name, cost([*TOOL, *arguments], folder, rounds), "a bare interpreter start", bare, goal)
    command = ["bash", "-c", f"{_text(TOOL)} approve -q $(printf %012x $RANDOM) $(printf %012x $RANDOM)"]
    report("approve two images", cost(command, folder, rounds), "a bare interpreter start", bare, "< 0.2 s")


def _text(command: Sequence[str]) -> str:
    return " ".join(command)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args(arguments)
    plan = Plan(images=int(options.millions * MILLION), approved=4, ready=100)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)) / f"{options.millions:g}-million"
        began = time.perf_counter()
        database = generate(folder, plan)
        print(
            f"{database.stat().st_size >> 20} MiB, generated or found in {time.perf_counter() - began:.0f} s",
            flush=True,
        )
        measure(folder, options.rounds)


if __name__ == "__main__":
    main()
