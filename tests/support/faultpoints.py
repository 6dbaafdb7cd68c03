"""Commands that end themselves at a chosen point: just before (or after) their n-th call of some kind.

Run as a program this is a server that has artpipe loaded already, so that a command costs a fork and not a start.
What it forks are whole commands, `main(argv)` in a process of their own, with real workers; nothing of artpipe is
replaced, calls are only counted on their way to the system.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Every call by which a coordinator changes files.
CALLS = ("rename", "link", "unlink", "mkdir", "rmdir", "fsync")
# Statements that write within a transaction; before and after a commit that changed something.
STATEMENT, COMMIT, COMMITTED = "statement", "commit", "committed"
KINDS = (*CALLS, STATEMENT, COMMIT, COMMITTED)


@dataclass(frozen=True)
class Point:
    """The `number`-th call of a kind, counted from 1."""

    kind: str
    number: int


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Args:
        code: exit code, or minus the signal that ended it.
        calls: how often it made calls of each kind.
    """

    code: int
    calls: Counter[str]
    err: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Forge:
    """Starts commands in a library's folder, one at a time."""

    def __init__(self, scratch: Path) -> None:
        self._calls, self._err = scratch / "calls", scratch / "err"
        plain = {name: value for name, value in os.environ.items() if not name.startswith("ARTPIPE_")}
        self._server = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**plain, "ARTPIPE_USER": "tester", "ARTPIPE_RESERVE": "0"},
            text=True,
        )

    def run(self, folder: Path, *arguments: object, kill: Point | None = None) -> Ended:
        """Run a command to its end, or to the point at which it kills itself."""
        self.start(folder, *arguments, kill=kill)
        return self.wait()

    def kill(self, folder: Path, point: Point, *arguments: object) -> bool:
        """Run a command to the point at which it kills itself; False if it came to its end before.

        For commands without workers: each time they make the same calls, but for one kind. Whether they wait for many
        files one by one depends on how much other programs have left to be written.
        """
        ended = self.run(folder, *arguments, kill=point)
        assert ended.killed or (ended.code == 0 and point.kind == "fsync"), (point, ended)
        return ended.killed

    def start(self, folder: Path, *arguments: object, kill: Point | None = None) -> int:
        """Start a command; returns its process id."""
        request = {
            "folder": str(folder),
            "argv": [str(argument) for argument in arguments],
            "kill": [kill.kind, kill.number] if kill else ["", 0],
            "calls": str(self._calls),
            "err": str(self._err),
        }
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return self._answer()

    def wait(self) -> Ended:
        code = self._answer()
        calls = Counter(self._calls.read_text().splitlines())
        return Ended(code, calls, self._err.read_text(errors="replace"))

    def close(self) -> None:
        self._server.communicate()

    def _answer(self) -> int:
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        assert line, "the server is gone"
        return int(line)


@contextmanager
def forge_in(scratch: Path) -> Iterator[Forge]:
    forge = Forge(scratch)
    try:
        yield forge
    finally:
        forge.close()


def processes_in(folder: Path) -> list[int]:
    """Processes that have their working directory in a folder: commands there, and their workers."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "cwd").readlink().is_relative_to(folder):
                    found.append(int(entry.name))
    return found


def wait_until_nobody_in(folder: Path, seconds: float = 30) -> None:
    """Workers of a killed run end by themselves; give the kernel the time."""
    deadline = time.monotonic() + seconds
    while left := processes_in(folder):
        assert time.monotonic() < deadline, f"processes are left over: {left}"
        time.sleep(0.005)


def serve() -> None:
    """Fork a command for every line of JSON on stdin; answer with its process id, then with its exit code."""
    _warm_up()
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if not pid:
            _command(request)
        _say(pid)
        _, status = os.waitpid(pid, 0)
        _say(os.waitstatus_to_exitcode(status))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _warm_up() -> None:
    """Load what commands load."""
    from importlib import import_module

    modules = ("cli.app", "actions.register", "actions.run", "actions.decide", "actions.undo", "pipeline.intake")
    for name in (*modules, "stages.registry"):
        import_module(f"artpipe.{name}")


def _command(request: dict[str, Any]) -> None:
    """Become the command; never returns."""
    code = 70
    try:
        os.setpgid(0, 0)
        os.chdir(request["folder"])
        nothing = os.open(os.devnull, os.O_RDWR)
        errors = os.open(request["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        for target, source in ((0, nothing), (1, nothing), (2, errors)):
            os.dup2(source, target)
        _arm(Point(*request["kill"]), request["calls"])

        from artpipe.cli.main import main

        code = main(request["argv"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class _Counter:
    """Counts calls; at the chosen one this process ends at once, as if the power were cut for it alone."""

    def __init__(self, kill: Point, log: str) -> None:
        self._kill, self._passed, self._lock = kill, Counter[str](), threading.Lock()
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def point(self, kind: str) -> None:
        with self._lock:
            self._passed[kind] += 1
            if Point(kind, self._passed[kind]) == self._kill:
                os.kill(os.getpid(), signal.SIGKILL)
            os.write(self._log, f"{kind}\n".encode())

    def counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def wrapper(*arguments: Any, **options: Any) -> Any:
            self.point(name)
            return call(*arguments, **options)

        return wrapper


def _arm(kill: Point, log: str) -> None:
    counter = _Counter(kill, log)

    class Counted(sqlite3.Connection):
        _changes = 0

        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            if sql == "COMMIT":
                return self._commit()
            if self.in_transaction:
                counter.point(STATEMENT)
            else:
                self._changes = self.total_changes
            return super().execute(sql, *parameters)

        def _commit(self) -> sqlite3.Cursor:
            changed = self.total_changes > self._changes
            if changed:
                counter.point(COMMIT)
            cursor = super().execute("COMMIT")
            if changed:
                counter.point(COMMITTED)
            return cursor

    for name in CALLS:
        setattr(os, name, counter.counted(name, getattr(os, name)))
    sqlite3.connect = functools.partial(sqlite3.connect, factory=Counted)  # type: ignore[assignment]


if __name__ == "__main__":
    serve()
