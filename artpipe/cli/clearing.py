"""prune, truncate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from artpipe.cli.options import Common, DryRun, Limit, Names, names
from artpipe.library import open_library

if TYPE_CHECKING:
    from artpipe.actions.report import Report

Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this it is only listed.", show_default=False)]
OfStage = Annotated[
    str | None,
    typer.Option(
        "--stage",
        metavar="STAGE",
        help="Only this one, then also files that other programs made of it.",
        show_default=False,
    ),
]


def prune(
    common: Common, *, stage: OfStage = None, yes: Yes = False, limit: Limit = None, dry_run: DryRun = False
) -> Report:
    """List what stages made and nobody wants any more; with --yes remove it.

    That is the files and the waiting or failed jobs of stages that the settings do not have any more, and the files
    and values (blurhash, phash) of rejected images. Never an original, never the row of an image, and what other
    programs logged only where --stage names it. With --limit only files go.

    Example:
      artpipe prune
      artpipe prune --stage old-banners --yes
    """
    from artpipe.actions.prune import PruneRequest
    from artpipe.actions.prune import prune as action

    with open_library(common.place()) as library:
        return action(library, PruneRequest(stage, limit, delete=yes and not dry_run))


def truncate(
    common: Common, ids: Names = None, *, yes: Yes = False, limit: Limit = None, dry_run: DryRun = False
) -> Report:
    """List rejected images whose originals could go; with --yes give their bytes back, for good.

    Each file is compared with its row first. Its hash and the decision stay: the same picture is known as rejected
    when it turns up again, and is not taken in again unless you have decided otherwise. Without ids: all that a
    person has rejected; what artpipe rejected by itself has to be named. Your own files elsewhere are not touched.

    Example:
      artpipe truncate
      artpipe list --status rejected | artpipe truncate - --yes
    """
    from artpipe.actions.identify import resolve_all
    from artpipe.actions.report import Problem
    from artpipe.actions.truncate import TruncateRequest
    from artpipe.actions.truncate import truncate as action

    with open_library(common.place()) as library:
        problems: list[Problem] = []
        chosen: tuple[str, ...] | None = None
        if ids:
            found, problems = resolve_all(library, names(ids, common))
            chosen = tuple(found)
        request = TruncateRequest(chosen, limit, delete=yes and not dry_run, problems=tuple(problems))
        return action(library, request)
