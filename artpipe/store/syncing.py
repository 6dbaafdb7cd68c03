"""Files on their way to the disk while other work goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from artpipe.store import durable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

# Many at once take the disk little longer than one, whose log it writes for all of them together.
_AT_ONCE: Final = 16


class Syncing:
    """Waits for the disk in threads of its own, which are there only while there is something to wait for."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._begun: dict[str, Future[None]] = {}

    def begin(self, files: Sequence[str]) -> None:
        """Start to wait for files that have been written."""
        from concurrent.futures import ThreadPoolExecutor

        new = [name for name in files if name not in self._begun]
        self._pool = self._pool or ThreadPoolExecutor(_AT_ONCE)
        for first in range(min(len(new), _AT_ONCE)):
            share = new[first::_AT_ONCE]
            self._begun |= dict.fromkeys(share, self._pool.submit(_sync_all, share))

    def finish(self, files: Sequence[str]) -> None:
        """Wait until the disk has these files, and whatever else was begun.

        Raises:
            OSError: it failed for one of them.
        """
        if not self._begun and len(files) <= 1:
            return _sync_all(files)
        self.begin(files)
        begun, self._begun = self._begun, {}
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()
        for waiting in set(begun.values()):
            waiting.result()
        return None


def _sync_all(files: Sequence[str]) -> None:
    for name in files:
        durable.sync_file(name)
