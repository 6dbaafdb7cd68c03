"""backup: a consistent copy of the database."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from artpipe.actions.report import Report
from artpipe.actions.stats import human_size
from artpipe.db import verification
from artpipe.errors import StorageError, UsageError
from artpipe.names import shown
from artpipe.store import durable
from artpipe.store.locks import RunLock, is_alive

if TYPE_CHECKING:
    from pathlib import Path

    from artpipe.library import Library


def backup(library: Library, target: Path, *, force: bool = False) -> Report:
    """Copy the database while others write to it; the copy has its final name only when it is whole and on disk.

    Raises:
        UsageError: the target cannot be, or is taken and `force` was not given.
        StorageError: the copy is not sound.
    """
    target = target.absolute()
    _require_free(library, target, force=force)
    _sweep(target)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    lock = RunLock(partial, create=True)
    try:
        problems = _copied(library, partial, target)
        if problems:
            raise StorageError(f"The copy of {library.db.path} is damaged: {problems[0]}. `artpipe verify` tells more.")
        durable.sync_file(partial)
        size = partial.stat().st_size
        for old in _companions(target):
            old.unlink(missing_ok=True)
        partial.replace(target)
    finally:
        for left in (partial, *_companions(partial)):
            left.unlink(missing_ok=True)
        lock.abandon()
    durable.sync_folder(target.parent)
    data = {"file": str(target), "bytes": size, "database": str(library.db.path)}
    return Report(data=data, notes=[f"{shown(str(target))}: {human_size(size)}. {_restore(library, target)}"])


def _copied(library: Library, partial: Path, target: Path) -> list[str]:
    try:
        return verification.copy_into(library.db, partial)
    except StorageError as error:
        # SQLite does not say which of the two files it was; to read one, no room is needed.
        if getattr(error.__cause__, "sqlite_errorname", "") != "SQLITE_FULL":
            raise
        message = f"{shown(str(target))} cannot be written: the disk is full. Make room there, then back up again."
        raise StorageError(message) from error


def _sweep(target: Path) -> None:
    """Remove what a killed backup left: a copy is as large as the database."""
    whose = re.compile(rf"\.{re.escape(target.name)}\.\d+\.partial")
    for path in [path for path in target.parent.iterdir() if whose.fullmatch(path.name)]:
        if path.is_file() and not is_alive(path):
            for left in (path, *_companions(path)):
                left.unlink(missing_ok=True)


def _require_free(library: Library, target: Path, *, force: bool) -> None:
    name = shown(str(target))
    if not target.parent.is_dir():
        raise UsageError(f"There is no folder {shown(str(target.parent))}. Create it, or name another file.")
    if target.is_dir():
        raise UsageError(f"{name} is a folder. Name a file in it.")
    if target.exists() and target.samefile(library.db.path):
        raise UsageError(f"{name} is the library's own database. Name another file.")
    taken = [path for path in (target, *_companions(target)) if os.path.lexists(path)]
    if taken and not force:
        raise UsageError(f"{shown(str(taken[0]))} is there already. Name another file, or replace it with --force.")


def _companions(target: Path) -> list[Path]:
    """What SQLite keeps beside a database; what is left of an old one would be read as part of the new one."""
    return [target.with_name(target.name + suffix) for suffix in ("-wal", "-shm", "-journal")]


def _restore(library: Library, target: Path) -> str:
    database, copy = (shlex.quote(shown(str(path))) for path in (library.db.path, target))
    return (
        f"To restore, while nothing else runs: rm -f {database}-wal {database}-shm && cp {copy} {database},"
        " then `artpipe register` your folders again, `artpipe run`, `artpipe verify`."
        " It holds no pictures: back up art/upstream as well."
    )
