"""rebuild."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from artpipe.cli.options import Common, DryRun, FailFast, Jobs, Limit, TimeLimit, Until, names, seconds_allowed
from artpipe.cli.running import Flags, Targets, run_stages
from artpipe.errors import UsageError
from artpipe.library import open_library

if TYPE_CHECKING:
    from artpipe.actions.report import Report

Check = Annotated[
    bool,
    typer.Option(
        "--check",
        help="Change nothing: make again aside, and compare with what is there; exit code 3 if it differs.",
        show_default=False,
    ),
]


def rebuild(
    common: Common,
    targets: Targets = None,
    *,
    check: Check = False,
    jobs: Jobs = 0,
    limit: Limit = None,
    until: Until = None,
    time_limit: TimeLimit = None,
    fail_fast: FailFast = False,
    dry_run: DryRun = False,
) -> Report:
    """Make stages again although nothing has changed, as `make -B` does; each file stays until the new one is there.

    Stages without images are made again for all images that have them; images without stages in all of their stages.
    What is interrupted the next run carries on with. Files that other programs made are made again only if their
    images are named. With --check nothing is changed: what is made again is compared with what is recorded and with
    what lies there.

    Example:
      artpipe rebuild thumbnails-small
      artpipe rebuild web-optimized 00af
      artpipe rebuild --check web-optimized --limit 1000
    """
    targets = list(targets or [])
    if not targets:
        raise UsageError("Say what to make again: stages, images, or both.")
    if check:
        return _check(common, targets, limit, (jobs, seconds_allowed(until, time_limit)))
    flags = Flags(jobs, limit, until, time_limit, fail_fast, dry_run, rebuild=True)
    return run_stages(common, (), targets, {}, flags)


def _check(common: Common, targets: list[str], limit: int | None, most: tuple[int, float | None]) -> Report:
    from artpipe.actions.check import CheckRequest
    from artpipe.actions.check import check as action
    from artpipe.actions.identify import resolve_all
    from artpipe.cli.progress import progress_for
    from artpipe.pipeline.stopping import Stop

    workers, seconds = most
    with open_library(common.place()) as library:
        stages = tuple(name for name in targets if name in library.graph.stages)
        others = [name for name in targets if name not in library.graph.stages]
        ids, problems = resolve_all(library, names(others, common)) if others else (None, [])
        chosen = tuple(ids) if ids is not None else None
        request = CheckRequest(stages, chosen, limit, workers, Stop(seconds=seconds))
        report = action(library, request, progress_for(common))
        return report._replace(problems=[*problems, *report.problems])
