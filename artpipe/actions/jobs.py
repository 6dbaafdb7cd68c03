"""jobs: what is pending, running, failed, for which reasons. retry: make what failed due again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.actions.identify import resolve_all
from artpipe.actions.report import Problem, Report, Table
from artpipe.db import jobs as job_rows
from artpipe.errors import UsageError

if TYPE_CHECKING:
    from artpipe.library import Library

OPEN = ("pending", "running", "failed")
COLUMNS = (
    *(
        "id",
        "image_id",
        "stage",
        "status",
        "reason",
        "attempts",
        "retry_count",
        "error_code",
        "error_message",
    ),
    *("failure_kind", "due_at", "started_at", "completed_at", "run_id"),
)


def jobs(library: Library, status: str | None, stage: str | None, limit: int | None) -> Report:
    """Jobs with their reasons; completed ones only when asked for."""
    statuses = (status,) if status else OPEN
    items = [{column: row[column] for column in COLUMNS} for row in job_rows.listed(library.db, statuses, stage, limit)]
    rows = [
        (
            item["image_id"],
            item["stage"],
            item["status"],
            item["attempts"],
            item["error_code"] or "",
            item["error_message"] or "",
        )
        for item in items
    ]
    table = Table(("image", "stage", "status", "attempts", "code", "why"), rows)
    data = {"jobs": items, "counts": job_rows.counts(library.db)}
    return Report(data=data, tables=[table] if rows else [])


def retry(library: Library, stages: tuple[str, ...], names: tuple[str, ...], *, dry_run: bool = False) -> Report:
    """Make failed jobs pending again, whatever failed them and however often."""
    require_stages(library, stages)
    ids: list[str] | None = None
    problems: list[Problem] = []
    if names:
        ids, problems = resolve_all(library, names)
    if dry_run:
        number = job_rows.count_retry(library.db, stages, ids)
    else:
        with library.db.transaction():
            number = job_rows.retry(library.db, stages, ids)
    would = "would be " if dry_run else ""
    return Report(data={"retried": number}, notes=[f"{number} failed jobs {would}due again"], problems=problems)


def require_stages(library: Library, stages: tuple[str, ...]) -> None:
    """Refuse names that are no stages.

    Raises:
        UsageError: says which stages there are.
    """
    for stage in stages:
        if stage not in library.graph.stages:
            known = ", ".join(library.graph.order())
            raise UsageError(f"There is no stage {stage!r}. Stages: {known}.")
