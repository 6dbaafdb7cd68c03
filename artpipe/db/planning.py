"""Which (image, stage) are wanted: set operations over pages of images, never a loop over single rows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from artpipe.db import joint, rebuilds
from artpipe.db.conditions import ASKED_AGAIN, OTHER_RECIPE, RETRIED, TRIED, audience, is_no_list, list_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from artpipe.db.connection import Database
    from artpipe.model import Json, Stage

Source = Literal["images", "unsettled", "selection"]

_KEY = {
    "images": ("images", "id"),
    "unsettled": ("unsettled", "image_id"),
    "selection": ("temp.selection", "id"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """A stage with what planning it takes.

    Args:
        input_approved, input_other: the stage it is made from, for approved images and for the others ("" : none).
        by_hand: parameters were given for this invocation alone; only then are pinned artifacts looked at too.
        lists: inputs that make images of their own -> what those are made from.
    """

    stage: Stage
    input_approved: str
    input_other: str
    by_hand: bool = False
    lists: Mapping[str, str] = field(default_factory=dict)


def prepare(db: Database) -> None:
    """Make the temporary tables that planning works in."""
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS page (id TEXT PRIMARY KEY NOT NULL, guest BOOLEAN NOT NULL DEFAULT FALSE)"
        " WITHOUT ROWID"
    )
    db.execute("CREATE TEMP TABLE IF NOT EXISTS selection (id TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID")
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS wanted (image_id TEXT NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL,"
        " ready INTEGER NOT NULL, PRIMARY KEY (image_id, stage)) WITHOUT ROWID"
    )


def select(db: Database, ids: Iterable[str]) -> None:
    db.execute("DELETE FROM temp.selection")
    db.many("INSERT OR IGNORE INTO temp.selection VALUES (?)", ((image_id,) for image_id in ids))


def selected_not_approved(db: Database) -> int:
    sql = "SELECT count(*) FROM temp.selection s JOIN images i ON i.id = s.id WHERE i.approved IS NOT TRUE"
    return int(db.scalar(sql))


def load_page(db: Database, source: Source, after: str, size: int) -> str | None:
    """Fill the page with the next images in order of id; returns the last one, or None at the end."""
    table, key = _KEY[source]
    db.execute("DELETE FROM temp.page")
    db.execute(
        f"INSERT INTO temp.page (id) SELECT {key} FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT ?",
        (after, size),
    )
    last: str | None = db.scalar("SELECT max(id) FROM temp.page")
    return last


def load_ids(db: Database, ids: Sequence[str]) -> None:
    db.execute("DELETE FROM temp.page")
    db.execute("INSERT OR IGNORE INTO temp.page (id) SELECT value FROM json_each(?)", (json.dumps(list(ids)),))


def plan_page(db: Database, targets: Sequence[Target], *, claiming: bool = False) -> None:
    """Fill `temp.wanted` for the images of the page.

    Args:
        targets: a stage comes after the stages it is made from.
        claiming: what failed before counts as wanted too; somebody asked for it to be tried again.
    """
    db.execute("DELETE FROM temp.wanted")
    _plan_all(db, targets, claiming=claiming)


def plan_more(db: Database, targets: Sequence[Target]) -> None:
    """Plan further stages, none of which those before are made from, for the images of which nothing was wanted yet.

    The others are taken off the page, as is from stage to stage each of which something turns out to be wanted.
    """
    for target in targets:
        db.execute("DELETE FROM temp.page WHERE id IN (SELECT image_id FROM temp.wanted)")
        _plan_all(db, [target], claiming=False)


def _plan_all(db: Database, targets: Sequence[Target], *, claiming: bool) -> None:
    # Nearly always nobody has asked: then no image has to be looked up.
    rebuilding = db.row("SELECT 1 FROM rebuilds LIMIT 1") is not None
    paired = [target for target in targets if target.stage.pairs is not None]
    others = [target for target in targets if target.stage.pairs is None]
    for target in others:
        _plan(db, target, (claiming, rebuilding), registered=True if paired else None)
    # What is made of pictures that are results themselves comes after the results.
    for target in [*paired, *others] if paired else []:
        _plan(db, target, (claiming, rebuilding), registered=False)


def _plan(db: Database, target: Target, why: tuple[bool, bool], *, registered: bool | None) -> None:
    """Plan one stage; `why` is whether jobs are being claimed, whether anything was asked to be made again."""
    parameters: dict[str, str | int | None] = {
        **_wanted_parameters(target),
        "claiming": why[0],
        "rebuilding": why[1],
        "registered": registered,
    }
    if target.stage.joint:
        joint.plan(db, target.stage, parameters, len(target.lists))
    else:
        db.execute(_wanted_sql(target), parameters)


def ready(db: Database) -> set[tuple[str, str]]:
    """The (image, stage) of the planned page whose input is there."""
    return {(row[0], row[1]) for row in db.rows("SELECT image_id, stage FROM temp.wanted WHERE ready")}


def _wanted_sql(target: Target) -> str:
    output_stage = ":stage" if target.stage.table == "artifacts" else _INPUT
    among = audience(target.stage)
    if target.lists:
        among += " AND " + is_no_list("i", _CHOSEN, len(target.lists))
    return _WANTED.format(table=target.stage.table, output_stage=output_stage, audience=among)


def _wanted_parameters(target: Target) -> dict[str, str | int | None]:
    return {
        "stage": target.stage.name,
        "recipe": target.stage.recipe,
        "input_approved": target.input_approved,
        "input_other": target.input_other,
        "by_hand": target.by_hand,
        "attempts": target.stage.retries + 1,
        **list_parameters(target.lists),
    }


_CHOSEN = "CASE WHEN i.approved THEN :input_approved ELSE :input_other END"
# An image that was made of others has its own file elsewhere than in `upstream`.
_INPUT = f"(CASE {_CHOSEN} WHEN 'upstream' THEN i.origin ELSE {_CHOSEN} END)"
_TRIED = TRIED.format(input_sha256="a.sha256")

# An input that was lost is made again first: only then is known whether what was made from it still fits.
_WANTED = f"""
INSERT INTO temp.wanted (image_id, stage, reason, ready)
SELECT i.id, :stage,
    CASE WHEN w.image_id IS NULL AND EXISTS ({_TRIED} AND {RETRIED}) THEN 'retry'
         WHEN o.image_id IS NULL THEN 'missing'
         WHEN {OTHER_RECIPE} THEN 'recipe-changed'
         WHEN o.input_sha256 <> a.sha256 THEN 'input-changed'
         WHEN {ASKED_AGAIN} THEN 'rebuild'
         ELSE 'input-remade' END,
    w.image_id IS NULL
