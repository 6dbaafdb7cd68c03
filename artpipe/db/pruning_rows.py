"""Rows that nobody wants any more: jobs of stages that are gone, values of rejected images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db.artifacts import ROW_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.db.connection import Database
    from artpipe.db.pruning import Scope


class RowScope(NamedTuple):
    """What counts as unwanted.

    Args:
        files: the same of files.
        kept: tables of values that rejected images keep.
    """

    files: Scope
    kept: Sequence[str]


# Completed jobs stay as history; what is in somebody's hands is none of ours; what scripts began is theirs.
_JOBS = """
FROM jobs j WHERE j.status IN ('pending', 'failed') AND j.stage NOT IN (SELECT value FROM json_each(:known))
  AND (:stage IS NULL OR j.stage = :stage) AND (j.reason IS NOT NULL OR :stage IS NOT NULL)
"""
# A value that is gone is computed again when it is wanted again; where no original is left, nothing could.
_VALUES = """
FROM {table} v CROSS JOIN images i ON i.id = v.image_id
WHERE (:stage IS NULL OR :stage IN (:name, v.stage)) AND (v.recipe IS NOT NULL OR :stage IS NOT NULL)
  AND (v.stage NOT IN (SELECT value FROM json_each(:known))
       OR (i.rejected IS TRUE AND i.content <> 'truncated' AND :name NOT IN (SELECT value FROM json_each(:kept))))
"""


def jobs(db: Database, scope: RowScope) -> dict[str, int]:
    """How many by stage."""
    rows = db.rows(f"SELECT j.stage, count(*) {_JOBS} GROUP BY 1 ORDER BY 1", _parameters(scope))
    return {row[0]: row[1] for row in rows}


def values(db: Database, scope: RowScope) -> dict[str, int]:
    """How many by kind."""
    found = {
        name: int(db.scalar(f"SELECT count(*) {_VALUES.format(table=table)}", {**_parameters(scope), "name": name}))
        for table, name in ROW_TABLES.items()
    }
    return {name: number for name, number in found.items() if number}


def delete(db: Database, scope: RowScope) -> None:
    """Within an open transaction: remove them all."""
    db.execute(f"DELETE FROM jobs WHERE id IN (SELECT j.id {_JOBS})", _parameters(scope))
    for table, name in ROW_TABLES.items():
        unwanted = f"SELECT v.rowid {_VALUES.format(table=table)}"
        db.execute(f"DELETE FROM {table} WHERE rowid IN ({unwanted})", {**_parameters(scope), "name": name})


def _parameters(scope: RowScope) -> dict[str, str | None]:
    known, stage = json.dumps(list(scope.files.known)), scope.files.stage
    return {"known": known, "stage": stage, "kept": json.dumps(list(scope.kept))}
