"""Questions to small libraries, against a bare interpreter start and the sqlite3 shell."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from bench import TOOL, Bench
from contest import Contest
from million import SEED

STAGES = ("web-optimized", "ersgan-enhanced")


def contests(bench: Bench) -> Iterator[Contest]:
    def bare() -> None:
        subprocess.run([sys.executable, "-c", "pass"], check=True)

    def find_ready() -> None:
        bench.artpipe("find-ready", *STAGES)

    def first() -> None:
        bench.shell(f"{TOOL[0]} --db {bench.library}/cv.db find-ready {' '.join(STAGES)} | head -1")

    def seed() -> None:
        subprocess.run(["sqlite3", bench.library / "cv.db", SEED], check=True, stdout=subprocess.DEVNULL)

    yield Contest(
        "find-ready, small library", find_ready, bare, "a bare interpreter start", ">= 0.125", (), bench.small, 20
    )
    yield Contest(
        "find-ready | head -1, 100,000 images",
        first,
        bare,
        "a bare interpreter start",
        ">= 0.1",
        (),
        bench.hundred_thousand,
        5,
        most=1,
    )
    yield Contest(
        "find-ready, all ids, 100,000 images",
        find_ready,
        seed,
        "the seed's query in the sqlite3 shell",
        ">= 0.67",
        ("sqlite3",),
        bench.hundred_thousand,
        5,
        most=1,
    )
