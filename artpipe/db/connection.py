"""One SQLite connection: how it is opened, how a transaction runs, what its errors mean."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal

from artpipe.errors import ArtpipeError, BusyError, ForeignDatabaseError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]

# Longer than anything artpipe itself does in one transaction, and than a backup or a GUI that sits on the file.
BUSY_SECONDS = 90.0
_PAUSE = 0.01
# Steps of SQLite's machine between two looks at whether a statement should end: some hundredths of a second.
STEPS = 500_000
# Rows that a stream holds at most.
FETCHED = 512

Row = sqlite3.Row


class Database:
    """An open `cv.db`. Not to be handed to another thread or process.

    Args:
        mode: SQLite's word: rwc creates a missing file, ro cannot write.
    """

    def __init__(self, path: Path, *, mode: Literal["rw", "rwc", "ro"] = "rw") -> None:
        self.path = path
        self._closed = False
        with translated(path):
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
            )
            self._connection.row_factory = sqlite3.Row
            try:
                for pragma in ("foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY", "cache_size=-65536"):
                    self._connection.execute(f"PRAGMA {pragma}")
            except sqlite3.Error:
                self._connection.close()
                raise

    def restrict(self, authorize: Authorizer) -> None:
        """From now on ask about everything that a statement wants to do."""
        self._connection.set_authorizer(authorize)

    def use_wal(self) -> None:
        """Switch to write-ahead logging; asks first, because switching needs the file for itself.

        SQLite gives up at once where others have the file open, so it is tried until they, too, have switched.
        """
        deadline = time.monotonic() + BUSY_SECONDS
        while self.scalar("PRAGMA journal_mode") != "wal":
            try:
                self.execute("PRAGMA journal_mode=WAL")
            except BusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)

    def read_any_text(self) -> None:
        """Text that is no UTF-8 comes with backslash escapes; other programs write such."""
        self._connection.text_factory = lambda data: data.decode("utf-8", "backslashreplace")

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        # Not `translated`: several times per job, a context manager is what one would notice.
        try:
            return self._connection.execute(sql, parameters)
        except sqlite3.Error as error:
            raise _meaning(error, self.path) from error

    def many(self, sql: str, rows: Iterable[Any]) -> None:
        with translated(self.path):
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, parameters: Any = ()) -> list[Row]:
        with translated(self.path):
            return self._connection.execute(sql, parameters).fetchall()

    def tuples(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Like `rows`, without names: for very many."""
        with translated(self.path):
            cursor = self._connection.cursor()
            cursor.row_factory = None
            return cursor.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: Any = ()) -> Iterator[Row]:
        """Rows as they are found."""
        cursor = self.execute(sql, parameters)
        size = 1
        while True:
            with translated(self.path):
                rows = cursor.fetchmany(size)
            if not rows:
                return
            yield from rows
            # The first is there at once; a million are not asked for one by one.
            size = min(2 * size, FETCHED)

    def pages(self, sql: str, parameters: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[list[Row]]:
        """Rows in the order of a key, page by page; what is written between two pages is no harm.

        Args:
            sql: orders and limits, and asks for what comes behind the key.
            after: the key before the first page: columns of the result, bound under their names.
        """
        while rows := self.rows(sql, {**parameters, **after}):
            after = {column: rows[-1][column] for column in after}
            yield rows

    def row(self, sql: str, parameters: Any = ()) -> Row | None:
        with translated(self.path):
            row: Row | None = self._connection.execute(sql, parameters).fetchone()
        return row

    def scalar(self, sql: str, parameters: Any = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.row(sql, parameters)
        return None if row is None else row[0]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write, all or nothing. Takes the write lock at once, so that it never has to be upgraded.

        Raises:
            BusyError: somebody else held the database for longer than `BUSY_SECONDS`.
        """
        with self._between("BEGIN IMMEDIATE", "COMMIT"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one consistent state; nothing is kept of what is written (temporary tables aside)."""
        with self._between("BEGIN", "ROLLBACK"):
            yield

    @contextmanager
    def temporary(self) -> Iterator[None]:
        """Write to temporary tables only, in one go; keeps nobody else from writing."""
        with self._between("BEGIN", "COMMIT"):
            yield

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Do as in a transaction, and then nothing was."""
        with self._between("BEGIN IMMEDIATE", "ROLLBACK"):
            yield

    @contextmanager
    def _between(self, begin: str, end: str) -> Iterator[None]:
        self.execute(begin)
        try:
            yield
            self.execute(end)
        except BaseException:
            if not self._closed and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def interruptible(self, enough: Callable[[], bool]) -> Iterator[None]:
        """Cut short what only reads, also in the middle of a statement; ask `enough` again whether it was."""
        self._connection.set_progress_handler(enough, STEPS)
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
        finally:
            self._connection.set_progress_handler(None, 0)

    def reuse_log(self) -> None:
        """Let the next transaction write over the log instead of at its end: on a full disk that is the only room."""
        with suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        self._closed = True
        self._connection.close()


def sqlite_version() -> str:
    return sqlite3.sqlite_version


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _meaning(error, path) from error


def _meaning(error: sqlite3.Error, path: Path) -> ArtpipeError:
    code = getattr(error, "sqlite_errorcode", None) or 0
    primary = code & 0xFF
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return BusyError(f"{path} has been in use by another program for {BUSY_SECONDS:.0f} s. Try again later.")
    if primary == sqlite3.SQLITE_NOTADB:
        return ForeignDatabaseError(f"{path} is not an SQLite database. Name another file with --db.")
    if str(error).startswith("no such index"):
        return StorageError(f"{path}: {error}; another program has taken it away. `artpipe repair` makes it again.")
    if primary in _STORAGE_CODES:
        return StorageError(f"The database {path} failed: {error}. Check the disk and its free space, then try again.")
    if "decode to UTF-8" in str(error):
        what = "Another program wrote text into it that is no UTF-8; `artpipe verify` says where"
        return StorageError(f"The database {path} cannot be read: {what}.")
    raise error


_STORAGE_CODES = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOLFS,
}
