"""Decisions of an old tree and of old databases, made here as one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.db import decisions, oldfiles
from artpipe.db.oldfiles import Outcome

if TYPE_CHECKING:
    from artpipe.library import Library
    from artpipe.pipeline.stopping import Stop

PAGE = 2000


def decide(library: Library, sources: tuple[int, str | None], command: str, stop: Stop) -> Outcome:
    """Act on every decision that was not acted on before. What is decided here already stays; yes wins over no.

    Args:
        sources: the tree, and the old database that was read, if there was one.
        command: as it stands in the batch.
    """
    db, total, after = library.db, Outcome(), ""
    tree, source = sources
    with db.interruptible(stop.check):
        oldfiles.prepare_votes(db, tree, source)
    while not stop.check() and (last := oldfiles.next_votes(db, after, PAGE)):
        with db.transaction():
            batch = _batch(library, tree, command)
            with decisions.deciding(db, batch, library.settings.user):
                done = oldfiles.act_on_votes(db, after, last)
            oldfiles.settle_votes(db, tree, source, after, last)
        total.approved += done.approved
        total.rejected += done.rejected
        total.kept += done.kept
        after = last
    return total


def _batch(library: Library, tree: int, command: str) -> int:
    """The batch of this import, also if it was begun by a process that died."""
    known: int | None = oldfiles.batch_of(library.db, tree)
    if known is not None:
        return known
    batch = decisions.open_batch(library.db, command, library.settings.user)
    oldfiles.set_batch(library.db, tree, batch)
    return batch
