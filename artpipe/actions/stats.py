"""stats: totals by decision, artifacts by stage, jobs by status, space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.actions.report import Report, Table
from artpipe.db import artifacts, images, jobs

if TYPE_CHECKING:
    from artpipe.library import Library


def stats(library: Library) -> Report:
    db = library.db
    with db.snapshot():
        data = {
            "images": images.counts(db),
            "artifacts": artifacts.counts(db),
            "jobs": jobs.counts(db),
            "bytes": artifacts.sizes(db),
        }
    return Report(data=data, tables=_tables(data))


def _tables(data: dict[str, dict[str, int]]) -> list[Table]:
    sizes = data["bytes"]
    stages = [
        (stage, number, human_size(sizes[stage]) if stage in sizes else "")
        for stage, number in data["artifacts"].items()
    ]
    return [
        Table(("images", "number"), list(data["images"].items())),
        Table(("artifacts", "number", "space"), stages),
        Table(("jobs", "number"), list(data["jobs"].items())),
    ]


_STEP = 1024


def human_size(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < _STEP:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= _STEP
    return f"{size:.1f} TiB"
