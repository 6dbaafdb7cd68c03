"""Measure artpipe side by side with what people use today, as ratios in one run.

    python benchmarks/run.py [--files 120] [--rounds 3] [--folder DIR] [NAME...]

Programs that are not installed are left out. Absolute times depend on the machine and its other work; the ratios are what counts.
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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import corpus

TOOL = [sys.executable, "-m", "artpipe"]


@dataclass(frozen=True)
class Contest:
    """artpipe against something else on the same work; `goal` is the wanted ratio of their time to ours."""

    name: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    against: str
    goal: str
    needs: tuple[str, ...] = ()
    prepare: Callable[[], object] = lambda: None


class Bench:
    """All contests on one corpus."""

    def __init__(self, folder: Path, files: int) -> None:
        self.folder = folder
        self.img = folder / f"img-{files}"
        self.files = corpus.make(self.img, files)
        self.library = folder / "library"

    def fresh(self) -> None:
        shutil.rmtree(self.library, ignore_errors=True)
        self.library.mkdir()

    def registered(self) -> None:
        self.fresh()
        self.artpipe("register", "-q", "--approve", str(self.img))

    def artpipe(self, *arguments: str) -> None:
        subprocess.run([*TOOL, *arguments], cwd=self.library, check=True, stdout=subprocess.DEVNULL)

    def shell(self, script: str) -> None:
        subprocess.run(["bash", "-c", script], cwd=self.img, check=True, stdout=subprocess.DEVNULL)

    def hundred_thousand(self) -> None:
        """A library of rows without files: 100,000 approved images, one in a hundred not upscaled yet."""
        self.fresh()
        self.artpipe("-q", "init")
        with sqlite3.connect(self.library / "cv.db") as db:
            db.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                " INSERT INTO images (id, approved) SELECT printf('%08x-0000-4000-8000-%012d', i * 2654435761 % 4294967296, i), 1 FROM n"
            )
            for stage in ("web-optimized", "ersgan-enhanced"):
                some = "" if stage == "web-optimized" else "WHERE rowid % 100"
                db.execute(
                    f"INSERT INTO artifacts (image_id, stage, file_path) SELECT id, '{stage}', '{stage}/' || id FROM images {some}"
                )
        db.close()

    def contests(self) -> list[Contest]:
        pictures = ["thumbnails-small", "web-optimized", "blurhash", "phash"]
        seed = (
            "SELECT i.id FROM images i JOIN artifacts a1 ON i.id = a1.image_id AND a1.stage = 'web-optimized'"
            " LEFT JOIN artifacts a2 ON i.id = a2.image_id AND a2.stage = 'ersgan-enhanced'"
            " WHERE i.approved = true AND a2.id IS NULL"
        )
        header = "find . -type f -print0 | xargs -0 -P2 -n8 {} > /dev/null"
        thumbnail = "find . -type f -print0 | xargs -0 -P2 -n8 vipsthumbnail -s 400x -o /tmp/%s-artpipe-bench.{}"
        return [
            Contest(
                "register, cold library",
                lambda: self.artpipe("register", "-q", str(self.img)),
                lambda: self.shell(header.format("sha256sum") + ";" + header.format("vipsheader")),
                "sha256sum + vipsheader, xargs -P2",
                ">= 2.5",
                ("vipsheader",),
                self.fresh,
            ),
            Contest(
                "register, floor",
                lambda: self.artpipe("register", "-q", str(self.img)),
                lambda: subprocess.run([sys.executable, __file__, "--floor-register", str(self.img)], check=True),
                "read + hashlib + header, 2 threads",
                ">= 0.77",
                (),
                self.fresh,
            ),
            Contest(
                "register again, unchanged",
                lambda: self.artpipe("register", "-q", str(self.img)),
                lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
                "a bare interpreter start",
                "",
                (),
                self.registered,
            ),
            Contest(
                "all small artifacts, -j 2",
                lambda: self.artpipe("run", "-q", "-j", "2", *pictures),
                lambda: self.shell(
                    f"{thumbnail.format('jpg')};{thumbnail.format('webp')}; rm -f /tmp/*-artpipe-bench.*"
                ),
                "vipsthumbnail twice, xargs -P2",
                "",
                ("vipsthumbnail",),
                self.registered,
            ),
            Contest(
                "all small artifacts, floor",
                lambda: self.artpipe("run", "-q", "-j", "2", *pictures),
                lambda: subprocess.run([sys.executable, __file__, "--floor-run", str(self.img)], check=True),
                "bare loop over the makers, 2 processes",
                ">= 0.87",
                (),
                self.registered,
            ),
            Contest(
                "find-ready | head -1, 100,000 images",
                lambda: self.shell(
                    f"{' '.join(TOOL)} --db {self.library}/cv.db find-ready web-optimized ersgan-enhanced | head -1"
                ),
                lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
                "a bare interpreter start",
                ">= 0.125",
                (),
                self.hundred_thousand,
            ),
            Contest(
                "find-ready, all ids, 100,000 images",
                lambda: self.artpipe("find-ready", "web-optimized", "ersgan-enhanced"),
                lambda: subprocess.run(
                    ["sqlite3", self.library / "cv.db", seed], check=True, stdout=subprocess.DEVNULL
                ),
                "the seed's query in the sqlite3 shell",
                ">= 0.67",
                ("sqlite3",),
                self.hundred_thousand,
            ),
        ]


def floor_register(folder: Path) -> None:
    import hashlib
    from concurrent.futures import ThreadPoolExecutor

    from PIL import Image

    def look(path: Path) -> None:
        data = path.read_bytes()
        hashlib.sha256(data).hexdigest()
        with Image.open(path) as opened:
            assert opened.size

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(look, [path for path in folder.rglob("*") if path.is_file()]))


def floor_run(folder: Path) -> None:
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(2) as pool:
        list(pool.map(make_all, [path for path in folder.rglob("*") if path.is_file()], chunksize=8))


def make_all(path: Path) -> None:
    """The same library calls as a run makes, without any bookkeeping."""
    from artpipe.stages.imaging import Picture
    from artpipe.stages.registry import BUILT_IN, maker, maker_class

    made = {}
    picture = Picture.open(path)
    for name in ("thumbnails-small", "web-optimized"):
        definition = BUILT_IN[name]
        defaults = {key: parameter.default for key, parameter in maker_class(definition.kind).parameters.items()}
        made[name] = maker(definition.kind).make(picture, {**defaults, **definition.params}).data or b""
    for kind, source in (("blurhash", "web-optimized"), ("phash", "thumbnails-small")):
        defaults = {key: parameter.default for key, parameter in maker_class(kind).parameters.items()}
        maker(kind).make(Picture(made[source]), defaults)


def measure(contest: Contest, rounds: int) -> str:
    missing = [program for program in contest.needs if shutil.which(program) is None]
    if missing:
        return f"{contest.name:<38} left out: {', '.join(missing)} not installed"
    ratios, ours, theirs = [], [], []
    for _ in range(rounds):
        contest.prepare()
        ours.append(_seconds(contest.ours))
        theirs.append(_seconds(contest.theirs))
        ratios.append(theirs[-1] / ours[-1])
    middle = [statistics.median(values) for values in (ours, theirs, ratios)]
    return f"{contest.name:<38} {middle[0]:8.3f} s {middle[1]:8.3f} s {middle[2]:7.2f} {contest.goal:>8}  {contest.against}"


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    if sys.argv[1:2] == ["--floor-register"]:
        return floor_register(Path(sys.argv[2]))
    if sys.argv[1:2] == ["--floor-run"]:
        return floor_run(Path(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(options.folder or Path(temporary), options.files)
        print(f"{'work':<38} {'artpipe':>10} {'other':>10} {'ratio':>7} {'goal':>8}  against")
        for contest in bench.contests():
            if not options.names or any(name in contest.name for name in options.names):
                print(measure(contest, options.rounds), flush=True)
    return None


if __name__ == "__main__":
    main()
