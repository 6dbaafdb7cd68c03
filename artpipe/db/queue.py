"""Taking pending jobs out of the table `jobs`."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db.jobs import DUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.db.connection import Database
    from artpipe.model import Order


def any_to_claim(db: Database, stage: str, *, selected: bool) -> bool:
    """Asked before claiming, so that a run that waits for its workers does not ask for the write lock all the time."""
    within = "AND image_id IN (SELECT id FROM temp.selection)" if selected else ""
    sql = f"SELECT 1 FROM jobs WHERE status = 'pending' AND stage = ? AND {DUE} {within} LIMIT 1"
    return db.row(sql, (stage,)) is not None


class Pick(NamedTuple):
    """Which pending jobs to take.

    Args:
        limit: at most this many.
        selected: only jobs of images in `temp.selection`.
        order: by when their images came; those that came together by when they were queued.
    """

    stage: str
    limit: int
    selected: bool = False
    order: Order = "oldest"


def claim(db: Database, run_id: int, pick: Pick) -> list[int]:
    """Take pending jobs of a stage; returns their ids."""
    if pick.order == "random" and not pick.selected:
        return _claim_random(db, run_id, pick)
    within = "AND image_id IN (SELECT id FROM temp.selection)" if pick.selected else ""
    rows = db.rows(
        f"{_TAKE} (SELECT id FROM jobs INDEXED BY jobs_by_age WHERE status = 'pending' AND stage = ?"
        f" AND {DUE} {within} ORDER BY {_ORDERS[pick.order]} LIMIT ?) RETURNING id",
        (run_id, pick.stage, pick.limit),
    )
    return sorted(row[0] for row in rows)


_TAKE = (
    "UPDATE jobs SET status = 'running', run_id = ?, started_at = CURRENT_TIMESTAMP, attempts = attempts + 1"
    " WHERE id IN"
)
# A selection is sorted as a whole; of a whole queue only a few places are looked at (`_claim_random`).
_ORDERS: dict[Order, str] = {
    "oldest": "image_created_at, id",
    "newest": "image_created_at DESC, id DESC",
    "random": "random()",
}


def _claim_random(db: Database, run_id: int, pick: Pick) -> list[int]:
    """The first jobs after random places in the queue, found by the index one by one; fewer where they coincide."""
    first = "SELECT id FROM jobs INDEXED BY jobs_by_status WHERE status = 'pending' AND stage = ?"
    low = db.scalar(f"{first} ORDER BY id LIMIT 1", (pick.stage,))
    if low is None:
        return []
    high: int = db.scalar(f"{first} ORDER BY id DESC LIMIT 1", (pick.stage,))
    # The lowest place is always among them, so that something is found as long as something is there.
    places = [low, *(random.randint(low, high) for _ in range(pick.limit - 1))]  # noqa: S311 - not for secrets
    rows = db.rows(
        f"{_TAKE} (SELECT (SELECT j.id FROM jobs j INDEXED BY jobs_by_status WHERE j.status = 'pending'"
        f" AND j.stage = ? AND {DUE} AND j.id >= p.value ORDER BY j.id LIMIT 1) FROM json_each(?) p) RETURNING id",
        (run_id, pick.stage, json.dumps(places)),
    )
    return sorted(row[0] for row in rows)


def claim_siblings(
    db: Database, run_id: int, job_ids: Sequence[int], stages: Sequence[str], most: int | None
) -> list[int]:
    """Take the pending jobs of the same images for other stages, so that a picture is opened once for all."""
    rows = db.rows(
        "UPDATE jobs SET status = 'running', run_id = ?, started_at = CURRENT_TIMESTAMP, attempts = attempts + 1"
        " WHERE id IN (SELECT s.id FROM json_each(?) c JOIN jobs j ON j.id = c.value"
        " JOIN jobs s INDEXED BY jobs_by_image ON s.image_id = j.image_id WHERE s.status = 'pending'"
        " AND (s.due_at IS NULL OR s.due_at <= CURRENT_TIMESTAMP)"
        " AND s.stage IN (SELECT value FROM json_each(?)) LIMIT ?) RETURNING id",
        (run_id, json.dumps(list(job_ids)), json.dumps(list(stages)), -1 if most is None else max(most, 0)),
    )
    return sorted(row[0] for row in rows)
