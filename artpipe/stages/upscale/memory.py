"""How much memory this process may still take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artpipe.stages.upscale.models import Model

_PLENTY = 1 << 62


def automatic_tile(model: Model, smallest: int) -> int:
    """Side of the largest tile whose work fits into half of the free memory, so that a neighbour lives too.

    Asked beforehand because Linux rarely refuses memory: it kills the process later.
    """
    budget = available() // 2 - model.base_bytes
    side = int((max(budget, 0) / model.pixel_bytes) ** 0.5) - 2 * model.context
    return max(smallest, min(model.tile, side))


def available() -> int:
    """Free bytes: what the kernel calls available, or what a container's limit leaves; huge if unknown."""
    return min(_kernel(), _container())


def _kernel() -> int:
    for line in _text("/proc/meminfo").splitlines():
        key, _, value = line.partition(":")
        if key == "MemAvailable":
            return int(value.split()[0]) * 1024
    return _PLENTY


def _container() -> int:
    """Control groups, version 2: `memory.max` is a number of bytes or the word max."""
    limit, used = _text("/sys/fs/cgroup/memory.max").strip(), _text("/sys/fs/cgroup/memory.current").strip()
    if not (limit.isdigit() and used.isdigit()):
        return _PLENTY
    # Files in the page cache count as used, but give way.
    pairs = (line.split() for line in _text("/sys/fs/cgroup/memory.stat").splitlines())
    cached = sum(int(value) for key, value in pairs if key in {"inactive_file", "active_file"})
    return max(int(limit) - int(used) + cached, 0)


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
