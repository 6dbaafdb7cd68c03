"""Measure artpipe side by side with what people use today, as ratios in one run.

    python benchmarks/run.py [--files 120] [--rounds 3] [--folder DIR] [--millions N] [--save FILE] [NAME...]

Programs that are not installed are left out. Absolute times depend on the machine and its other work; the ratios are what counts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import asking
import million
import pictures
import registering
import throughput
import upscaling
from bench import Bench
from contest import HEAD, Contest, Outcome, measure


def contests(bench: Bench) -> Iterator[Contest]:
    yield from registering.contests(bench)
    yield from pictures.contests(bench)
    yield from upscaling.contests(bench)
    yield from asking.contests(bench)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=120, help="pictures in the corpus")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the corpus is kept from one run to the next")
    parser.add_argument("--millions", type=float, help="measure questions to a library of so many million rows too")
    parser.add_argument("--save", type=Path, help="a JSON file for the figures, which chart.py draws")
    parser.add_argument("names", nargs="*", help="only contests whose name or opponent has one of these words in it")
    return parser.parse_args()


@contextmanager
def _bench(folder: Path, files: int) -> Iterator[Bench]:
    bench = Bench(folder, files)
    try:
        yield bench
    finally:
        shutil.rmtree(bench.used)


def main() -> None:
    asked = options()
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as temporary, _bench(asked.folder or Path(temporary), asked.files) as bench:
        print(HEAD)
        for contest in contests(bench):
            if asked.names and not any(name in f"{contest.name} {contest.against}" for name in asked.names):
                continue
            outcome = measure(contest, asked.rounds)
            print(outcome if isinstance(outcome, str) else outcome.line(), flush=True)
            outcomes += [] if isinstance(outcome, str) else [outcome]
        if asked.millions:
            million.main(["--millions", str(asked.millions), "--folder", str(bench.folder)])
            throughput.main(["--folder", str(bench.folder)])
    if asked.save:
        asked.save.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))


if __name__ == "__main__":
    main()
