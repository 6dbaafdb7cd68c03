"""pair: wish for results that are made of two images each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from artpipe.actions.jobs import require_stages
from artpipe.actions.report import Problem, Report
from artpipe.actions.run import waiting_pairs
from artpipe.errors import UsageError
from artpipe.pipeline import pairing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from artpipe.library import Library


@dataclass(frozen=True, slots=True)
class PairRequest:
    """Which pairs.

    Args:
        lines: two names each; None for what the stage's own rule wants.
    """

    stage: str
    lines: Iterable[str] | None = None
    dry_run: bool = False


def pair(library: Library, request: PairRequest) -> Report:
    """Make a row for each pair's result; the next run makes the result."""
    require_stages(library, (request.stage,))
    stage = library.graph.stages[request.stage]
    if stage.pairs is None:
        known = ", ".join(name for name, one in library.graph.stages.items() if one.pairs is not None) or "none here"
        raise UsageError(f"{request.stage} makes nothing of pairs; stages that do: {known}.")
    db = library.db
    with db.rehearsal() if request.dry_run else db.transaction():
        if request.lines is None:
            paired = pairing.ensure(library, stage)
        else:
            paired = pairing.wish(library, stage, request.lines)
        waiting = waiting_pairs(library, [stage])
    data = {"created": paired.created, "known": paired.known, "failed": len(paired.problems)}
    would = "would be " if request.dry_run else ""
    notes = [*waiting, f"{paired.created} results {would}wished for, {paired.known} known, {data['failed']} failed"]
    return Report(
        data=data, notes=notes, problems=[Problem("no-pair", line, message) for line, message in paired.problems]
    )
