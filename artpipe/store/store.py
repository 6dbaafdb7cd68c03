"""The tree `art/STAGE/ID.EXT` and the scratch space beside it."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from artpipe.errors import ArtMissingError, StorageError
from artpipe.store import durable, syncfs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SCRATCH = ".scratch"


class Store:
    """The files of one library."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # Names that were added, for `sync_new` to wait for.
        self._owed: list[str] = []

    def create(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)

    def require(self, known_files: Iterable[str]) -> None:
        """Prove that `art/` is there and is the one the database describes.

        Args:
            known_files: a few files that must exist, relative to the root.

        Raises:
            ArtMissingError: the folder is missing, or holds none of them (a disk that is not mounted).
        """
        if not self.root.is_dir():
            raise ArtMissingError(f"There is no folder {self.root}. Mount its disk, or name another with --art.")
        known = list(known_files)
        if known and not any((self.root / name).exists() for name in known) and self._is_empty():
            raise ArtMissingError(
                f"{self.root} is empty, but the database knows files in it. Mount its disk, or name another with --art."
            )

    def require_folder(self, stage: str) -> None:
        """Prove that a stage's folder holds something, before a missing file in it is taken for lost.

        Raises:
            ArtMissingError: it is gone or empty (a disk that is not mounted).
        """
        folder = self.root / stage
        if not folder.is_dir() or not any(folder.iterdir()):
            raise ArtMissingError(
                f"{folder} is missing or empty, but the database knows files in it. Mount its disk;"
                " if they are really gone, `artpipe repair` has them made again."
            )

    def _is_empty(self) -> bool:
        with os.scandir(self.root) as entries:
            return not any(entry.is_dir() and not entry.name.startswith(".") for entry in entries)

    def path(self, relative: str) -> Path:
        """The absolute path of a recorded file.

        Raises:
            StorageError: the record points out of `art/`.
        """
        return Path(self.path_text(relative))

    def path_text(self, relative: str) -> str:
        """The same as text, for what is asked for every job."""
        if not relative.strip("./") or relative[0] == "/" or ".." in relative.split("/"):
            raise StorageError(
                f"The database names {relative!r}, which does not lie below {self.root}. Run `artpipe verify`."
            )
        return f"{self.root}/{relative}"

    def scratch(self, owner: str) -> Path:
        """A folder for unfinished files on the same file system; everything in it may be thrown away."""
        folder = self.root / SCRATCH / owner
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def scratch_owners(self) -> list[str]:
        folder = self.root / SCRATCH
        return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []

    def drop_scratch(self, owner: str) -> None:
        shutil.rmtree(self.root / SCRATCH / owner, ignore_errors=True)

    def sync_files(self, files: Sequence[str | Path]) -> None:
        """Wait until the disk has these scratch files."""
        durable.sync_files(files)

    def adopt(self, moves: Iterable[tuple[str | Path, str]]) -> None:
        """Give finished scratch files their final names, in place of what was there, and sync the folders.

        Args:
            moves: (scratch file that `sync_files` has waited for, final name relative to the root).
        """
        folders = set()
        for scratch, relative in moves:
            folder, _, _ = relative.rpartition("/")
            if folder not in folders:
                self._make_folder(self.root / folder)
                folders.add(folder)
            os.rename(scratch, self.path_text(relative))
        for folder in folders:
            durable.sync_folder(self.root / folder)

    def remove_derived(self, relative: str) -> None:
        """Remove a file that a stage made and that has been replaced under another name.

        A row that another program wrote may name any file; one that lies elsewhere is not ours to remove.
        """
        with suppress(StorageError):
            self.path(relative).unlink(missing_ok=True)

    def remove_counted(self, relative: str) -> int:
        """Remove a file that no row stands for any more; returns the bytes that this frees.

        They are not freed where the file has another name, as the user's own file of a linked original.

        Raises:
            OSError: it is still there.
        """
        path = self.path(relative)
        try:
            status = path.lstat()
        except FileNotFoundError:
            return 0
        path.unlink()
        return status.st_size if status.st_nlink == 1 else 0

    def drop_empty(self, stage: str) -> None:
        """Remove a stage's folder, if nothing is in it."""
        with suppress(OSError):
            self.path(stage).rmdir()

    def link(self, source: str | Path, relative: str) -> None:
        """Add an original as a second name of the user's file; never overwrites.

        Raises:
            FileExistsError: the name is taken.
            OSError: this file system, or another one between them, has no hard links.
        """
        final = self.path_text(relative)
        # The real path: link() does not follow symbolic links everywhere.
        real = os.path.realpath(source) if os.path.islink(source) else source
        try:
            os.link(real, final)
        except FileNotFoundError:
            self._make_folder(Path(final).parent)
            os.link(real, final)

    def place(self, scratch: Path, relative: str) -> None:
        """Add an original from a synced scratch file; never overwrites.

        Raises:
            FileExistsError: the name is taken.
        """
        final = self.path(relative)
        self._make_folder(final.parent)
        try:
            os.link(scratch, final)
        except FileExistsError:
            raise
        except OSError:
            # No hard links on this file system. Files are admitted under the write lock, by one process at a time;
            # an empty file to keep the name would be left over by a crash, and look like an original.
            if os.path.lexists(final):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final)) from None
            scratch.rename(final)
        else:
            scratch.unlink()

    def remove_stray(self, relative: str) -> None:
        """Take back a link that this process has just made and that no row stands for yet."""
        self.path(relative).unlink()

    def sync(self, stage: str) -> None:
        folder = self.root / stage
        if folder.is_dir():
            durable.sync_folder(folder)

    def owe(self, relative: str) -> None:
        """A name was added that the disk may not have yet, nor the bytes behind it."""
        self._owed.append(relative)

    def sync_new(self) -> None:
        """Wait until the disk has all names that are owed, with their bytes."""
        folders: dict[str, list[Path]] = {}
        for relative in self._owed:
            folders.setdefault(relative.rpartition("/")[0], []).append(self.path(relative))
        for folder, files in folders.items():
            if not syncfs.sync(self.root / folder):
                durable.sync_each(files)
                durable.sync_folder(self.root / folder)
        self._owed.clear()

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            durable.sync_folder(folder.parent)

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.root).free
