"""Measure moving in from an old tree against reading and hashing the same files with openssl.

    python benchmarks/moving.py [--files 100000] [--size 1000000] [--rounds 3] [--folder DIR]

`--size` is that of an original in bytes (people have 1.5 to 2.5 MB); an upscale has twice, a thumbnail an eighth of it. The
goal: at least half of openssl's speed, under 300 MB of memory. Judge by the ratios: absolute times depend on the machine and
its other work.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from bench import TOOL
from support.oldpictures import picture

HASH = "find -L {root} -type f -print0 | xargs -0 -n 500 {parallel} openssl dgst -sha256 > /dev/null"


@dataclass(frozen=True)
class Spent:
    """What one command cost."""

    seconds: float
    cpu: float
    peak: int

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.cpu:.1f} s of CPU, at most {self.peak / 1024:.0f} MB"


def build(root: Path, files: int, size: int) -> int:
    """Per ten pictures: 10 originals (2 emptied), 9 thumbnails (1 emptied), 5 each of the other stages, 8 decisions."""
    made = number = 0
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
    while made < files:
        name = f"{number:08x}-1111-4222-8333-{number:012x}"
        for folder, wanted in sizes(number % 10, size).items():
            put(root / folder / f"{name}.png", picture(FOLDERS[folder] * 10_000_000 + number, "PNG"), wanted)
            made += 1
        number += 1
    return made


FOLDERS = {"img": 1, "thumbs": 2, "t2": 3, "replicate/img": 4, "replicate/t2": 5, "yes": 6, "no": 7}


def sizes(kind: int, size: int) -> dict[str, int]:
    """Folder -> bytes of the file in it."""
    found = {"img": 0 if kind in {3, 7} else size}
    if kind != 9:
        found["thumbs"] = 0 if kind == 3 else size // 8
    if kind < 5:
        found |= {"t2": size // 8, "replicate/img": size * 2, "replicate/t2": size // 8, "yes": 0}
    return found | ({"no": 0} if 5 <= kind < 8 else {})


def put(path: Path, png: bytes, size: int) -> None:
    """A sound PNG of that size, most of it a hole: it fills the page cache as any file does, but not the disk."""
    with path.open("wb") as file:
        if size:
            body = size - len(png) - 12
            file.write(png[:-12] + struct.pack(">I", body) + b"prVt")
            file.seek(body, os.SEEK_CUR)
            file.write(struct.pack(">I", checksum(body)) + png[-12:])


@cache
def checksum(zeros: int) -> int:
    return zlib.crc32(b"prVt" + bytes(zeros))


def measured(command: list[str], folder: Path) -> Spent:
    """Run a command to its end."""
    before = time.perf_counter()
    pid = os.posix_spawnp("env", ["env", "-C", str(folder), *command], os.environ)
    _, status, usage = os.wait4(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return Spent(time.perf_counter() - before, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def migrate(root: Path, folder: Path) -> Spent:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    subprocess.run([*TOOL, "init", "--quiet"], cwd=folder, check=True)
    return measured(["sh", "-c", f"exec {' '.join(TOOL)} migrate --quiet {root} > /dev/null"], folder)


def openssl(root: Path, folder: Path, parallel: str) -> Spent:
    return measured(["sh", "-c", HASH.format(root=root, parallel=parallel)], folder)


def main() -> None:
    arguments = parsed()
    folder = Path(tempfile.mkdtemp(prefix="artpipe-moving-", dir=arguments.folder))
    root, library = folder / "old", folder / "library"
    try:
        files = build(root, arguments.files, arguments.size)
        size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        print(f"{files} files, {size / 1e9:.1f} GB")
        contests: dict[str, Callable[[], Spent]] = {
            "openssl": lambda: openssl(root, folder, ""),
            "openssl, 2 at once": lambda: openssl(root, folder, "-P2"),
            "migrate": lambda: migrate(root, library),
        }
        contests["openssl"]()  # everything into the page cache
        spent: dict[str, list[Spent]] = {name: [] for name in contests}
        for _ in range(arguments.rounds):
            for name, contest in contests.items():
                spent[name].append(contest())
                print(f"  {name}: {spent[name][-1]}")
        ours = statistics.median(one.seconds for one in spent["migrate"])
        for name in list(contests)[:2]:
            theirs = statistics.median(one.seconds for one in spent[name])
            print(
                f"migrate has {theirs / ours:.2f} of the speed of {name} ({files / ours:.0f} against {files / theirs:.0f} files/s)"
            )
        again = measured(["sh", "-c", f"exec {' '.join(TOOL)} migrate --quiet {root} > /dev/null"], library)
        print(f"again, with nothing to do: {again}")
        for label in ("first", "second"):
            export = measured(["sh", "-c", f"exec {' '.join(TOOL)} export-dirs --quiet ../out > /dev/null"], library)
            print(f"{label} export: {export}")
    finally:
        shutil.rmtree(folder)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
