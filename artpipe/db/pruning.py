"""Files that stages made and that nobody wants any more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db.artifacts import ROW_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.db.connection import Database, Row


class Scope(NamedTuple):
    """What counts as unwanted.

    Args:
        known: stages that there are; the files of all others are of removed stages.
        kept: stages whose files rejected images keep.
        stage: only this one, and then also what other programs made of it; None for all.
    """

    known: Sequence[str]
    kept: Sequence[str]
    stage: str | None = None


class Unwanted(NamedTuple):
    """A file that may go."""

    row: int
    image_id: str
    stage: str
    path: str
    size: int
    reason: str


# Never an image's own file (its original, or the result that it is), never a file that lies in another stage's folder,
# never what somebody is at work on, never what another program made unless that stage is named.
_WHERE = """
FROM artifacts a CROSS JOIN images i ON i.id = a.image_id
WHERE a.stage <> 'upstream' AND a.stage <> i.origin
  AND substr(a.file_path, 1, length(a.stage) + 1) = a.stage || '/'
  AND (:stage IS NULL OR a.stage = :stage)
  AND (a.recipe IS NOT NULL OR :stage IS NOT NULL)
  AND (a.stage NOT IN (SELECT value FROM json_each(:known))
       OR (i.rejected IS TRUE AND a.stage NOT IN (SELECT value FROM json_each(:kept))))
  AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.image_id = a.image_id AND j.stage = a.stage AND j.status = 'running')
"""
_REASON = "CASE WHEN a.stage IN (SELECT value FROM json_each(:known)) THEN 'rejected' ELSE 'stage-removed' END"


def _parameters(scope: Scope) -> dict[str, str | int | None]:
    return {"known": json.dumps(list(scope.known)), "kept": json.dumps(list(scope.kept)), "stage": scope.stage}


def totals(db: Database, scope: Scope) -> list[Row]:
    """How many files of which size, by stage and reason."""
    return db.rows(
        f"SELECT a.stage, {_REASON} AS reason, count(*) AS files, sum(COALESCE(a.file_size, 0)) AS bytes {_WHERE}"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        _parameters(scope),
    )


def page(db: Database, scope: Scope, after: int, size: int) -> list[Unwanted]:
    """The next files in the order of their rows."""
    rows = db.rows(
        f"SELECT a.id, a.image_id, a.stage, a.file_path, COALESCE(a.file_size, 0), {_REASON} {_WHERE}"
        " AND a.id > :after ORDER BY a.id LIMIT :size",
        {**_parameters(scope), "after": after, "size": size},
    )
    return [Unwanted(*row) for row in rows]


def pages(db: Database, scope: Scope, size: int) -> Iterator[list[Unwanted]]:
    after = 0
    while found := page(db, scope, after, size):
        after = found[-1].row
        yield found


def forget(db: Database, unwanted: Sequence[Unwanted]) -> None:
    """Within an open transaction: delete the rows of these files, and the values computed for removed stages."""
    db.many("DELETE FROM artifacts WHERE id = ? AND file_path = ?", ((one.row, one.path) for one in unwanted))
    removed = [(one.image_id, one.stage) for one in unwanted if one.reason == "stage-removed"]
    for table in ROW_TABLES:
        db.many(f"DELETE FROM {table} WHERE image_id = ? AND stage = ?", removed)
