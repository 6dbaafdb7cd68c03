"""A real browser for the tests of pages: found, or installed once by `tests/all.py`.

Run as a program it installs Debian's Chromium where that is possible, and says in one line how that went.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing that talks to anybody by itself.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_SECONDS = 300
_INSTALL = (("apt-get", "update", "-qq"), ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"))


def found() -> str | None:
    """The browser's program, if there is one."""
    named = os.environ.get("ARTPIPE_BROWSER")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def flags() -> list[str]:
    # Chromium's sandbox refuses to work for root, which is who runs the tests in a container.
    return [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def required() -> bool:
    """Whether a test without a browser counts as failed, not as skipped."""
    return bool(os.environ.get("CI"))


def install() -> str:
    """Have a browser, if that can be; returns one line about it."""
    if (path := found()) is not None:
        return f"browser: {path}"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return "browser: none, and none can be installed here; install Chromium to test the pages"
    for command in _INSTALL:
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                check=False,
                timeout=_SECONDS,
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            )
        except subprocess.TimeoutExpired:
            return f"browser: none; {' '.join(command)} took longer than {_SECONDS} s"
        if done.returncode:
            return f"browser: none; {' '.join(command)}: {done.stderr.decode(errors='replace').strip()[-300:]}"
    return f"browser: {found()}, just installed"


if __name__ == "__main__":
    sys.stdout.write(f"{install()}\n")
