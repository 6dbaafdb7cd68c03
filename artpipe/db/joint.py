"""Stages that are made from several files: of one image, or of the parents of a result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from artpipe.db.conditions import ASKED_AGAIN, AUDIENCE, OTHER_RECIPE, RETRIED, TRIED, is_no_list
from artpipe.db.jobs import asked
from artpipe.model import Claim, Input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.db.connection import Database, Row
    from artpipe.model import Json, Stage

# Whoever plans an image looks at what its parents will have, too: they are on the page as guests.
_PARENTS = (
    "WITH RECURSIVE up(id) AS (SELECT id FROM temp.{table} UNION"
    " SELECT l.parent_id FROM up JOIN lineage l ON l.child_id = up.id WHERE l.stage IS NOT NULL)"
)


def invite_parents(db: Database) -> None:
    """Put the parents of the images of the page on it, as guests: planned along, neither counted nor settled."""
    db.execute(f"{_PARENTS.format(table='page')} INSERT OR IGNORE INTO temp.page (id, guest) SELECT id, TRUE FROM up")


def invite_children(db: Database) -> None:
    """Put what was made of the images of the page on it."""
    db.execute(
        "INSERT OR IGNORE INTO temp.page (id) SELECT l.child_id FROM temp.page p"
        " CROSS JOIN lineage l ON l.parent_id = p.id"
        " WHERE l.stage IS NOT NULL"
    )


def select_parents(db: Database) -> None:
    """Parents of the selected images come along, as the stages do that a stage is made from."""
    db.execute(f"{_PARENTS.format(table='selection')} INSERT OR IGNORE INTO temp.selection SELECT id FROM up", ())


def plan(db: Database, stage: Stage, parameters: dict[str, str | int | None], lists: int = 0) -> None:
    """Add what is wanted of the stage to `temp.wanted`, for the images of the page.

    Args:
        lists: see `is_no_list`.
    """
    db.execute(_wanted_sql(stage, lists), {**parameters, **_sources(stage)})


def _sources(stage: Stage) -> dict[str, str]:
    named = {f"source{at}": name for at, name in enumerate(stage.inputs)}
    return named | {f"role{at}": name for at, name in enumerate(stage.names)}


def _fingerprint(stage: Stage) -> str:
    """As `Claim.input_sha256` puts it together."""
    return "(" + " || '+' || ".join(f"a{at}.sha256" for at in range(len(stage.inputs))) + ")"


def _joins(stage: Stage) -> str:
    """One artifact `a0`, `a1`, … for each input, of the image or of its parent in that role (the image `i0`, …)."""
    parts = []
    for at in range(len(stage.inputs)):
        owner = "i" if stage.pairs is None else f"i{at}"
        if stage.pairs is not None:
            parts.append(
                f"CROSS JOIN lineage l{at} ON l{at}.child_id = i.id AND l{at}.stage = :stage AND l{at}.role = :role{at}"
                f" CROSS JOIN images i{at} ON i{at}.id = l{at}.parent_id"
            )
        source = f":source{at}"
        parts.append(
            f"LEFT JOIN artifacts a{at} ON a{at}.image_id = {owner}.id"
            f" AND a{at}.stage = CASE {source} WHEN 'upstream' THEN {owner}.origin ELSE {source} END"
            f" LEFT JOIN temp.wanted w{at} ON w{at}.image_id = {owner}.id"
            f" AND w{at}.stage = CASE {source} WHEN 'upstream' THEN {owner}.origin ELSE {source} END"
        )
    return "\n".join(parts)


def _audience(stage: Stage) -> str:
    """A result is made for its parents' sake, as long as it is not rejected itself."""
    if stage.pairs is None:
        return AUDIENCE[stage.audience]
    of_parents = [AUDIENCE[stage.audience].replace("i.", f"i{at}.") for at in range(len(stage.inputs))]
    return " AND ".join(["i.rejected IS NOT TRUE", *of_parents])


def _no_lists(stage: Stage, number: int) -> str:
    """Of each input, that it is no list."""
    owners = ["i" if stage.pairs is None else f"i{at}" for at in range(len(stage.inputs))]
    return " AND ".join(is_no_list(owner, f":source{at}", number) for at, owner in enumerate(owners))


