"""How long a gallery of very many pictures takes, and how much of it is written again when some come.

    python benchmarks/gallery.py [--pictures 100000] [--more 1000] [--folder DIR]

Rows without files: what is measured is reading the database and writing pages. The ratios are what counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from bench import TOOL

STAGES = {"thumbnails-small": (400, 600), "web-optimized": (400, 600), "ersgan-enhanced": (1600, 2400)}


def fill(database: Path, first: int, last: int) -> None:
    """Approved images with everything that a gallery shows; names are what real ones are, 36 characters."""
    with closing(sqlite3.connect(database)) as db, db:
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO images (id, width, height, approved)"
            " SELECT printf('%08x-0000-4000-8000-%012d', i * 2654435761 % 4294967296, i), 1024, 1536, TRUE FROM n",
            (first, last),
        )
        fresh = "FROM images WHERE NOT EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = images.id AND a.stage = ?1)"
        for stage, (width, height) in STAGES.items():
            db.execute(
                f"INSERT INTO artifacts (image_id, stage, file_path, width, height) SELECT id, ?1, ?1 || '/' || id || '.webp', ?2, ?3 {fresh}",
                (stage, width, height),
            )
        db.execute(
            "INSERT OR IGNORE INTO blurhash_cache (image_id, stage, blurhash, width, height)"
            " SELECT id, 'web-optimized', 'LEL4EXog%N~V5WofadWB5]xZM{9b', 400, 600 FROM images"
        )


def build(library: Path, what: str) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*TOOL, "gallery", "--json", "--no-progress"], cwd=library, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    data = json.loads(done.stdout)["data"]
    print(
        f"{what:<24} {seconds:7.2f} s of CPU  {data['pages']:5} pages  {data['written']:5} written"
        f"  {data['unchanged']:5} unchanged  {after.ru_maxrss // 1024} MiB at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--more", type=int, default=1_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        library = (options.folder or Path(temporary)) / "gallery-library"
        shutil.rmtree(library, ignore_errors=True)
        library.mkdir(parents=True)
        subprocess.run([*TOOL, "-q", "init"], cwd=library, check=True)
        # A folder without anything in it would pass for a disk that is not mounted.
        (library / "art/thumbnails-small").mkdir()
        fill(library / "cv.db", 1, options.pictures)
        build(library, f"cold, {options.pictures:,}")
        build(library, "again")
        fill(library / "cv.db", options.pictures + 1, options.pictures + options.more)
        build(library, f"{options.more:,} more approvals")


if __name__ == "__main__":
    main()
