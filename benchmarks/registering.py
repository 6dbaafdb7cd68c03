"""Taking files in, against the shell's tools, a bare loop and git."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import TINY, Bench
from contest import Contest

FLOORS = Path(__file__).with_name("floors.py")


def contests(bench: Bench) -> Iterator[Contest]:
    header = "find . -type f -print0 | xargs -0 -P2 -n8 {} > /dev/null"

    def register() -> None:
        bench.artpipe("register", "-q", str(bench.img))

    def register_tiny() -> None:
        bench.artpipe("register", "-q", str(bench.tiny()))

    def floor(folder: Path) -> None:
        subprocess.run([sys.executable, FLOORS, "register", str(folder)], check=True)

    def empty_beside_tiny() -> None:
        bench.tiny()
        bench.fresh()

    yield Contest(
        "register, cold library",
        register,
        lambda: bench.shell(header.format("sha256sum") + ";" + header.format("vipsheader")),
        "sha256sum + vipsheader, xargs -P2",
        ">= 2.5",
        ("vipsheader",),
        bench.fresh,
    )
    yield Contest(
        "register, floor",
        register,
        lambda: floor(bench.img),
        "read + hashlib + header, 2 threads",
        ">= 0.77",
        (),
        bench.fresh,
    )
    yield Contest(
        f"register {TINY:,} tiny files",
        register_tiny,
        lambda: floor(bench.folder / "tiny"),
        "read + hashlib + header, 2 threads",
        "",
        (),
        empty_beside_tiny,
        most=1,
    )
    yield Contest(
        f"register again, {TINY:,} unchanged",
        register_tiny,
        lambda: subprocess.run(["git", "-C", bench.folder / "tiny", "status", "--short"], check=True),
        "git status",
        ">= 1",
        ("git",),
        bench.tiny_registered,
        times=7,
        most=1,
    )
