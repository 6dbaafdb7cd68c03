"""Letting go of what old scripts have emptied through a name that the library shares with them."""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING

from artpipe.db import emptied
from artpipe.pipeline.leftovers import note_intent, scratch_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from artpipe.db.emptied import Emptied
    from artpipe.library import Library
    from artpipe.pipeline.stopping import Stop

PAGE = 500


def count_emptied(library: Library, tree: int, stop: Stop) -> int:
    """How many there are in a surveyed tree."""
    return sum(map(len, _pages(library, tree, stop)))


def let_go(library: Library, tree: int, stop: Stop) -> int:
    """Their images are known for ever, as those that artpipe truncates itself; returns how many there were.

    Rows first, in a transaction with a note of what is to come, then the files.
    """
    pages = _pages(library, tree, stop)
    first = next(pages, None)
    if first is None:
        return 0
    total = 0
    with scratch_of(library, f"register-{os.getpid()}") as scratch:
        for number, page in enumerate(chain([first], pages)):
            _let_go(library, page, scratch, number)
            total += len(page)
    return total


def _let_go(library: Library, page: list[Emptied], scratch: Path, number: int) -> None:
    with library.db.transaction():
        intent = note_intent(scratch, number, [one.path for one in page])
        emptied.give_up(library.db, page)
    for one in page:
        library.store.remove_derived(one.path)
    for stage in {one.stage for one in page}:
        library.store.sync(stage)
    intent.unlink()


def _pages(library: Library, tree: int, stop: Stop) -> Iterator[list[Emptied]]:
    for page in emptied.pages(library.db, tree, PAGE):
        if stop.check():
            return
        # Two names of one file may both have been emptied.
        found = {one.row: one for one in page if _is_empty(library, one)}
        if found:
            yield list(found.values())


def _is_empty(library: Library, one: Emptied) -> bool:
    try:
        status = os.lstat(library.store.path_text(one.path))
    except OSError:
        return False
    return status.st_size == 0 and status.st_ino == one.inode
