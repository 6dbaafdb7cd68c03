"""What finished jobs tell about those to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from artpipe.db import counters

if TYPE_CHECKING:
    from artpipe.db.connection import Database
    from artpipe.model import Stage

# The newest so many jobs of a stage: enough for a mean, few enough to be read at once in a library of any size.
SAMPLE = 200


class Past(NamedTuple):
    """What jobs of a stage took and left, on average.

    Args:
        jobs: how many the average is of.
        size: bytes of an artifact; 0 for a stage that makes no files.
    """

    jobs: int
    seconds: float
    size: float


def of_stage(db: Database, stage: Stage) -> Past | None:
    """The averages of a stage, those with today's recipe if there are any; None if it was never done here."""
    rows = db.rows(
        "SELECT count(*) AS jobs, avg(seconds) AS seconds, recipe IS ? AS same FROM (SELECT seconds, recipe FROM jobs"
        " WHERE status = 'completed' AND stage = ? ORDER BY id DESC LIMIT ?) WHERE seconds IS NOT NULL"
        " GROUP BY same ORDER BY same DESC LIMIT 1",
        (stage.recipe, stage.name, SAMPLE),
    )
    if not rows:
        return None
    number = counters.numbers(db, "artifacts").get(stage.name, 0)
    size = counters.sizes(db, "artifacts").get(stage.name, 0)
    return Past(rows[0]["jobs"], rows[0]["seconds"], size / number if number else 0.0)
