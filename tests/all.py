"""Every check and every test, the same on any machine: `python tests/all.py [--lint] [pytest arguments]`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
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
    return subprocess.run(
        [sys.executable, "-m", "pytest", *_parallel(arguments)], cwd=ROOT, env=environment, check=False
    ).returncode


def _parallel(arguments: list[str]) -> list[str]:
    return ["-n", "auto", "--dist", "worksteal", *arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
