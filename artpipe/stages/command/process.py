"""Running one program so that afterwards nothing of it is left but what it wrote."""

from __future__ import annotations

import errno
import os
import select
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from artpipe.errors import EnvironmentLackError, WorkError
from artpipe.names import shown
from artpipe.stages.command import family

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

GRACE: Final = 3.0
"""Seconds between SIGTERM and SIGKILL, for a program that ran out of time."""

_KEPT_BYTES: Final = 8192
_SHOWN_LINES: Final = 5
_SHOWN_CHARACTERS: Final = 800
_STEP: Final = 0.05  # where the system can't tell when a process ends
_LONG: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended.

    Args:
        status: exit status, or the negative number of the signal that ended it.
        in_time: False if it was ended because its time was up.
        last_words: the last lines it printed, harmless for a terminal.
    """

    status: int
    in_time: bool
    last_words: str


def run(command: Sequence[str], folder: Path, timeout: float) -> Ended:
    """Run a program in `folder`, with no input, in a session of its own.

    Raises:
        EnvironmentLackError: there is no such program, or it can't be started.
    """
    family.become_guardian()
    process = _start(command, folder)
    watch = _Watch(process)
    try:
        in_time = watch.until_ended(timeout)
        if not in_time:
            _ask_to_end(process)
            watch.until_ended(GRACE)
    finally:
        _end(process)
        watch.close()
    return Ended(process.returncode, in_time, watch.last_words())


def _start(command: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    program = shutil.which(command[0])
    if program is None:
        raise EnvironmentLackError("command-not-found", f"There is no program {shown(command[0])} here. Install it.")
    try:
        return subprocess.Popen(  # noqa: S603 - the user's own command, as a list of arguments; no shell reads it
            command,
            executable=program,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, family.MARK: "1"},
            # It takes no lock and allocates next to nothing, so that threads of ours do not matter.
            preexec_fn=family.preparation(),  # noqa: PLW1509
        )
    except OSError as error:
        if error.errno in {errno.E2BIG, errno.ENOMEM, errno.EAGAIN}:
            raise WorkError("command-failed", f"{command[0]} could not be started: {error.strerror}.") from error
        message = f"{program} can't be started: {error.strerror}. Does it begin with #! and a program that exists?"
        raise EnvironmentLackError("command-not-found", message) from error


class _Watch:
    """Reads what a program prints, keeping only the end of it, until the program itself has ended.

    That may be long before the pipe is closed: a process that it left behind may hold that open.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._printed = b""
        assert process.stdout is not None  # noqa: S101 - for mypy: it was started with a pipe
        self._pipe = process.stdout
        os.set_blocking(self._pipe.fileno(), False)
        self._exit = os.pidfd_open(process.pid) if hasattr(os, "pidfd_open") else None

    def until_ended(self, seconds: float) -> bool:
        """Whether the program ended within this time."""
        deadline, open_pipe = time.monotonic() + seconds, True
        while not _has_ended(self._process):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            lines = [self._pipe.fileno()] if open_pipe else []
            lines += [self._exit] if self._exit is not None else []
            ready, _, _ = select.select(lines, [], [], min(left, _STEP if self._exit is None else _LONG))
            if self._pipe.fileno() in ready:
                open_pipe = self._read()
        return True

    def _read(self) -> bool:
        """Take in what is there; whether there may be more later."""
        try:
            chunk = os.read(self._pipe.fileno(), 1 << 16)
        except BlockingIOError:
            return True
        self._printed = (self._printed + chunk)[-_KEPT_BYTES:]
        return bool(chunk)

    def close(self) -> None:
        """Read the rest of what was printed; nobody is left who could print more."""
        with suppress(OSError):
            while self._read() and select.select([self._pipe.fileno()], [], [], 0)[0]:
                pass
        self._pipe.close()
        if self._exit is not None:
            os.close(self._exit)

    def last_words(self) -> str:
        lines = [line.strip() for line in self._printed.decode(errors="replace").splitlines()]
        last = [shown(line) for line in lines if line][-_SHOWN_LINES:]
        return " / ".join(last)[-_SHOWN_CHARACTERS:]


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it is over, where possible without taking leave of it: its number stays its own until then."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
    family.send(signal.SIGTERM)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program's group, then what has left it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    family.end_all()
