"""start-job, complete-job, fail-job: jobs that a user's own program does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from artpipe.actions.identify import resolve
from artpipe.actions.report import Problem, Report
from artpipe.db import artifacts, claims
from artpipe.errors import BusyError, UsageError
from artpipe.names import shown
from artpipe.pipeline.outside_stages import current_input, require_stage_name
from artpipe.store.callers import caller

if TYPE_CHECKING:
    from artpipe.db.connection import Row
    from artpipe.library import Library


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A job to claim.

    Args:
        keep: the claim does not end with the program that made it.
        if_missing: only if the artifact is not there.
    """

    name: str
    stage: str
    keep: bool = False
    if_missing: bool = False


def start_job(library: Library, request: StartRequest) -> Report:
    """Claim a job.

    Raises:
        BusyError: somebody else has it, or has done it where that is asked for.
    """
    require_stage_name(request.stage)
    found, problems = resolve(library, [request.name])
    if not found:
        return Report(problems=problems)
    by = None if request.keep else caller()
    job = _claimed(library, found[0], request, by)
    if job is None and took_back(library):
        job = _claimed(library, found[0], request, by)
    if job is None:
        raise BusyError(_busy(library, found[0], request.stage))
    return Report(data={"id": found[0], "stage": request.stage, "job": job})


def took_back(library: Library) -> bool:
    """Whether those who are gone had anything in hand."""
    from artpipe.actions.run import reclaim_dead

    return reclaim_dead(library) > 0


def _claimed(library: Library, image_id: str, request: StartRequest, by: str | None) -> int | None:
    db, stage = library.db, request.stage
    with db.transaction():
        if request.if_missing and _is_made(library, image_id, stage):
            raise BusyError(f"{stage} of {shown(image_id)} is there already; without --if-missing it is claimed again.")
        if claims.running(db, image_id, stage) is not None:
            return None
        return claims.take(db, (image_id, stage), current_input(library, image_id, stage), by)


def _is_made(library: Library, image_id: str, stage: str) -> bool:
    if artifacts.get(library.db, image_id, stage) is not None:
        return True
    # Building the graph takes longer than all the rest; most often there was a file.
    known = library.graph.stages.get(stage)
    if known is None or known.table == "artifacts":
        return False
    return bool(artifacts.values_of_image(library.db, known.table, image_id))


def _busy(library: Library, image_id: str, stage: str) -> str:
    return _in_hand(claims.running(library.db, image_id, stage), image_id, stage)


def _in_hand(job: Row | None, image_id: str, stage: str) -> str:
    what = f"{stage} of {shown(image_id)}"
    if job is None:
        return f"{what} was in hand a moment ago. Try again."
    if job["run_id"] is not None:
        return f"Run {job['run_id']} is at work on {what}. Leave it, or try again later."
    return (
        f"Another program is at work on {what} since {job['started_at']} UTC. Leave it, or try again later;"
        " if that program is gone, `artpipe fail-job` ends its claim."
    )


def complete_job(library: Library, name: str, stage: str) -> Report:
    """End a claim well."""
    return _end(library, name, stage, None)


def fail_job(library: Library, name: str, stage: str, message: str) -> Report:
    """End a claim badly, with the reason."""
    return _end(library, name, stage, message)


def _end(library: Library, name: str, stage: str, failure: str | None) -> Report:
    """Settle the claim on a job, whoever made it: the process that claimed need not be the one that ends it.

    Raises:
        BusyError: a run has the job, which will end it itself.
    """
    if not stage:
        raise UsageError("Name the stage.")
    found, problems = resolve(library, [name])
    if not found:
        return Report(problems=problems)
    with library.db.transaction():
        job = claims.running(library.db, found[0], stage)
        if job is not None and job["run_id"] is not None:
            raise BusyError(_in_hand(job, found[0], stage))
        if job is not None and failure is None:
            claims.complete(library.db, job["id"])
        elif job is not None:
            claims.fail(library.db, job["id"], "outside", failure or "no reason given")
    if job is None:
        message = f"No job {stage} of {shown(found[0])} is running. `artpipe start-job` claims one."
        return Report(problems=[Problem("not-running", found[0], message)])
    return Report(
        data={"id": found[0], "stage": stage, "job": job["id"]}, notes=_hint(library, found[0], stage, failure)
    )


def _hint(library: Library, image_id: str, stage: str, failure: str | None) -> list[str]:
    if failure is not None or _is_made(library, image_id, stage):
        return []
    return [f"No {stage} of {shown(image_id)} is recorded; `artpipe log-artifact` does that"]
