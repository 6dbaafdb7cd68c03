"""Moments of a command that a test can be sure to meet, however slow or fast the machine is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from support.library import TestLibrary
from support.processes import wait_for

# Stops itself at its first call of a kind (an audit event of Python's) on a path.
_STOPPING = """
import os, signal, sys

event, path = sys.argv[1:3]

def at(name, arguments):
    if name == event and armed and isinstance(arguments[0], (str, bytes, os.PathLike)):
        if os.path.realpath(os.fsdecode(arguments[0])) == path:
            armed.clear()
            os.kill(os.getpid(), signal.SIGSTOP)

armed = [True]
sys.addaudithook(at)

from artpipe.cli.main import main

sys.exit(main(sys.argv[3:]))
"""


class Gate:
    """A stage of the user's whose jobs wait in their workers until the gate is opened."""

    STAGE = "gated"

    def __init__(self, library: TestLibrary, settings: str = "") -> None:
        self._folder = library.folder / "gate"
        self._folder.mkdir()
        script = f'cd "{self._folder}"; : > "$PPID"; while [ ! -e open ]; do sleep 0.02; done; cp "$1" "$2"'
        command = json.dumps(["sh", "-c", script, "sh", "{input}", "{output}"])
        library.settings(f'[stages.{self.STAGE}]\ncommand = {command}\nextension = "png"\nfor = "all"\n{settings}')

    def workers(self) -> list[int]:
        """Processes that have come to a job of the stage since the gate was made, or closed."""
        return sorted(int(file.name) for file in self._folder.iterdir() if file.name.isdigit())

    def wait(self, process: subprocess.Popen[bytes], number: int = 1) -> list[int]:
        """Wait until so many workers of a run are at such a job; returns their process ids."""
        wait_for(lambda: len(self.workers()) >= number, process)
        return self.workers()

    def open(self) -> None:
        (self._folder / "open").touch()

    def close(self) -> None:
        """Whoever has come so far is forgotten."""
        for file in self._folder.iterdir():
            file.unlink()


def stopped_at(library: TestLibrary, event: str, path: Path, *arguments: object) -> subprocess.Popen[bytes]:
    """Start the tool, and wait until it has stopped itself (SIGSTOP) at an audit event on a path.

    Args:
        event: one of Python's whose first argument is a path: `open`, `os.scandir` and others.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", _STOPPING, event, str(path.resolve()), *map(str, arguments)],
        cwd=library.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    )
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), process.communicate()
    return process


def interrupted(process: subprocess.Popen[bytes], number: signal.Signals) -> tuple[bytes, bytes]:
    """Signal a stopped process and let it go on; returns what it printed until it ended."""
    process.send_signal(number)
    process.send_signal(signal.SIGCONT)
    return process.communicate(timeout=60)