def _wanted_sql(stage: Stage, lists: int) -> str:
    every = range(len(stage.inputs))
    made_from = _fingerprint(stage)
    remade = "COALESCE(" + ", ".join(f"w{at}.image_id" for at in every) + ")"
    again = " OR ".join(f"w{at}.reason NOT IN ('missing', 'retry')" for at in every)
    there = " AND ".join(f"(a{at}.image_id IS NOT NULL OR w{at}.image_id IS NOT NULL)" for at in every)
    tried = TRIED.format(input_sha256=made_from)
    return f"""
INSERT INTO temp.wanted (image_id, stage, reason, ready)
SELECT i.id, :stage,
    CASE WHEN {remade} IS NULL AND EXISTS ({tried} AND {RETRIED}) THEN 'retry'
         WHEN o.image_id IS NULL THEN 'missing'
         WHEN {OTHER_RECIPE} THEN 'recipe-changed'
         WHEN o.input_sha256 <> {made_from} THEN 'input-changed'
         WHEN {ASKED_AGAIN} THEN 'rebuild'
         ELSE 'input-remade' END,
    {remade} IS NULL
FROM temp.page p
CROSS JOIN images i ON i.id = p.id
{_joins(stage)}
LEFT JOIN artifacts o ON o.image_id = i.id AND o.stage = :stage
WHERE {_audience(stage)} AND {_no_lists(stage, lists)}
  AND (:registered IS NULL OR (i.origin = 'upstream') = :registered)
  AND {there}
  AND (o.image_id IS NULL OR {OTHER_RECIPE} OR o.input_sha256 <> {made_from} OR {again} OR {ASKED_AGAIN})
  AND (:claiming OR {remade} IS NOT NULL OR NOT EXISTS ({tried} AND NOT {RETRIED}) OR {ASKED_AGAIN})
"""


def claimed(db: Database, job_ids: Sequence[int], stage: Stage) -> list[Claim]:
    """Everything about claimed jobs of one such stage; jobs of which an input is gone are left out."""
    columns = ", ".join(
        f"a{at}.image_id AS image{at}, a{at}.stage AS stage{at}, a{at}.file_path AS path{at}, a{at}.sha256 AS sha{at}"
        for at in range(len(stage.inputs))
    )
    there = " AND ".join(f"a{at}.image_id IS NOT NULL" for at in range(len(stage.inputs)))
    rows = db.rows(
        f"SELECT j.id, j.image_id, j.stage, j.params, j.attempts, {columns}"
        " FROM json_each(:jobs) c JOIN jobs j ON j.id = c.value AND j.stage = :stage JOIN images i ON i.id = j.image_id"
        f" {_joins(stage)} WHERE {there} ORDER BY j.id",
        {"jobs": json.dumps(list(job_ids)), "stage": stage.name, **_sources(stage)},
    )
    return [_claim(row, stage) for row in rows]


def _claim(row: Row, stage: Stage) -> Claim:
    return Claim(
        job_id=row["id"],
        image_id=row["image_id"],
        stage=row["stage"],
        inputs=tuple(
            Input(name, row[f"image{at}"], row[f"stage{at}"], row[f"path{at}"], row[f"sha{at}"])
            for at, name in enumerate(stage.names)
        ),
        params=asked(row["params"]),
        attempts=row["attempts"],
    )


def explain(db: Database, stage: Stage, image_id: str) -> dict[str, Json]:
    """What planning sees of one image; `inputs` says of each whose it is, what was decided, and whether it is there."""
    owners = {row["role"]: row for row in _parents(db, stage, image_id)} if stage.pairs is not None else {}
    own = db.row("SELECT id, approved, rejected FROM images WHERE id = ?", (image_id,))
    inputs = []
    for name, source in zip(stage.names, stage.inputs, strict=True):
        owner = owners.get(name) if stage.pairs is not None else own
        file = db.row(
            "SELECT a.sha256 FROM images i JOIN artifacts a ON a.image_id = i.id"
            " AND a.stage = CASE ?1 WHEN 'upstream' THEN i.origin ELSE ?1 END WHERE i.id = ?2",
            (source, owner["id"] if owner is not None else ""),
        )
        inputs.append(
            {
                "name": name,
                "id": owner["id"] if owner is not None else None,
                "stage": source,
                "approved": bool(owner and owner["approved"]),
                "rejected": bool(owner and owner["rejected"]),
                "sha256": file["sha256"] if file is not None else None,
                "there": file is not None,
            }
        )
    return _facts(db, stage, own, inputs)


def _parents(db: Database, stage: Stage, image_id: str) -> list[Row]:
    return db.rows(
        "SELECT l.role, i.id, i.approved, i.rejected FROM lineage l JOIN images i ON i.id = l.parent_id"
        " WHERE l.child_id = ? AND l.stage = ?",
        (image_id, stage.name),
    )


def _facts(db: Database, stage: Stage, own: Row | None, inputs: list[dict[str, Json]]) -> dict[str, Json]:
    made = db.row(
        "SELECT recipe, pinned, input_sha256, processing_params FROM artifacts WHERE image_id = ? AND stage = ?",
        (own["id"] if own is not None else "", stage.name),
    )
    missing = [one for one in inputs if not one["there"]]
    return {
        "approved": bool(own and own["approved"]),
        "rejected": bool(own and own["rejected"]),
        "inputs": inputs,
        "input_stage": missing[0]["stage"] if missing else stage.inputs[0],
        "has_input": None if missing else True,
        "has_output": None if made is None else True,
        "recipe": made["recipe"] if made is not None else None,
        "pinned": bool(made and made["pinned"]),
        "made_from": made["input_sha256"] if made is not None else None,
        "processing_params": made["processing_params"] if made is not None else None,
    }
