"""Who called this command, so that a claim ends with the program that made it."""

from __future__ import annotations

import json
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_BOOT = _PROC / "sys/kernel/random/boot_id"
# What stands behind the name in /proc/PID/stat; the name itself may hold anything.
_STATE, _PARENT, _SESSION, _STARTED = 0, 1, 3, 19
_ENDED = {"Z", "X"}
# As a command, also as `db-start-job`; not as a part of a script's name.
_CLAIMS = re.compile(r"\bstart-job(?![\w.-])")
_ENDS = re.compile(r"\b(complete|fail)-job(?![\w.-])")


@dataclass(frozen=True, slots=True)
class _Process:
    """A process; its number alone may be given to another one, its number with its start may not.

    Args:
        started: ticks since the machine was switched on.
    """

    pid: int
    parent: int
    session: int
    started: int
    ended: bool
    command: str


def caller() -> str | None:
    """The program that called this one, as text for `is_gone`; None where that cannot be told.

    That is the parent process. But a parent that does nothing but start this command (`sh -c`, `env`, `timeout`) or
    that is a subshell will be gone in a moment, so its own parent counts too, and so on within the session.
    """
    chain = _chain()
    if not chain or _only_claims(chain[-1]):
        return None
    processes = [[process.pid, process.started] for process in chain]
    return json.dumps({**_here(), "processes": processes})


def is_gone(recorded: str | None) -> bool:
    """Whether a caller is certainly not there any more; False where nobody here can tell."""
    if recorded is None:
        return False
    try:
        told = json.loads(recorded)
        host, boot, numbering = told["host"], told["boot"], told["numbering"]
        processes = [(int(pid), int(started)) for pid, started in told["processes"]]
    except (ValueError, TypeError, KeyError):
        return False
    here = _here()
    if host != here["host"]:
        return False
    if boot != here["boot"]:
        return bool(here["boot"])
    # Another container gives numbers of its own to the same processes.
    return numbering == here["numbering"] and not any(_lives(pid, started) for pid, started in processes)


def _chain() -> list[_Process]:
    """The parent, and above it whatever will outlive it without doing anything else."""
    own = _process(os.getpid())
    chain: list[_Process] = []
    found = _process(own.parent) if own is not None else None
    while own is not None and found is not None and found.session == own.session:
        chain.append(found)
        above = _process(found.parent)
        is_subshell = above is not None and above.command == found.command
        if not is_subshell and not _only_claims(found):
            break
        found = above
    return chain


def _only_claims(process: _Process) -> bool:
    """Whether its command line starts jobs and never ends them, so that somebody else must be at work."""
    return bool(_CLAIMS.search(process.command)) and not _ENDS.search(process.command)


def _here() -> dict[str, str]:
    try:
        boot, numbering = _BOOT.read_text().strip(), str((_PROC / "self/ns/pid").readlink())
    except OSError:
        boot = numbering = ""
    return {"host": socket.gethostname(), "boot": boot, "numbering": numbering}


def _lives(pid: int, started: int) -> bool:
    process = _process(pid)
    return process is not None and process.started == started and not process.ended


def _process(pid: int) -> _Process | None:
    """None where there is no such process, or no /proc (outside of Linux)."""
    try:
        status = (_PROC / str(pid) / "stat").read_bytes()
        command = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return None
    fields = status.rpartition(b")")[2].split()
    return _Process(
        pid=pid,
        parent=int(fields[_PARENT]),
        session=int(fields[_SESSION]),
        started=int(fields[_STARTED]),
        ended=fields[_STATE].decode() in _ENDED,
        command=os.fsdecode(command),
    )
