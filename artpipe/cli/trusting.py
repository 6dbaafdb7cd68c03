"""report, verify, repair, backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artpipe.cli.options import Common, DryRun, TimeLimit, Until, seconds_allowed
from artpipe.errors import UsageError
from artpipe.library import open_library

if TYPE_CHECKING:
    from artpipe.actions.report import Report

Quick = Annotated[
    bool, typer.Option("--quick", help="Compare sizes only, not contents; writes nothing.", show_default=False)
]
QuickRepair = Annotated[bool, typer.Option("--quick", help="Look at sizes only, not at contents.", show_default=False)]
Incremental = Annotated[
    bool,
    typer.Option(
        "--incremental",
        help="Go on where the last verify ended; files compared longest ago come first.",
        show_default=False,
    ),
]
Examples = Annotated[
    int | None,
    typer.Option(
        "--limit", metavar="N", min=0, max=10_000, help="Examples of each thing [default: 5]", show_default=False
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace FILE if it is there.", show_default=False)]
Target = Annotated[Path, typer.Argument(metavar="FILE", help="A new file for the copy.")]


def report(common: Common, *, limit: Examples = None) -> Report:
    """Show what there is, what does not fit, what pictures lack, and what to do next.

    Five parts: statistics; files without rows; rows without files; quality; next steps with their commands. Every
    folder is listed once; contents are not read (`artpipe verify` does that).

    Example:
      artpipe report
      artpipe report --json --limit 100
    """
    from artpipe.actions.overview import EXAMPLES, OverviewRequest, overview
    from artpipe.cli.progress import progress_for

    with open_library(common.place()) as library:
        return overview(library, OverviewRequest(EXAMPLES if limit is None else limit), progress_for(common))


def verify(
    common: Common,
    *,
    quick: Quick = False,
    incremental: Incremental = False,
    until: Until = None,
    time_limit: TimeLimit = None,
) -> Report:
    """Compare the library with the disk; exit code 3 if anything does not fit.

    Changes nothing but the note when each file was compared last (artifacts.verified_at), which --incremental
    goes by. Runs and registers may go on meanwhile.

    Example:
      artpipe verify
      artpipe verify --quick --json
      artpipe verify --incremental --time-limit 1h
    """
    from artpipe.actions.verify import VerifyRequest
    from artpipe.actions.verify import verify as action
    from artpipe.cli.progress import progress_for
    from artpipe.pipeline.stopping import Stop

    if quick and incremental:
        raise UsageError("--incremental is about contents, which --quick leaves out. Give one of the two.")
    request = VerifyRequest(quick, incremental, Stop(seconds=seconds_allowed(until, time_limit)))
    with open_library(common.place()) as library:
        return action(library, request, progress_for(common))


def repair(
    common: Common,
    *,
    quick: QuickRepair = False,
    dry_run: DryRun = False,
    until: Until = None,
    time_limit: TimeLimit = None,
) -> Report:
    """Mend what verify finds, where that is possible; exit code 1 if something is left.

    Derived files are made again by the next run. Lost originals are taken from where they were registered.
    Files that no row names are moved to art/.quarantine. Nothing is deleted, no decision is touched.
    With a time limit, looking goes on where it ended the last time.

    Example:
      artpipe repair --dry-run
      artpipe repair --time-limit 1h
      artpipe repair && artpipe run
    """
    from artpipe.actions.repair import RepairRequest
    from artpipe.actions.repair import repair as action
    from artpipe.cli.progress import progress_for
    from artpipe.pipeline.stopping import Stop

    request = RepairRequest(quick, dry_run, Stop(seconds=seconds_allowed(until, time_limit)))
    with open_library(common.place()) as library:
        return action(library, request, progress_for(common))


def backup(common: Common, target: Target, *, force: Force = False) -> Report:
    """Copy the database into FILE, consistent also while others write to it; pictures are not in it.

    Example:
      artpipe backup /backup/cv.db
      artpipe backup cv.$(date +%F).db
    """
    from artpipe.actions.backup import backup as action

    with open_library(common.place()) as library:
        return action(library, target, force=force)
