"""approve, reject, reset, undo, history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from artpipe.cli.options import Common, DryRun, Limit, Names, names
from artpipe.errors import UsageError
from artpipe.library import open_library

if TYPE_CHECKING:
    from artpipe.actions.report import Report
    from artpipe.model import Decision

Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, kept with the decision.")]
OneName = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="One image; all of them without it.", show_default=False)
]


def approve(common: Common, ids: Names = None, *, dry_run: DryRun = False) -> Report:
    """Approve images.

    Example:
      artpipe approve 00af 01bc
      artpipe approve - < good.txt
    """
    return _decide(common, ids, "approved", None, dry_run=dry_run)


def reject(common: Common, ids: Names = None, *, reason: Reason = "manual", dry_run: DryRun = False) -> Report:
    """Reject images.

    Example:
      artpipe reject 00af --reason blurry
    """
    return _decide(common, ids, "rejected", reason, dry_run=dry_run)


def reset(common: Common, ids: Names = None, *, dry_run: DryRun = False) -> Report:
    """Make images undecided again.

    Example:
      artpipe reset 00af
    """
    return _decide(common, ids, "pending", None, dry_run=dry_run)


def _decide(
    common: Common, ids: Iterable[str] | None, decision: Decision, reason: str | None, *, dry_run: bool
) -> Report:
    from artpipe.actions.decide import DecideRequest, decide

    if not ids:
        raise UsageError("Name the images, or - for a list of ids on stdin.")
    request = DecideRequest(names(ids, common), decision, common.command, reason, dry_run)
    with open_library(common.place()) as library:
        return decide(library, request)


def undo(common: Common, *, dry_run: DryRun = False) -> Report:
    """Take back the last batch of decisions; again for the one before it.

    Example:
      artpipe undo
    """
    from artpipe.actions.undo import undo as action

    with open_library(common.place()) as library:
        return action(library, dry_run=dry_run)


def history(common: Common, image: OneName = None, *, limit: Limit = None) -> Report:
    """Show what was decided, newest first.

    Example:
      artpipe history 00af
      artpipe history --limit 20
    """
    from artpipe.actions.history import history as action

    with open_library(common.place()) as library:
        return action(library, image, limit)
