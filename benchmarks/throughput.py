"""Measure what jobs cost beside their work: a stage that does nothing, and a library in which nothing is to do.

python benchmarks/throughput.py [--jobs 20000] [--idle 100000] [--folder DIR]
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import million
from bench import TOOL

SETTINGS = """
[stages.file-of-nothing]
kind = "small-file"
for = "all"

[stages.row-of-nothing]
kind = "small-row"
for = "all"
"""
# Links that one file may have on ext4.
LINKS = 50_000


def library(folder: Path, images: int) -> Path:
    """A library whose originals are links to one small picture."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "art/upstream").mkdir(parents=True)
    picture = _picture()
    subprocess.run([*TOOL, "-q", "init"], cwd=folder, check=True)
    (folder / "artpipe.toml").write_text(SETTINGS)
    for index in range(images):
        path = folder / f"art/upstream/{index:08x}.png"
        if index % LINKS == 0:
            path.write_bytes(picture)
            source = path
        else:
            os.link(source, path)
    with closing(sqlite3.connect(folder / "cv.db")) as db, db:
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)"
            " INSERT INTO images (id) SELECT printf('%08x', i) FROM n",
            (images,),
        )
        db.execute(
            "INSERT INTO artifacts (image_id, stage, file_path, sha256, file_size)"
            " SELECT id, 'upstream', 'upstream/' || id || '.png', ?, ? FROM images",
            (hashlib.sha256(picture).hexdigest(), len(picture)),
        )
    os.sync()  # what is made here is not what the runs have to wait for
    return folder


def idle(folder: Path, images: int) -> Path:
    """A library in which everything is made, by another program as far as artpipe can tell."""
    library(folder, images)
    (folder / "artpipe.toml").unlink()
    with closing(sqlite3.connect(folder / "cv.db")) as db, db:
        db.execute(
            "INSERT INTO artifacts (image_id, stage, file_path)"
            " SELECT id, 'thumbnails-small', 'thumbnails-small/' || id || '.webp' FROM images"
        )
        for table, column in (("blurhash_cache", "blurhash"), ("perceptual_hashes", "phash")):
            db.execute(
                f"INSERT INTO {table} (image_id, stage, {column}, width, height)"
                " SELECT id, 'thumbnails-small', '0', 1, 1 FROM images"
            )
    subprocess.run([*TOOL, "run", "-q"], cwd=folder, check=True)
    return folder


def _picture() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "png")
    return file.getvalue()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--idle", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args(arguments)
    os.environ["PYTHONPATH"] = str(Path(__file__).parent / "nothing")
    with tempfile.TemporaryDirectory() as temporary:
        folder = library((options.folder or Path(temporary)) / "nothing", options.jobs)
        for stage in ("row-of-nothing", "file-of-nothing"):
            cost = million.cost([*TOOL, "run", "-q", "-j", "2", stage], folder, 1)
            print(
                f"{options.jobs} jobs of a {stage}: {cost.seconds:.2f} s, {options.jobs / cost.seconds:.0f} a second;"
                f" {cost.cpu:.2f} s CPU, {cost.memory:.0f} MiB in the largest process",
                flush=True,
            )
        folder = idle((options.folder or Path(temporary)) / "idle", options.idle)
        bare, second = (
            million.cost([sys.executable, "-c", "pass"], folder, 5),
            million.cost([*TOOL, "run", "-q"], folder, 5),
        )
        print(
            f"second run, {options.idle} images, nothing to do: {second.seconds:.2f} s, {second.cpu:.2f} s CPU,"
            f" {second.cpu / bare.cpu:.1f} bare interpreter starts of CPU"
        )


if __name__ == "__main__":
    main()
