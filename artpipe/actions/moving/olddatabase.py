"""What an old database knows: decisions, addresses, sizes. It is copied first, and only the copy is opened."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from artpipe.db import foreign, images, meaning
from artpipe.db.images import NewImage
from artpipe.db.meaning import Name
from artpipe.errors import BusyError, UsageError
from artpipe.names import path_text
from artpipe.pipeline import mirror
from artpipe.pipeline.oldlayout import id_of, stem

if TYPE_CHECKING:
    from artpipe.db.foreign import OldRow
    from artpipe.library import Library
    from artpipe.pipeline.stopping import Stop

PAGE = 1000
_TRIES = 3
# Beside a database: what was written last, not yet in the file itself.
_BESIDE = ("-wal", "-journal")


@dataclass(slots=True)
class Known:
    """What was found in an old database."""

    rows: int = 0
    new: int = 0
    decisions: Counter[str] = field(default_factory=Counter)

    def as_data(self) -> dict[str, int]:
        named = {name: self.decisions[name] for name in ("approved", "rejected")}
        return {"rows": self.rows, "new": self.new, **named}


def source_of(database: Path) -> str:
    """How an old database is called here."""
    return path_text(os.path.realpath(database))


def take_in(library: Library, tree: int, database: Path, scratch: Path, stop: Stop) -> Known:
    """Record every row; a picture that only the database knows becomes one without bytes."""
    source, known = source_of(database), Known()
    rows = foreign.read(copied(database, scratch), str(database))
    while not stop.check() and (page := list(islice(rows, PAGE))):
        _count(known, page)
        new = foreign.unknown(library.db, source, page)
        known.new += len(new)
        if not new:
            continue
        with library.db.transaction():
            for row in new:
                foreign.record(library.db, source, row, _image(library, tree, row))
    return known


def require(database: Path) -> None:
    """Say at once, and not after hours, that a file is no old database."""
    with TemporaryDirectory(prefix="artpipe-") as scratch:
        foreign.require(copied(database, Path(scratch)), str(database))


def forecast(library: Library, database: Path, scratch: Path) -> Known:
    """What `take_in` would find."""
    source, known = source_of(database), Known()
    rows = foreign.read(copied(database, scratch), str(database))
    while page := list(islice(rows, PAGE)):
        _count(known, page)
        known.new += len(foreign.unknown(library.db, source, page))
    return known


def _count(known: Known, page: list[OldRow]) -> None:
    known.rows += len(page)
    known.decisions.update(row.decision for row in page if row.decision)


def _image(library: Library, tree: int, row: OldRow) -> str:
    base = stem(row.id, "approved")
    meant = meaning.meant(library.db, tree, Name(base, id_of(base)))
    if meant is None:
        meant = id_of(base)
        images.insert(library.db, NewImage(meant, None, "absent", None, None))
    return meant


def copied(database: Path, scratch: Path) -> Path:
    """A copy in which nothing is half written; the database, and what lies beside it, is only read.

    Raises:
        UsageError: there is no such file.
        BusyError: somebody writes to it all the time.
    """
    if not database.is_file():
        raise UsageError(f"There is no file {database}. Name the old database with --db-from.")
    copy = scratch / "old.db"
    for _ in range(_TRIES):
        before = _state(database)
        _copy(database, copy)
        if _state(database) == before:
            return copy
    raise BusyError(f"{database} is written to all the time. Stop the program that does it, then try again.")


def _copy(database: Path, copy: Path) -> None:
    for suffix in ("", *_BESIDE, "-shm"):
        Path(f"{copy}{suffix}").unlink(missing_ok=True)
    for suffix in ("", *_BESIDE):
        source = Path(f"{database}{suffix}")
        if source.is_file():
            mirror.copy(source, f"{copy}{suffix}")


def _state(database: Path) -> list[tuple[int, int] | None]:
    return [_stamp(Path(f"{database}{suffix}")) for suffix in ("", *_BESIDE)]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns
