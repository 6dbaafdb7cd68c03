"""Threads that own the database connections of the server: one that writes, one that only looks."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from artpipe.actions.review import ReviewRequest, Sitting, sitting
from artpipe.library import Library, Place, open_library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

P = ParamSpec("P")
T = TypeVar("T")


class Desk:
    """Everything the server asks of the library.

    Changes queue up on one thread, so that they happen one after the other; pictures and details do not wait for
    them, nor for other programs that are writing.
    """

    def __init__(
        self, session: Sitting, library: Library, writer: ThreadPoolExecutor, reader: ThreadPoolExecutor
    ) -> None:
        self._session, self._library = session, library
        self._writer, self._reader = writer, reader

    async def change(self, action: Callable[Concatenate[Sitting, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._writer.submit(action, self._session, *args, **kwargs))

    async def look(self, question: Callable[Concatenate[Library, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._reader.submit(question, self._library, *args, **kwargs))

    def tally(self) -> dict[str, int | float]:
        return self._session.tally.data()


@contextmanager
def open_desk(place: Place, request: ReviewRequest) -> Iterator[Desk]:
    """Open the library on both threads, and close it there: connections belong to the thread that made them."""
    with ExitStack() as stack:
        writer = stack.enter_context(ThreadPoolExecutor(1, "review-writer"))
        reader = stack.enter_context(ThreadPoolExecutor(1, "review-reader"))
        ours, theirs = ExitStack(), ExitStack()
        stack.callback(lambda: reader.submit(theirs.close).result())
        stack.callback(lambda: writer.submit(ours.close).result())

        def sit() -> Sitting:
            return ours.enter_context(sitting(ours.enter_context(open_library(place)), request))

        session = writer.submit(sit).result()
        library = reader.submit(lambda: theirs.enter_context(open_library(place))).result()
        yield Desk(session, library, writer, reader)
