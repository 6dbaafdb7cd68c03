"""Measure artpipe side by side with what people use today, as ratios in one run.

    python benchmarks/run.py [--files 120] [--rounds 3] [--folder DIR] [--millions N] [NAME...]

Programs that are not installed are left out. Absolute times depend on the machine and its other work; the ratios are what counts.
"""

from __future__ import annotations

import argparse
import os
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
import million
import throughput

TOOL = [str(Path(sys.executable).parent / "artpipe")]
FLOORS = Path(__file__).with_name("floors.py")
# Compiled modules are part of what is measured, as they are of what is installed.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
TINY = 100_000


@dataclass(frozen=True)
class Contest:
    """artpipe against something else on the same work; `goal` is the wanted ratio of their time to ours.

    Args:
        times: how often both sides do it in one round, in turn: what takes milliseconds is measured often.
    """

    name: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    against: str
    goal: str
    needs: tuple[str, ...] = ()
    prepare: Callable[[], object] = lambda: None
    times: int = 1


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

    def small(self) -> None:
        self.fresh()
        self.artpipe("-q", "init")
        with sqlite3.connect(self.library / "cv.db") as db:
            db.execute("INSERT INTO images (id, approved) VALUES ('a', 1), ('b', 1)")
            db.execute(
                "INSERT INTO artifacts (image_id, stage, file_path) VALUES ('a', 'web-optimized', 'web-optimized/a')"
            )
        db.close()

    def registered(self) -> None:
        self.fresh()
        self.artpipe("register", "-q", "--approve", str(self.img))

    def artpipe(self, *arguments: str) -> None:
        subprocess.run([*TOOL, *arguments], cwd=self.library, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)

    def shell(self, script: str) -> None:
        subprocess.run(["bash", "-c", script], cwd=self.img, check=True, stdout=subprocess.DEVNULL)

    def tiny(self) -> Path:
        """A tree of very many small pictures, registered and under git."""
        folder = self.folder / "tiny"
        corpus.make_tiny(folder, TINY)
        if not (folder / ".git").exists():
            # Its objects lie beside the tree, which artpipe and the floor read too.
            script = "git init -q --separate-git-dir ../tiny.git && git add -A && git commit -qm tiny"
            who = {
                "GIT_AUTHOR_NAME": "x",
                "GIT_AUTHOR_EMAIL": "x",
                "GIT_COMMITTER_NAME": "x",
                "GIT_COMMITTER_EMAIL": "x",
            }
            subprocess.run(["bash", "-c", script], cwd=folder, check=True, env=ENVIRONMENT | who)
        return folder

    def tiny_registered(self) -> None:
        self.fresh()
        self.artpipe("register", "-q", str(self.tiny()))

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
                lambda: subprocess.run([sys.executable, FLOORS, "register", str(self.img)], check=True),
                "read + hashlib + header, 2 threads",
                ">= 0.77",
                (),
                self.fresh,
            ),
            Contest(
                f"register {TINY:,} tiny files",
                lambda: self.artpipe("register", "-q", str(self.tiny())),
                lambda: subprocess.run([sys.executable, FLOORS, "register", str(self.folder / "tiny")], check=True),
                "read + hashlib + header, 2 threads",
                "",
                (),
                lambda: (self.tiny(), self.fresh()),
            ),
            Contest(
                f"register again, {TINY:,} unchanged",
                lambda: self.artpipe("register", "-q", str(self.tiny())),
                lambda: subprocess.run(["git", "-C", self.folder / "tiny", "status", "--short"], check=True),
                "git status",
                ">= 1",
                ("git",),
                self.tiny_registered,
                5,
            ),
            Contest(
                "find-ready, small library",
                lambda: self.artpipe("find-ready", "web-optimized", "ersgan-enhanced"),
                lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
                "a bare interpreter start",
                ">= 0.125",
                (),
                self.small,
                20,
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
                lambda: subprocess.run([sys.executable, FLOORS, "run", str(self.img)], check=True),
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


def measure(contest: Contest, rounds: int) -> str:
    missing = [program for program in contest.needs if shutil.which(program) is None]
    if missing:
        return f"{contest.name:<38} left out: {', '.join(missing)} not installed"
    ratios, ours, theirs = [], [], []
    for _ in range(rounds):
        contest.prepare()
        for _ in range(contest.times):
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--millions", type=float, help="measure questions to a library of so many million rows too")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(options.folder or Path(temporary), options.files)
        print(f"{'work':<38} {'artpipe':>10} {'other':>10} {'ratio':>7} {'goal':>8}  against")
        for contest in bench.contests():
            if not options.names or any(name in contest.name for name in options.names):
                print(measure(contest, options.rounds), flush=True)
        if options.millions:
            million.main(["--millions", str(options.millions), "--folder", str(bench.folder)])
            throughput.main(["--folder", str(bench.folder)])


if __name__ == "__main__":
    main()
