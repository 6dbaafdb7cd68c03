"""Making, replacing and removing exported names, and nothing else."""

from __future__ import annotations

import os
from itertools import takewhile
from typing import TYPE_CHECKING

from artpipe.actions.moving.names_out import described
from artpipe.actions.report import Problem
from artpipe.db import exports, oldfiles
from artpipe.db.exports import Made
from artpipe.errors import StorageError
from artpipe.names import path_text, shown
from artpipe.pipeline import mirror

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from artpipe.actions.report import Progress
    from artpipe.db.exports import Change, Surplus
    from artpipe.db.wanted import Wanted
    from artpipe.library import Library
    from artpipe.pipeline.stopping import Stop

PAGE = 500
_COPY = "copy "
_LAST = "is the last copy of an original; it was kept. Remove it by hand if it may go"


class _RefusedError(Exception):
    """One name cannot be brought up to date."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Output:
    """One folder that is brought up to date.

    Args:
        directory: real path.
        export: its number in `exports`.
    """

    def __init__(self, library: Library, directory: str, export: int, stop: Stop) -> None:
        self._library, self._db, self._export, self._stop = library, library.db, export, stop
        self.directory = directory
        self.copy = False
        self._folders: set[str] = set()
        self.made = self.replaced = self.removed = self.unchanged = 0
        self.complete = True
        self.problems: list[Problem] = []

    def run(self, progress: Progress, *, dry_run: bool) -> None:
        """First what is to be there, then what is not: in between a decision shows twice rather than not at all."""
        with self._db.interruptible(self._stop.check), self._db.temporary():
            if self.copy:
                exports.mark_copies(self._db, _COPY)
            exports.load_present(self._db, takewhile(lambda _: not self._stop.check(), self._present()))
        if self._stop.check():
            # What is not known to be wanted, or to be there, would be removed or made.
            self.complete = False
            return
        total, _ = exports.totals(self._db)
        changed = self._make(progress, dry_run=dry_run)
        self.unchanged = total - changed
        self._clear(progress, dry_run=dry_run)
        if self.complete and not dry_run:
            with self._db.transaction():
                exports.finish(self._db, self._export)

    def _present(self) -> Iterator[tuple[str, str, int]]:
        """What has names in our folders now, one reading per folder."""
        for folder in exports.folders(self._db, self._export):
            try:
                with os.scandir(f"{self.directory}/{folder}") as entries:
                    yield from ((folder, entry.name, entry.inode()) for entry in entries)
            except FileNotFoundError:
                continue

    def _make(self, progress: Progress, *, dry_run: bool) -> int:
        changed = 0
        for page in exports.changes(self._db, self._export, PAGE):
            changed += len(page)
            if self._stop.check():
                self.complete = False
            if not self.complete:
                continue
            if dry_run:
                self._forecast(page)
                continue
            with self._db.transaction():
                exports.announce(self._db, self._export, [change.wanted for change in page if change.inode is None])
            made = [one for change in page if (one := self._bring(change)) is not None]
            with self._db.transaction():
                exports.record(self._db, self._export, made)
            progress.advance(len(made), failed=len(page) - len(made))
        return changed

    def _forecast(self, page: list[Change]) -> None:
        for change in page:
            if change.inode is None:
                self.made += 1
            elif change.ours:
                self.replaced += 1

    def _bring(self, change: Change) -> Made | None:
        """Make one name what it ought to be."""
        wanted = change.wanted
        try:
            inode = self._do(change)
        except _RefusedError as refused:
            self._problem(refused.code, wanted.folder, wanted.name, str(refused))
            return None
        return Made(wanted.folder, wanted.name, wanted.version, wanted.stage, inode)

    def _do(self, change: Change) -> int:
        path = self._path(change.wanted.folder, change.wanted.name)
        if change.inode is None:
            self._make_folder(change.wanted.folder)
            try:
                inode = self._write(change.wanted, path)
            except FileExistsError:
                return self._adopt(change.wanted, path)
            self.made += 1
            return inode
        if not change.ours:
            return self._adopt(change.wanted, path)
        if self._is_last(change.wanted.stage, change.version, os.lstat(path)):
            raise _RefusedError("last-copy", _LAST)
        fresh = mirror.beside(path)
        inode = self._write(change.wanted, fresh)
        mirror.replace(fresh, path)
        self.replaced += 1
        return inode

    def _make_folder(self, folder: str) -> None:
        if folder not in self._folders:
            os.makedirs(f"{self.directory}/{folder}", exist_ok=True)
            self._folders.add(folder)

    def _write(self, wanted: Wanted, path: str) -> int:
        try:
            if wanted.source is None:
                return mirror.write(self._data(wanted), path)
            source = self._source(wanted)
            return mirror.copy(source, path) if self.copy else mirror.link(source, path)
        except FileExistsError:
            raise
        except FileNotFoundError:
            message = f"art/{wanted.source} is gone; `artpipe verify` tells more"
            raise _RefusedError("file-missing", message) from None
        except OSError as error:
            raise StorageError(f"Writing {path} failed: {error.strerror}. Make room, then export again.") from error

    def _adopt(self, wanted: Wanted, path: str) -> int:
        """What has the name already may be what is wanted; anything else is somebody's and stays."""
        source = self._source(wanted) if wanted.source is not None else None
        data = self._data(wanted) if source is None else None
        if not mirror.holds(path, source, data):
            raise _RefusedError("name-taken", "is a file that no export made; it was left as it is")
        return os.lstat(path).st_ino

    def _source(self, wanted: Wanted) -> Path:
        return self._library.store.path(wanted.source or "")

    def _data(self, wanted: Wanted) -> bytes:
        if wanted.version is None:
            return b""
        data = oldfiles.content(self._db, wanted.kept) if wanted.kept else described(self._db, wanted)
        if data is None:
            raise _RefusedError("content-missing", "had bytes, which the library has not got any more")
        return data

    def _clear(self, progress: Progress, *, dry_run: bool) -> None:
        for page in exports.surplus(self._db, self._export, PAGE):
            if not self.complete:
                return
            if dry_run:
                self.removed += sum(one.inode is not None for one in page)
                continue
            for one in page:
                self._remove(one)
            with self._db.transaction():
                exports.forget(self._db, self._export, [one.made for one in page])
            progress.advance(len(page))

    def _remove(self, one: Surplus) -> None:
        """Take back a name, if it is still what was made, and not the last one of an original."""
        if one.inode is None:
            return
        path = self._path(one.made.folder, one.made.name)
        status = os.lstat(path)
        if not self._is_ours(one, status):
            self._problem("changed", one.made.folder, one.made.name, "was changed by somebody; it was left as it is")
        elif self._is_last(one.made.stage, one.made.version, status):
            self._problem("last-copy", one.made.folder, one.made.name, _LAST)
        else:
            os.unlink(path)
            self.removed += 1

    def _is_ours(self, one: Surplus, status: os.stat_result) -> bool:
        if one.made.version is None and status.st_size:
            return False
        # Made by an export that died before it could note the inode: only what is worth nothing is taken for that.
        return one.made.inode == status.st_ino or (one.made.inode is None and not status.st_size)

    def _is_last(self, stage: str, version: str | None, status: os.stat_result) -> bool:
        """Whether the bytes of an original would be gone with this name."""
        derived = stage in {*self._library.graph.stages, "how", "grid", "kept"}
        copied = (version or "").startswith(_COPY)
        return not derived and not copied and status.st_size > 0 and status.st_nlink == 1

    def _path(self, folder: str, name: str) -> str:
        return f"{self.directory}/{folder}/{name}"

    def _problem(self, code: str, folder: str, name: str, message: str) -> None:
        item = path_text(self._path(folder, name))
        self.problems.append(Problem(code, item, f"{shown(item)} {message}"))
