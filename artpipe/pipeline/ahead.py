"""Doing the next few things of a long list in threads, while the results are used in order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

Item = TypeVar("Item")
Result = TypeVar("Result")

# Reading waits for disks more than for cores.
READERS = 8
# Small files go to a thread together: handing one over takes as long as reading it.
TOGETHER = 16
TOGETHER_BYTES = 1024 * 1024


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


def together(items: Iterable[Item], size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Items in groups, as many as are worth a thread's while.

    Args:
        size: of what is to be read for an item, in bytes.
    """
    group: list[Item] = []
    total = 0
    for item in items:
        group.append(item)
        total += size(item)
        if len(group) == TOGETHER or total >= TOGETHER_BYTES:
            yield group
            group, total = [], 0
    if group:
        yield group


def ahead_together(
    function: Callable[[Item], Result], items: Iterable[Item], size: Callable[[Item], int]
) -> Generator[tuple[Item, Result], None, None]:
    """`ahead` for many small things."""

    def each(group: list[Item]) -> list[Result]:
        return [function(item) for item in group]

    with closing(ahead(each, together(items, size))) as groups:
        for group, results in groups:
            yield from zip(group, results, strict=True)
