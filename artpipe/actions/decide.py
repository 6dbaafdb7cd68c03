"""approve, reject, reset: what a person thinks of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from artpipe.actions.identify import in_chunks, resolve
from artpipe.actions.report import Problem, Report
from artpipe.db import decisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from artpipe.library import Library
    from artpipe.model import Decision

# Small enough that nobody waits long for the write lock, large enough that syncing costs nothing.
IDS_PER_TRANSACTION = 4000


class DecideRequest(NamedTuple):
    """A decision on many images.

    Args:
        names: ids, or file names of images.
        reason: for a rejection.
        command: as it stands in the batch.
    """

    names: Iterable[str]
    decision: Decision
    command: str
    reason: str | None = None
    dry_run: bool = False


class Verdict(NamedTuple):
    """One decision on some images, known by their ids."""

    ids: Sequence[str]
    decision: Decision
    reason: str | None = None


def decide(library: Library, request: DecideRequest) -> Report:
    """Decide in one batch, a few thousand images per transaction; unknown ids become problems."""
    changed = seen = 0
    problems: list[Problem] = []
    batch: int | None = None
    for chunk in in_chunks(request.names, IDS_PER_TRANSACTION):
        ids, unknown = resolve(library, chunk)
        problems += unknown
        seen += len(ids)
        if request.dry_run:
            changed += decisions.count_other(library.db, ids, request.decision, request.reason)
            continue
        if ids:
            batch, number = _decide_chunk(library, request, ids, batch)
            changed += number
    data = {
        request.decision if request.decision != "pending" else "reset": changed,
        "unchanged": seen - changed,
    }
    data["unknown"] = len(problems)
    return Report(data=data, problems=problems, notes=[_sentence(request, changed, seen - changed)])


def _decide_chunk(library: Library, request: DecideRequest, ids: list[str], batch: int | None) -> tuple[int, int]:
    with library.db.transaction():
        return record(library, request.command, [Verdict(ids, request.decision, request.reason)], batch)


def record(library: Library, command: str, verdicts: Iterable[Verdict], batch: int | None = None) -> tuple[int, int]:
    """Within an open transaction: decide in one batch; returns it and how many images were in another state before.

    Args:
        command: as it stands in the batch.
        batch: the one to go on with; None for a new one.
    """
    who = library.settings.user
    if batch is None:
        batch = decisions.open_batch(library.db, command, who)
    with decisions.deciding(library.db, batch, who):
        return batch, sum(decisions.decide(library.db, one.ids, one.decision, one.reason) for one in verdicts)


def _sentence(request: DecideRequest, changed: int, unchanged: int) -> str:
    verb = {"approved": "approved", "rejected": "rejected", "pending": "reset"}[request.decision]
    would = "would be " if request.dry_run else ""
    already = f", {unchanged} already were" if unchanged else ""
    return f"{changed} {would}{verb}{already}"
