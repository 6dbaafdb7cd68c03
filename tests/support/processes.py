"""Which processes there are, told from `/proc`."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def running(text: str) -> list[int]:
    """Processes whose command line holds `text`, ended ones left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line, state = (
                    (entry / "cmdline").read_bytes(),
                    (entry / "stat").read_text().rpartition(")")[2].split()[0],
                )
            except OSError:
                continue
            if text.encode() in line and state != "Z":
                found.append(int(entry.name))
    return found


def children(pid: int) -> list[int]:
    """The children of a process that are alive."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def wait_for(condition: Callable[[], object], process: subprocess.Popen[bytes] | None = None) -> None:
    """Look again until it is so; fails when the process ends first, or after a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
