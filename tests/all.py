"""Every check and every test, the same on any machine: `python tests/all.py [--lint] [pytest arguments]`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
MEMORY = Path("/dev/shm")  # noqa: S108 - only folders made by TemporaryDirectory are used
PLENTY = 2 << 30
CHECKS = {
    "ruff": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "layers": ["lint-imports"],
}


def main(arguments: list[str]) -> int:
    """Run the checks, then (unless `--lint` asks for no more) the tests; the first failure ends it."""
    scripts = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    # The tests start thousands of processes, each of which would compile all modules for itself.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for name, command in CHECKS.items():
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        failed = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        if failed:
            return failed
    if "--lint" in arguments:
        return 0
    subprocess.run([sys.executable, "tests/support/browser.py"], cwd=ROOT, env=environment, check=False)
    with _scratch() as folder:
        return subprocess.run(
            [sys.executable, "-m", "pytest", *_parallel(arguments)],
            cwd=ROOT,
            env=environment | {"TMPDIR": folder},
            check=False,
        ).returncode


@contextmanager
def _scratch() -> Iterator[str]:
    """Where the tests make their libraries: in memory if there is plenty, as thousands wait for the disk otherwise."""
    try:
        status = os.statvfs(MEMORY)
        roomy = min(status.f_bavail * status.f_frsize, _unused_memory()) >= PLENTY
    except OSError:
        roomy = False
    with TemporaryDirectory(
        prefix="artpipe-tests-", dir=MEMORY if roomy else None, ignore_cleanup_errors=True
    ) as folder:
        yield folder


def _unused_memory() -> int:
    """Bytes; what the kernel says could be had without swapping."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return 0


def _parallel(arguments: list[str]) -> list[str]:
    return ["-n", "auto", "--dist", "worksteal", "-o", "tmp_path_retention_policy=failed", *arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
