"""What commands that died have left behind: scratch folders, lock files, files whose rows were never written."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from artpipe.db import artifacts, claims, pages, runs
from artpipe.errors import BusyError
from artpipe.pipeline import unfinished
from artpipe.store import durable, slots
from artpipe.store.callers import is_gone
from artpipe.store.locks import RunLock, folder_of, is_alive
from artpipe.store.store import SCRATCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from artpipe.library import Library

INTENT = "intent"


@contextmanager
def scratch_of(library: Library, owner: str, *, alone: bool = False) -> Iterator[Path]:
    """A scratch folder for as long as this lasts; if the process dies in it, the next command sweeps it away.

    Args:
        alone: nobody else may be such an owner at the same time.

    Raises:
        BusyError: somebody else is.
    """
    # Under the write lock, so that nobody sweeps between the making of the lock file and the locking.
    with library.db.transaction():
        if alone:
            if is_alive(_lock_of(library, owner)):
                raise BusyError(f"Another `artpipe {owner}` is at work on this library. Try again when it is done.")
            # Under the lock that comes now it would pass for alive.
            clear(library, owner)
        lock = RunLock(_lock_of(library, owner), create=True)
        sweep(library)
    try:
        yield library.store.scratch(owner)
    finally:
        clear(library, owner)
        lock.release()


def sweep(library: Library) -> None:
    """Within an open transaction: remove what belongs to no living process."""
    for owner in library.store.scratch_owners():
        if owner.startswith(
            ("run-", "register-", "repair-", "gallery", "log-", "check-", "prune-", "truncate-")
        ) and not is_alive(_lock_of(library, owner)):
            clear(library, owner)
    unfinished.sweep(library)
    # What stands in the lock file of a dead run is read by the run that takes its jobs back.
    not_taken_back = {f"{row['id']}.lock" for row in runs.open_runs(library.db)}
    for lock in folder_of(library.db.path).glob("*.lock"):
        if lock.name not in not_taken_back and not is_alive(lock):
            lock.unlink(missing_ok=True)
    slots.sweep(folder_of(library.db.path))


def _lock_of(library: Library, owner: str) -> Path:
    return folder_of(library.db.path) / f"{owner.removeprefix('run-')}.lock"


def note_intent(scratch: Path, number: int, paths: Iterable[str]) -> Path:
    """Say on disk which files are about to be written or removed, before the rows that know them are touched."""
    note = scratch / f"{INTENT}-{number}.json"
    durable.write(note, json.dumps(sorted(paths)).encode())
    durable.sync_folder(scratch)
    return note


def clear(library: Library, owner: str) -> None:
    """Remove a scratch folder, and the files that its owner had its hands on and that no row stands for."""
    for path in _noted(library, owner):
        if not artifacts.stands(library.db, path) and not pages.stands(library.db, path):
            library.store.remove_derived(path)
    library.store.drop_scratch(owner)


def in_hand(library: Library, *, except_for: str) -> set[str]:
    """Within an open transaction: the files that others are about to write or to remove.

    Args:
        except_for: the owner of a scratch folder.
    """
    others = [owner for owner in library.store.scratch_owners() if owner != except_for]
    return {path for owner in others for path in _noted(library, owner)}


def _noted(library: Library, owner: str) -> Iterator[str]:
    """What the notes of an owner say; they may go while we look."""
    for note in (library.store.root / SCRATCH / owner).glob(f"{INTENT}-*.json"):
        # The power may have gone while one was written: nothing had been touched then.
        with suppress(FileNotFoundError, ValueError):
            yield from json.loads(note.read_bytes())


def give_up_abandoned(library: Library) -> int:
    """Within an open transaction: end the jobs of programs outside that are gone; returns how many."""
    gone = [row for row in claims.held(library.db) if is_gone(row["claimed_by"])]
    for row in gone:
        claims.fail(library.db, row["id"], "program-died", "the program that had started it is gone")
    return len(gone)
