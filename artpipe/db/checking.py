"""What was made and could be made again from the same input with the same recipe."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db import jobs, joint
from artpipe.db.artifacts import ROW_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.db.connection import Database
    from artpipe.model import Claim, Stage

Inputs = dict[str, tuple[str, str]]


class Made(NamedTuple):
    """An artifact as its row describes it.

    Args:
        result: sha256 of the file, or the value.
        file_path: empty for a value.
        recipe: None for what another program made.
    """

    image_id: str
    result: str
    recipe: str | None
    input_sha256: str | None
    processing_params: str | None
    pinned: bool
    file_path: str


def page(db: Database, stage: Stage, ids: Sequence[str] | None, after: str, size: int) -> list[Made]:
    """The next artifacts of a stage in order of image; a value stage has one for each image.

    Of what makes images of their own, what it made of the film; those images come along with it.

    Args:
        ids: only these images; None for all.
    """
    column = ROW_TABLES.get(stage.table, "sha256")
    in_files = stage.table == "artifacts"
    own = "o.stage = :stage" if in_files else ":stage <> ''"
    path = "o.file_path" if in_files else "''"
    if stage.many:
        own += " AND NOT EXISTS (SELECT 1 FROM images i WHERE i.id = o.image_id AND i.origin = :stage)"
    within = "AND o.image_id IN (SELECT value FROM json_each(:ids))" if ids is not None else ""
    rows = db.rows(
        f"SELECT o.image_id, o.{column}, o.recipe, o.input_sha256, o.processing_params, o.pinned, {path}"
        f" FROM {stage.table} o WHERE {own} AND o.image_id > :after {within} ORDER BY o.image_id, o.stage LIMIT :size",
        {"stage": stage.name, "after": after, "size": size, "ids": json.dumps(list(ids or ()))},
    )
    return [Made(*row) for row in rows]


_IMAGINE = """
INSERT INTO jobs (image_id, stage, status, params)
SELECT value, ?1, 'running', (
    SELECT c.params FROM jobs c INDEXED BY jobs_by_image
    WHERE c.image_id = value AND c.stage = ?1 AND c.status = 'completed' ORDER BY c.id DESC LIMIT 1)
FROM (SELECT DISTINCT value FROM json_each(?2))
WHERE NOT EXISTS (SELECT 1 FROM jobs o WHERE o.image_id = value AND o.stage = ?1 AND o.status = 'running')
RETURNING id
"""


def claims(db: Database, stage: Stage, ids: Sequence[str], inputs: Inputs) -> list[Claim]:
    """What a run would take in hand to make these again; nothing of it is kept.

    Rehearsed with the statements that claim real jobs. Images whose stage is in somebody's hands are left out.
    """
    with db.rehearsal():
        taken = [
            row[0]
            for row in db.rows(
                _IMAGINE,
                (stage.name, json.dumps(list(ids))),
            )
        ]
        return joint.claimed(db, taken, stage) if stage.joint else jobs.claimed(db, taken, inputs)
