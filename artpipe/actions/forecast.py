"""What a run would do, how long it is likely to take, how much room it is likely to need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from artpipe.actions.report import Report, Table
from artpipe.actions.stats import human_size
from artpipe.db import past
from artpipe.model import UPSTREAM

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from artpipe.actions.run import RunRequest
    from artpipe.library import Library
    from artpipe.pipeline.plan import Planner

# What is made for these reasons takes the place of nothing.
_NEW = ("missing", "retry")
_MINUTE, _HOUR = 60, 3600


def forecast(library: Library, planner: Planner, planned: Counter[tuple[str, str]], request: RunRequest) -> Report:
    """Counts by stage and reason, with what the past says about time and room."""
    by_stage: dict[str, dict[str, int]] = {}
    for stage in planner.stages:
        reasons = {reason: number for (name, reason), number in planned.items() if name == stage}
        if reasons:
            by_stage[stage] = dict(sorted(reasons.items()))
    total = planned.total()
    if request.stop.jobs is not None:
        total = min(total, request.stop.jobs)
    likely = _likely(library, planner, by_stage, request.workers or library.settings.workers())
    rows = [(stage, reason, number) for stage, reasons in by_stage.items() for reason, number in reasons.items()]
    said = f"{total} jobs would run" if total else "Nothing to do: everything is up to date"
    videos = _videos(planner, by_stage)
    # A part of the plan, in whichever order, is not what was forecast.
    parts = [f"What is made of the frames of {videos} video{'s' * (videos > 1)} comes on top"] if videos else []
    parts += _sentences(likely) if total == planned.total() else []
    return Report(
        data={"would_run": total, "by_stage": by_stage, "videos": videos, "forecast": likely},
        tables=[Table(("stage", "reason", "jobs"), rows)] if rows else [],
        notes=[*planner.pairing_problems, said, *parts],
        problems=request.problems,
    )


def _videos(planner: Planner, by_stage: Mapping[str, Mapping[str, int]]) -> int:
    """How many videos are about to give frames that the planned stages then go on with; nobody knows how many yet."""
    stages = [planner.graph.stages[name] for name in planner.stages]
    taken = {stage.name for stage in stages if stage.many and by_stage.get(stage.name)}
    go_on = any({UPSTREAM, *taken} & set(stage.inputs) for stage in stages)
    return max((sum(by_stage[name].values()) for name in taken), default=0) if go_on else 0


def _likely(
    library: Library, planner: Planner, by_stage: Mapping[str, Mapping[str, int]], workers: int
) -> dict[str, Any]:
    """Time and room for everything that is planned; `unknown` are the stages that nothing is known about."""
    stages: dict[str, dict[str, Any]] = {}
    busiest = 0.0
    for name, reasons in by_stage.items():
        stage = planner.graph.stages[name]
        known = past.of_stage(library.db, stage)
        if known is None:
            continue
        work = known.seconds * sum(reasons.values())
        busiest = max(busiest, work / min(stage.workers or workers, workers))
        size = known.size * sum(reasons.get(reason, 0) for reason in _NEW)
        stages[name] = {"from_jobs": known.jobs, "work_seconds": round(work, 3), "bytes": round(size)}
    work = sum(one["work_seconds"] for one in stages.values())
    return {
        "workers": workers,
        # No stage ends before its own few places have done their part.
        "seconds": round(max(work / workers, busiest), 3) if stages else None,
        "bytes": sum(one["bytes"] for one in stages.values()) if stages else None,
        "by_stage": stages,
        "unknown": [name for name in by_stage if name not in stages],
    }


def _sentences(likely: Mapping[str, Any]) -> list[str]:
    said = []
    if likely["seconds"] is not None:
        jobs = sum(one["from_jobs"] for one in likely["by_stage"].values())
        room = human_size(likely["bytes"])
        took = human_time(likely["seconds"])
        said.append(
            f"About {took} with {likely['workers']} workers and {room} more on disk, judging by {jobs} past jobs"
        )
    if likely["unknown"]:
        said.append(f"No forecast for {', '.join(likely['unknown'])}: never made here")
    return said


def human_time(seconds: float) -> str:
    if seconds < 1:
        return "a second"
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"
