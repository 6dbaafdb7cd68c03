"""Control groups of memory, so that the kernel's out-of-memory killer comes for real; root alone can make them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

# Version 1 has a hierarchy for each resource, version 2 one for all.
_PLACES = (
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
    (Path("/sys/fs/cgroup"), "memory.max"),
)


@contextmanager
def memory_group(mib: int) -> Iterator[Path]:
    """A group whose processes may have so much memory together, and no swap."""
    place, key = next((place, key) for place, key in _PLACES if _offers(place, key))
    group = place / f"artpipe-test-{os.getpid()}"
    group.mkdir()
    try:
        (group / key).write_text(str(mib << 20))
        with suppress(OSError):
            (group / "memory.swap.max").write_text("0")
        yield group
    finally:
        _remove(group)


def in_group(group: Path, command: Sequence[str], folder: Path) -> tuple[int, str, str]:
    """Run a command as a member of the group; returns exit code, stdout, stderr."""
    script = 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", str(group), *command], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@cache
def can_limit_memory() -> bool:
    """Whether groups can be made here, and limits hold in them."""
    try:
        with memory_group(64) as group:
            return _is_killed(group)
    except (OSError, StopIteration):
        return False


def _is_killed(group: Path) -> bool:
    greedy = ["python3", "-c", "x = bytearray(200 << 20)"]
    return in_group(group, greedy, Path("/"))[0] != 0


def _offers(place: Path, key: str) -> bool:
    if key == "memory.limit_in_bytes":
        return (place / key).exists()
    controllers = place / "cgroup.subtree_control"
    return controllers.exists() and "memory" in controllers.read_text().split()


def _remove(group: Path) -> None:
    # Members that were killed leave it a moment later.
    for _ in range(100):
        with suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.05)
