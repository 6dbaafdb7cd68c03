"""How long adding stages to a large library takes to plan: `python benchmarks/planning.py [--images 100000]`."""

from __future__ import annotations

import argparse
import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

ONE = '[stages.one]\ncommand = ["cp", "{input}", "{output}"]\nfor = "all"\n'
TWO = '[stages.two]\ninput = ["upstream", "other"]\ncommand = ["cp", "{input}", "{output}"]\nfor = "all"\n'
OTHER = '[stages.other]\ncommand = ["cp", "{input}", "{output}"]\nfor = "all"\n'
PAIRS = (
    '[stages.face-swap-results]\ninput = ["face-swap-styles", "face-swap-sources"]\npairs = "all"\nfor = "all"\n'
    'command = ["cp", "{input}", "{output}"]\n'
)


def build(folder: Path, images: int) -> None:
    """A library of rows, with the originals of none: planning opens no file."""
    subprocess.run([sys.executable, "-m", "artpipe", "init", "-q"], cwd=folder, check=True)
    (folder / "art/upstream").mkdir(parents=True)
    with closing(sqlite3.connect(folder / "cv.db")) as db, db:
        rows = [(f"p{at:07}", hashlib.sha256(str(at).encode()).hexdigest()) for at in range(images)]
        db.executemany("INSERT INTO images (id, sha256, content) VALUES (?, ?, 'present')", rows)
        artifact = "INSERT INTO artifacts (image_id, stage, file_path, sha256) VALUES (?, ?, ?, ?)"
        db.executemany(artifact, ((name, "upstream", f"upstream/{name}.png", digest) for name, digest in rows))
        side = int(images**0.5)
        for stage, part in (("face-swap-styles", rows[:side]), ("face-swap-sources", rows[side : 2 * side])):
            db.executemany(artifact, ((name, stage, f"{stage}/{name}.png", digest) for name, digest in part))
        db.executemany(
            "INSERT INTO artifacts (image_id, stage, file_path, sha256, input_sha256) VALUES (?, 'other', ?, ?, ?)",
            ((name, f"other/{name}.png", digest, digest) for name, digest in rows),
        )


def timed(folder: Path, *arguments: str) -> str:
    started, before = time.perf_counter(), os.times()
    done = subprocess.run(
        [sys.executable, "-m", "artpipe", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
    return f"{time.perf_counter() - started:7.2f} s  ({processor:.2f} s of CPU)  {said}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        build(folder, options.images)
        settings = folder / "artpipe.toml"
        for title, text, stage in (
            ("a command", ONE, "one"),
            ("a command with two inputs", OTHER + TWO, "two"),
            ("pairs of all with all", PAIRS, "face-swap-results"),
        ):
            settings.write_text(text)
            print(f"{title:<28} dry run {timed(folder, 'run', stage, '--dry-run')}")
            print(f"{title:<28} queued  {timed(folder, 'run', stage, '--limit', '0')}")
            print(f"{title:<28} again   {timed(folder, 'run', stage, '--dry-run')}", flush=True)


if __name__ == "__main__":
    main()
