"""Table `rebuilds`: what somebody asked to be made again although nothing has changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from artpipe.db.artifacts import ROW_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.db.connection import Database
    from artpipe.model import Stage


def ask(db: Database, stage: Stage, ids: Sequence[str] | None, most: int | None) -> int:
    """Within an open transaction: ask for what the stage made of the images of the page; returns for how many.

    Files that other programs made are asked for only if their images are named: nobody can bring those back.

    Args:
        ids: only these images; None for all of the page.
    """
    own_row = "o.stage = :stage" if stage.table == "artifacts" else "TRUE"
    return db.execute(
        f"INSERT OR IGNORE INTO rebuilds SELECT DISTINCT p.id, :stage FROM temp.page p"
        f" CROSS JOIN {stage.table} o ON o.image_id = p.id AND {own_row} WHERE NOT p.guest"
        " AND (o.recipe IS NOT NULL OR :ids IS NOT NULL)"
        " AND (:ids IS NULL OR p.id IN (SELECT value FROM json_each(:ids))) LIMIT :most",
        {
            "stage": stage.name,
            "ids": None if ids is None else json.dumps(list(ids)),
            "most": -1 if most is None else most,
        },
    ).rowcount


def forget_unwanted(db: Database, stages: Sequence[str]) -> int:
    """Within an open transaction: take back what the planned page does not want at all; returns of how many."""
    return db.execute(
        "DELETE FROM rebuilds WHERE image_id IN (SELECT id FROM temp.page)"
        " AND stage IN (SELECT value FROM json_each(?))"
        " AND NOT EXISTS (SELECT 1 FROM temp.wanted w"
        " WHERE w.image_id = rebuilds.image_id AND w.stage = rebuilds.stage)",
        (json.dumps(list(stages)),),
    ).rowcount


def done(db: Database, ended: Sequence[tuple[str, str]]) -> None:
    """Within an open transaction: these (image id, stage) were made again, or have failed."""
    db.many("DELETE FROM rebuilds WHERE image_id = ? AND stage = ?", ended)


_PINNED = " OR ".join(
    [
        "EXISTS (SELECT 1 FROM artifacts o WHERE o.image_id = w.image_id AND o.stage = w.stage AND o.pinned)",
        *(
            f"(w.stage = '{name}' AND EXISTS (SELECT 1 FROM {table} o WHERE o.image_id = w.image_id AND o.pinned))"
            for table, name in ROW_TABLES.items()
        ),
    ]
)


def keep_parameters(db: Database) -> None:
    """Within an open transaction: what was asked for by hand is made again with the parameters it had then."""
    db.execute(
        "UPDATE jobs SET params = (SELECT c.params FROM jobs c INDEXED BY jobs_by_image"
        " WHERE c.image_id = jobs.image_id AND c.stage = jobs.stage AND c.status = 'completed' AND c.params IS NOT NULL"
        " ORDER BY c.id DESC LIMIT 1) WHERE id IN (SELECT j.id FROM temp.wanted w"
        " CROSS JOIN jobs j INDEXED BY jobs_by_image"
        " ON j.image_id = w.image_id AND j.stage = w.stage AND j.status = 'pending' AND j.params IS NULL"
        f" WHERE w.reason = 'rebuild' AND w.ready AND ({_PINNED}))"
    )
