"""Doing the next few things of a long list in threads, while the results are used in order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

Item = TypeVar("Item")
Result = TypeVar("Result")

# Reading waits for disks more than for cores.
READERS = 8


def ahead(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int = READERS
) -> Generator[tuple[Item, Result], None, None]:
    """Each item with its result, in the order of the items; memory stays bounded."""
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="artpipe-ahead") as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(function, item)))
                if len(waiting) >= 4 * threads:
                    first, result = waiting.popleft()
                    yield first, result.result()
            while waiting:
                first, result = waiting.popleft()
                yield first, result.result()
        finally:
            for _, left in waiting:
                left.cancel()
