"""Looking through a tree of the old layout, one reading per folder."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from artpipe.db.survey import Surveyed
from artpipe.pipeline.oldlayout import id_of, is_picture_name, made_stage, stem
from artpipe.pipeline.walk import PassedOver

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from artpipe.pipeline.oldlayout import Folder, Role

# The order in which files are taken in: an empty name means less than bytes, a decision less than both.
_FIRST_MADE, _EMPTY_MADE, _OTHER, _MARKS = 10, 50, 60, 70


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A folder that is not taken in.

    Args:
        known: it holds pages; else nobody knows what.
    """

    folder: str
    known: bool
    files: int
    bytes: int


class OldTree:
    """A tree of the old layout.

    Args:
        root: real path.
        own: real paths that belong to the library itself.
    """

    def __init__(self, root: str, folders: Sequence[Folder], own: Collection[str] = ()) -> None:
        self.root, self._folders, self._own = root, folders, own
        self.troubles: list[PassedOver] = []
        # Folders, and approvals, that could not be read.
        self.closed: list[str] = []
        self.dot_files = 0

    def path(self, folder: str, name: str) -> str:
        return f"{self.root}/{folder}/{name}"

    def names(self) -> Iterator[Surveyed]:
        """Every name in the known folders, except those that begin with a dot: those are unfinished."""
        for folder in self._folders:
            path = f"{self.root}/{folder.pattern}"
            if os.path.islink(path) and not os.path.exists(path):
                self._close(folder.pattern, "is a link to nowhere; is a disk not mounted?")
        for order, (relative, folder) in enumerate(self._present()):
            if folder.role != "page":
                yield from self._names(relative, folder, order)

    def left_alone(self, enough: Callable[[], bool]) -> list[LeftAlone]:
        """Pages, and folders that nothing is known of, with all that is in them; less when it is enough before."""
        known = dict(self._present())
        pages = [(relative, True) for relative, folder in known.items() if folder.role == "page"]
        found = [*pages, *((relative, False) for relative in self._unknown(known))]
        return [LeftAlone(relative, is_page, *_sum(f"{self.root}/{relative}", enough)) for relative, is_page in found]

    def _present(self) -> list[tuple[str, Folder]]:
        """The folders that are there; one that was named by the user is not found again by a pattern."""
        present: dict[str, Folder] = {}
        for folder in self._folders:
            above, _, last = folder.pattern.rpartition("/")
            matches = self._matching(above, last) if "*" in last else [folder.pattern]
            present |= {
                relative: folder for relative in matches if relative not in present and self._is_folder(relative)
            }
        return list(present.items())

    def _matching(self, above: str, last: str) -> list[str]:
        start = last.partition("*")[0]
        names = sorted(name for name in self._folders_in(above) if name.startswith(start))
        return [f"{above}/{name}" for name in names]

    def _folders_in(self, relative: str) -> list[str]:
        try:
            with os.scandir(f"{self.root}/{relative}") as entries:
                return [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
        except OSError:
            return []

    def _is_folder(self, relative: str) -> bool:
        path = f"{self.root}/{relative}"
        return os.path.isdir(path) and os.path.realpath(path) not in self._own

    def _unknown(self, known: Collection[str], above: str = "") -> Iterator[str]:
        for name in sorted(self._folders_in(above)):
            relative = f"{above}/{name}" if above else name
            if relative in known or not self._is_folder(relative):
                continue
            if any(folder.pattern.startswith(relative + "/") for folder in self._folders):
                yield from self._unknown(known, relative)
            else:
                yield relative

    def _names(self, relative: str, folder: Folder, order: int) -> Iterator[Surveyed]:
        try:
            with os.scandir(f"{self.root}/{relative}") as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        self.dot_files += 1
                    elif status := self._status(entry, folder.role):
                        yield _old_name(relative, folder, order, entry.name, status)
        except OSError as error:
            self._close(relative, f"cannot be read: {error.strerror or error}")

    def _status(self, entry: os.DirEntry[str], role: Role) -> os.stat_result | None:
        try:
            status = entry.stat()
        except OSError as error:
            if role == "approved":
                self.closed.append(entry.path)
            self._trouble(entry.path, "unreadable", f"cannot be read: {error.strerror or error}")
            return None
        if stat.S_ISREG(status.st_mode):
            return status
        what = "is a folder within a folder of files" if stat.S_ISDIR(status.st_mode) else "is not a regular file"
        self._trouble(entry.path, "not-a-file", f"{what} and is left alone")
        return None

    def _close(self, relative: str, message: str) -> None:
        self.closed.append(relative)
        self._trouble(f"{self.root}/{relative}", "unreadable", message)

    def _trouble(self, path: str, code: str, message: str) -> None:
        self.troubles.append(PassedOver(path, code, message, failed=code == "unreadable"))


def _old_name(relative: str, folder: Folder, order: int, name: str, status: os.stat_result) -> Surveyed:
    base = stem(name, folder.role)
    stage = made_stage(folder, base)
    phase = _phase(folder.role, name, order, empty=not status.st_size)
    seen = (status.st_size, status.st_mtime_ns, status.st_ino)
    return Surveyed(phase, relative, name, folder.role, stage, *seen, base, id_of(base))


def _phase(role: Role, name: str, order: int, *, empty: bool) -> int:
    if role == "original":
        return 4 if empty else int(not is_picture_name(name))
    if role in {"approved", "rejected"}:
        return (_MARKS if empty else 2) + (role == "rejected")
    if role == "made":
        return _EMPTY_MADE if empty else _FIRST_MADE + min(order, 39)
    return _OTHER + (role == "grid")


def _sum(folder: str, enough: Callable[[], bool]) -> tuple[int, int]:
    """How many files there are in a folder and below it, and their bytes."""
    files = size = 0
    for above, _, names in takewhile(lambda _: not enough(), os.walk(folder, followlinks=False)):
        for name in names:
            try:
                status = os.lstat(os.path.join(above, name))
            except OSError:
                continue
            files, size = files + 1, size + status.st_size
    return files, size