FROM temp.page p
CROSS JOIN images i ON i.id = p.id
LEFT JOIN artifacts a ON a.image_id = i.id AND a.stage = {_INPUT}
LEFT JOIN temp.wanted w ON w.image_id = i.id AND w.stage = {_INPUT}
LEFT JOIN {{table}} o ON o.image_id = i.id AND o.stage = {{output_stage}}
WHERE {{audience}}
  AND (:registered IS NULL OR (i.origin = 'upstream') = :registered)
  AND (a.image_id IS NOT NULL OR w.image_id IS NOT NULL)
  AND (o.image_id IS NULL OR {OTHER_RECIPE} OR o.input_sha256 <> a.sha256 OR w.reason NOT IN ('missing', 'retry')
       OR {ASKED_AGAIN})
  AND (:claiming OR w.image_id IS NOT NULL OR NOT EXISTS ({_TRIED} AND NOT {RETRIED}) OR {ASKED_AGAIN})
"""


def totals(db: Database, stages: Sequence[str]) -> dict[tuple[str, str], int]:
    """Wanted jobs of the page by (stage, reason)."""
    rows = db.rows(
        "SELECT w.stage, w.reason, count(*) FROM temp.wanted w JOIN temp.page p ON p.id = w.image_id AND NOT p.guest"
        " WHERE w.stage IN (SELECT value FROM json_each(?)) GROUP BY 1, 2",
        (json.dumps(list(stages)),),
    )
    return {(row[0], row[1]): row[2] for row in rows}


def enqueue(db: Database, stages: Sequence[str], params: dict[str, str], limit: int | None = None) -> int:
    """Turn what is wanted and ready into pending jobs; one that failed before becomes pending again itself.

    Args:
        params: stage -> JSON of the parameters asked for by hand.
        limit: at most this many.
    """
    chosen = json.dumps(list(stages))
    most = -1 if limit is None else limit
    retried = db.execute(
        "UPDATE jobs SET status = 'pending', run_id = NULL, due_at = NULL, completed_at = NULL, reason = f.reason,"
        " attempts = CASE f.reason WHEN 'retry' THEN attempts ELSE 0 END, params = json_extract(?, f.path)"
        " FROM (SELECT max(j.id) AS id, w.reason, '$.\"' || w.stage || '\"' AS path"
        " FROM temp.wanted w CROSS JOIN jobs j INDEXED BY jobs_by_image"
        " ON j.image_id = w.image_id AND j.stage = w.stage"
        " WHERE w.ready AND w.stage IN (SELECT value FROM json_each(?)) AND j.status = 'failed'"
        " AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.image_id = j.image_id AND o.stage = j.stage"
        " AND o.status IN ('pending', 'running')) GROUP BY j.image_id, j.stage LIMIT ?) AS f WHERE jobs.id = f.id",
        (json.dumps(params), chosen, most),
    ).rowcount
    most = -1 if limit is None else max(limit - retried, 0)
    added = db.execute(
        "INSERT INTO jobs (image_id, stage, status, reason, params, image_created_at)"
        " SELECT w.image_id, w.stage, 'pending', w.reason, json_extract(?, '$.\"' || w.stage || '\"'), i.created_at"
        " FROM temp.wanted w CROSS JOIN images i ON i.id = w.image_id WHERE w.ready"
        " AND w.stage IN (SELECT value FROM json_each(?)) LIMIT ?"
        " ON CONFLICT (image_id, stage) WHERE status IN ('pending', 'running') DO UPDATE"
        " SET params = excluded.params, reason = excluded.reason"
        " WHERE status = 'pending' AND excluded.params IS NOT NULL",
        (json.dumps(params), chosen, most),
    ).rowcount
    rebuilds.keep_parameters(db)
    return retried + added


def settle_page(db: Database) -> None:
    """Forget the images of the page for which nothing is wanted, open, or due again later."""
    db.execute(
        "DELETE FROM unsettled WHERE image_id IN (SELECT id FROM temp.page WHERE NOT guest)"
        " AND NOT EXISTS (SELECT 1 FROM temp.wanted w WHERE w.image_id = unsettled.image_id)"
        " AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.image_id = unsettled.image_id"
        " AND (j.status IN ('pending', 'running')"
        " OR (j.status = 'failed' AND j.failure_kind = 'transient' AND j.due_at IS NOT NULL)))"
    )


def unsettle_all(db: Database) -> None:
    db.execute("INSERT INTO unsettled SELECT id FROM images WHERE id NOT IN (SELECT image_id FROM unsettled)")


def get_meta(db: Database, key: str) -> str | None:
    value: str | None = db.scalar("SELECT value FROM meta WHERE key = ?", (key,))
    return value


def set_meta(db: Database, key: str, value: str) -> None:
    db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))


def explain(db: Database, target: Target, image_id: str) -> dict[str, Json]:
    """What planning sees of one image and one stage, beside what `temp.wanted` says."""
    if target.stage.joint:
        return joint.explain(db, target.stage, image_id)
    sql = (
        "SELECT i.approved, i.rejected, "
        + _INPUT
        + " AS input_stage, a.sha256 AS input_sha256, a.image_id AS has_input,"
        " o.image_id AS has_output, o.recipe AS recipe, o.pinned AS pinned, o.input_sha256 AS made_from,"
        " o.processing_params AS processing_params FROM images i"
        f" LEFT JOIN artifacts a ON a.image_id = i.id AND a.stage = {_INPUT}"
        f" LEFT JOIN {target.stage.table} o ON o.image_id = i.id"
        f" AND o.stage = {':stage' if target.stage.table == 'artifacts' else _INPUT} WHERE i.id = :id"
    )
    row = db.row(sql, {**_wanted_parameters(target), "id": image_id})
    return {} if row is None else dict(zip(row.keys(), row, strict=True))


def reason_for(db: Database, image_id: str, stage: str) -> str | None:
    """Why the planned page wants this job, or None."""
    sql = "SELECT reason FROM temp.wanted WHERE image_id = ? AND stage = ?"
    reason: str | None = db.scalar(sql, (image_id, stage))
    return reason
