"""run, upscale, blurhash, jobs, retry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artpipe.cli.options import (
    Common,
    DryRun,
    FailFast,
    Jobs,
    Limit,
    Names,
    TimeLimit,
    Until,
    names,
    seconds_allowed,
)
from artpipe.library import open_library
from artpipe.names import shown

if TYPE_CHECKING:
    from artpipe.actions.report import Report


class JobStatus(StrEnum):
    """A job's status, as an option takes it."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[STAGE...] [ID...|-]",
        help="Stages (all without any), then images; - reads ids from stdin.",
        show_default=False,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="The network: realesr-animevideov3, realesrgan-x4plus, realesrgan-x4plus-anime.",
        show_default=False,
    ),
]
Scale = Annotated[
    int | None,
    typer.Option("-s", "--scale", metavar="N", help="How many times as large: 2, 3 or 4.", show_default=False),
]
Tile = Annotated[
    int | None,
    typer.Option(
        "-t", "--tile", metavar="N", help="Side of a tile in pixels; 0 chooses by itself.", show_default=False
    ),
]
Gpu = Annotated[
    int | None,
    typer.Option("-g", "--gpu", metavar="N", help="Vulkan device; -1 is the CPU.", show_default=False),
]
Tta = Annotated[
    bool,
    typer.Option("-x", "--tta", help="Average over eight orientations (8 times the work).", show_default=False),
]
Components = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=9, help="Components in this direction.", show_default=False),
]
WithStatus = Annotated[JobStatus | None, typer.Option("--status", help="Only jobs in this state.", show_default=False)]
WithStage = Annotated[
    str | None, typer.Option("--stage", metavar="STAGE", help="Only jobs of this stage.", show_default=False)
]


class Order(StrEnum):
    """In which order jobs are taken, as an option takes it."""

    OLDEST = "oldest"
    NEWEST = "newest"
    RANDOM = "random"


WithOrder = Annotated[Order, typer.Option("--order", help="Which images first, by when they came.")]


@dataclass(frozen=True, slots=True)
class Flags:
    """How long and how wide to run."""

    jobs: int
    limit: int | None
    until: str | None
    time_limit: str | None
    fail_fast: bool
    dry_run: bool
    order: Order = Order.OLDEST
    rebuild: bool = False


def run(
    common: Common,
    targets: Targets = None,
    *,
    jobs: Jobs = 0,
    limit: Limit = None,
    until: Until = None,
    time_limit: TimeLimit = None,
    fail_fast: FailFast = False,
    dry_run: DryRun = False,
    order: WithOrder = Order.OLDEST,
) -> Report:
    """Bring stages up to date: make what is missing or stale, in parallel worker processes.

    Every stage that has work gets its share of the workers, however long the queue of another one is.

    Example:
      artpipe run
      artpipe run thumbnails-small web-optimized -j 4
      artpipe run --until 06:30 --order newest --quiet
    """
    flags = Flags(jobs, limit, until, time_limit, fail_fast, dry_run, order)
    return run_stages(common, (), targets, {}, flags)


def upscale(
    common: Common,
    ids: Names = None,
    *,
    model: Model = None,
    scale: Scale = None,
    tile: Tile = None,
    gpu: Gpu = None,
    tta: Tta = False,
    jobs: Jobs = 0,
    limit: Limit = None,
    until: Until = None,
    time_limit: TimeLimit = None,
    fail_fast: FailFast = False,
    dry_run: DryRun = False,
) -> Report:
    """Enlarge approved images with Real-ESRGAN (stage ersgan-enhanced).

    What is made with a model or scale of its own stays, until its input changes.

    Example:
      artpipe find-ready web-optimized ersgan-enhanced | artpipe upscale - -j 2
      artpipe upscale 00af --model realesrgan-x4plus
    """
    params = {"model": model, "scale": scale, "tile": tile, "gpu": gpu, "tta": tta or None}
    by_hand = {key: value for key, value in params.items() if value is not None}
    flags = Flags(jobs, limit, until, time_limit, fail_fast, dry_run)
    return run_stages(common, ("ersgan-enhanced",), ids, {"ersgan-enhanced": by_hand} if by_hand else {}, flags)


def blurhash(
    common: Common,
    ids: Names = None,
    *,
    components_x: Components = None,
    components_y: Components = None,
    jobs: Jobs = 0,
    limit: Limit = None,
    until: Until = None,
    time_limit: TimeLimit = None,
    fail_fast: FailFast = False,
    dry_run: DryRun = False,
) -> Report:
    """Compute blurhashes (stage blurhash).

    Example:
      artpipe blurhash
      artpipe blurhash 00af --components-x 5
    """
    params = {"components_x": components_x, "components_y": components_y}
    by_hand = {key: value for key, value in params.items() if value is not None}
    flags = Flags(jobs, limit, until, time_limit, fail_fast, dry_run)
    return run_stages(common, ("blurhash",), ids, {"blurhash": by_hand} if by_hand else {}, flags)


def run_stages(
    common: Common,
    stages: tuple[str, ...],
    targets: Iterable[str] | None,
    by_hand: Mapping[str, Mapping[str, Any]],
    flags: Flags,
) -> Report:
    from artpipe.actions.identify import resolve_all
    from artpipe.actions.run import RunRequest
    from artpipe.actions.run import run as action
    from artpipe.cli.progress import progress_for
    from artpipe.pipeline.plan import Wish
    from artpipe.pipeline.stopping import Stop

    allowed = seconds_allowed(flags.until, flags.time_limit)
    stop = Stop(seconds=allowed, jobs=flags.limit, on_failure=flags.fail_fast)
    with open_library(common.place()) as library:
        if not stages:
            stages = tuple(name for name in targets or () if name in library.graph.stages)
            targets = [name for name in targets or () if name not in library.graph.stages]
        ids, problems = resolve_all(library, names(targets, common)) if targets else (None, [])
        if common.command in {"run", "rebuild"}:
            problems = [one._replace(message=f"There is no stage and no image {shown(one.item)}.") for one in problems]
        chosen = tuple(ids) if ids is not None else None
        wish = Wish(stages, chosen, by_hand, flags.rebuild, flags.limit if flags.rebuild else None)
        request = RunRequest(
            *(common.command, wish, flags.jobs, stop, flags.dry_run, tuple(problems)),
            order=flags.order.value,
        )
        return action(library, request, progress_for(common))


def jobs(common: Common, *, status: WithStatus = None, stage: WithStage = None, limit: Limit = None) -> Report:
    """Show jobs that are pending, running or failed, with the reasons.

    Example:
      artpipe jobs
      artpipe jobs --status failed --limit 20
    """
    from artpipe.actions.jobs import jobs as action

    with open_library(common.place()) as library:
        return action(library, status.value if status else None, stage, limit)


def retry(common: Common, targets: Targets = None, *, dry_run: DryRun = False) -> Report:
    """Make failed jobs due again; the next run takes them.

    Example:
      artpipe retry
      artpipe retry ersgan-enhanced
    """
    from artpipe.actions.jobs import retry as action

    with open_library(common.place()) as library:
        stages = tuple(name for name in targets or () if name in library.graph.stages)
        ids = tuple(names([name for name in targets or () if name not in library.graph.stages], common))
        return action(library, stages, ids, dry_run=dry_run)
