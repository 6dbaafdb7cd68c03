"""Small file systems of our own, that can be filled, made read-only and taken away; root alone can mount them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_KIB = 1024


class Disk:
    """A mounted file system."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def free(self) -> int:
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_bsize

    def fill(self, left: int) -> None:
        """Leave so many KiB free."""
        self.make_room()
        self._ballast.write_bytes(bytes(max(self.free() - left * _KIB, 0)))

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def remount(self, how: str) -> None:
        """`ro` or `rw`."""
        subprocess.run(["mount", "-o", f"remount,{how}", self.folder], check=True)


@contextmanager
def small_disk(folder: Path, kib: int) -> Iterator[Disk]:
    """A file system in memory."""
    folder.mkdir()
    with mounted("-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", folder):
        yield Disk(folder)


@contextmanager
def mounted(*arguments: object) -> Iterator[None]:
    """`mount` with these arguments; the last is the folder."""
    words = [str(argument) for argument in arguments]
    subprocess.run(["mount", *words], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", words[-1]], check=True)


@cache
def can_mount() -> bool:
    """Whether this process may mount; containers often forbid it even to root."""
    if os.geteuid():
        return False
    return _succeeds("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt")


@cache
def can_trace() -> bool:
    """Whether strace is here and may trace; it makes system calls fail."""
    return _succeeds("strace", "-o", os.devnull, "true")


def other_than(folder: Path) -> Path | None:
    """A folder for temporary files on another file system, where there is one."""
    places = (Path(place) for place in ("/dev/shm", "/var/tmp", "/tmp"))  # noqa: S108 - where folders of ours are made
    device = folder.stat().st_dev
    return next((place for place in places if place.is_dir() and place.stat().st_dev != device), None)


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
