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


# So many images are looked up one by one; for more of them the queue is gone through.
_MANY = 5000


def any_to_claim(db: Database, stage: str, *, selected: bool) -> bool:
    """Asked before claiming, so that a run that waits for its workers does not ask for the write lock all the time."""
    return db.row(f"SELECT 1 {_pending(db, selected=selected)} LIMIT 1", (stage,)) is not None


def _pending(db: Database, *, selected: bool) -> str:
    """SQL for the pending jobs of a stage that are due; a small selection is not looked for in a long queue."""
    if not selected:
        return f"FROM jobs j INDEXED BY jobs_by_age WHERE j.status = 'pending' AND j.stage = ? AND {DUE}"
    size = db.scalar("SELECT count(*) FROM (SELECT 1 FROM temp.selection LIMIT ?)", (_MANY + 1,))
    if size > _MANY:
        return f"{_pending(db, selected=False)} AND j.image_id IN (SELECT id FROM temp.selection)"
    return (
        "FROM temp.selection s CROSS JOIN jobs j INDEXED BY jobs_open ON j.image_id = s.id AND j.stage = ?"
        f" AND j.status IN ('pending', 'running') WHERE j.status = 'pending' AND {DUE}"
    )


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
    pending = _pending(db, selected=pick.selected)
    rows = db.rows(
        f"{_TAKE} (SELECT j.id {pending} ORDER BY {_ORDERS[pick.order]} LIMIT ?) RETURNING id",
        (run_id, pick.stage, pick.limit),
    )
    return sorted(row[0] for row in rows)


_TAKE = (
    "UPDATE jobs SET status = 'running', run_id = ?, started_at = CURRENT_TIMESTAMP, attempts = attempts + 1"
    " WHERE id IN"
)
# A selection is sorted as a whole; of a whole queue only a few places are looked at (`_claim_random`).
_ORDERS: dict[Order, str] = {
    "oldest": "j.image_created_at, j.id",
    "newest": "j.image_created_at DESC, j.id DESC",
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
