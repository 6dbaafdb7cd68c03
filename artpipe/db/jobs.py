"""Table `jobs`: what is claimed, settled, failed, released, reclaimed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from artpipe.db import counters
from artpipe.model import RETRIES, Claim, Failure, Input, Json, Settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from artpipe.db.connection import Database, Row

# A picture is hardly ever to blame for the death of the coordinating process, which never opens one; but a job
# that was in hand this often when everything died is not tried for ever.
MAX_ORPHANED = 12
# Seconds before the second and the third attempt.
BACK_OFF = (60, 900)

DUE = "(due_at IS NULL OR due_at <= CURRENT_TIMESTAMP)"


def claimed(db: Database, job_ids: Sequence[int], inputs: dict[str, tuple[str, str]]) -> list[Claim]:
    """Everything about claimed jobs that performing them needs; jobs whose input is gone are left out.

    Args:
        inputs: stage -> (input stage of approved images, input stage of the others).
    """
    rows = db.rows(
        "SELECT j.id, j.image_id, j.stage, j.params, j.attempts, a.stage AS input_stage, a.file_path, a.sha256"
        " FROM json_each(?) c JOIN jobs j ON j.id = c.value JOIN images i ON i.id = j.image_id"
        " JOIN json_each(?) n ON n.key = j.stage"
        " JOIN artifacts a ON a.image_id = j.image_id"
        f" AND a.stage = CASE {_INPUT} WHEN 'upstream' THEN i.origin ELSE {_INPUT} END"
        " ORDER BY j.id",
        (json.dumps(list(job_ids)), json.dumps(inputs)),
    )
    return [_claim(row) for row in rows]


_INPUT = "json_extract(n.value, CASE WHEN i.approved THEN '$[0]' ELSE '$[1]' END)"


def record_attempt(db: Database, claims: Iterable[tuple[Claim, str]]) -> None:
    """Note what is being tried (the fingerprint, in two parts), so that a job that never ends is known by it."""
    db.many(
        "UPDATE jobs SET input_sha256 = ?, recipe = ? WHERE id = ?",
        ((claim.input_sha256, recipe, claim.job_id) for claim, recipe in claims),
    )


def asked(text: Json) -> dict[str, Json] | None:
    """The parameters a job was asked for with; what another program wrote there may be anything."""
    if text is None or text == "":
        return None
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        found = None
    # A key that no maker knows: the job fails with a message that names it.
    return found if isinstance(found, dict) else {"unreadable": repr(text)[:100]}


def _claim(row: Row) -> Claim:
    return Claim(
        job_id=row["id"],
        image_id=row["image_id"],
        stage=row["stage"],
        inputs=(Input(row["input_stage"], row["image_id"], row["input_stage"], row["file_path"], row["sha256"]),),
        params=asked(row["params"]),
        attempts=row["attempts"],
    )


def complete(db: Database, run_id: int, done: Settled) -> bool:
    """End a job well; False if it is not this run's any more."""
    cursor = db.execute(
        "UPDATE jobs SET status = 'completed', completed_at = CURRENT_TIMESTAMP, error_message = NULL,"
        " error_code = NULL, failure_kind = NULL, due_at = NULL, seconds = ?"
        " WHERE id = ? AND status = 'running' AND run_id = ?",
        (done.made.seconds, done.claim.job_id, run_id),
    )
    return cursor.rowcount > 0


def fail(db: Database, run_id: int, claim: Claim, failure: Failure, retries: int = RETRIES) -> bool:
    """End a job badly; a transient failure is due again later, until its retries are used up."""
    wait = BACK_OFF[min(claim.attempts, len(BACK_OFF)) - 1] if claim.attempts else BACK_OFF[0]
    due = f"+{wait} seconds" if failure.kind == "transient" and claim.attempts <= retries else None
    cursor = db.execute(
        "UPDATE jobs SET status = 'failed', completed_at = CURRENT_TIMESTAMP, retry_count = retry_count + 1,"
        " error_code = ?, error_message = ?, failure_kind = ?, due_at = datetime('now', ?), seconds = ?"
        " WHERE id = ? AND status = 'running' AND run_id = ?",
        (
            *(failure.code, failure.message, failure.kind, due, failure.seconds),
            *(claim.job_id, run_id),
        ),
    )
    return cursor.rowcount > 0


def release(db: Database, run_id: int, job_ids: Iterable[int] | None = None) -> int:
    """Give running jobs of this run back unharmed: all of them, or those named."""
    within = "" if job_ids is None else "AND id IN (SELECT value FROM json_each(?))"
    parameters: tuple[Json, ...] = (run_id,) if job_ids is None else (run_id, json.dumps(list(job_ids)))
    return db.execute(
        "UPDATE jobs SET status = 'pending', run_id = NULL, started_at = NULL, attempts = max(attempts - 1, 0)"
        f" WHERE status = 'running' AND run_id = ? {within}",
        parameters,
    ).rowcount


def note_blocked(db: Database, job_id: int, failure: Failure) -> None:
    """Say of a job that was given back what this machine lacks for it."""
    db.execute(
        "UPDATE jobs SET error_code = ?, error_message = ?, failure_kind = ? WHERE id = ? AND status = 'pending'",
        (failure.code, failure.message, failure.kind, job_id),
    )


def blocked(db: Database, stage: str) -> Row | None:
    """A job of the stage that was given back because this machine lacked something, if the oldest know of one."""
    return db.row(
        "SELECT * FROM (SELECT * FROM jobs WHERE status = 'pending' AND stage = ? ORDER BY id LIMIT 100) AS oldest"
        " WHERE oldest.failure_kind = 'environment' LIMIT 1",
        (stage,),
    )


def unfinished(db: Database, stages: Sequence[str]) -> list[tuple[str, str]]:
    """(input, recipe) of what was tried of these stages and may be tried again."""
    rows = db.rows(
        "SELECT DISTINCT input_sha256, recipe FROM jobs"
        " WHERE status IN ('pending', 'running', 'failed') AND stage IN (SELECT value FROM json_each(?))"
        " AND input_sha256 IS NOT NULL AND recipe IS NOT NULL AND failure_kind IS NOT 'permanent'",
        (json.dumps(list(stages)),),
    )
    return [(row[0], row[1]) for row in rows]


def reclaim(db: Database, run_id: int) -> tuple[int, int]:
    """Take back what a dead run had in hand; returns (jobs pending again, jobs given up)."""
    given_up = db.execute(
        "UPDATE jobs SET status = 'failed', completed_at = CURRENT_TIMESTAMP, retry_count = retry_count + 1,"
        " failure_kind = 'permanent', error_code = 'run-died',"
        " error_message = 'The run died ' || attempts || ' times while it worked on this. `artpipe retry` tries again.'"
        " WHERE status = 'running' AND run_id = ? AND attempts >= ?",
        (run_id, MAX_ORPHANED),
    ).rowcount
    pending = db.execute(
        "UPDATE jobs SET status = 'pending', run_id = NULL, started_at = NULL WHERE status = 'running' AND run_id = ?",
        (run_id,),
    ).rowcount
    return pending, given_up


def release_forgotten(db: Database) -> int:
    """Give back what stands as running although its run has ended."""
    return db.execute(
        "UPDATE jobs SET status = 'pending', run_id = NULL, started_at = NULL, attempts = max(attempts - 1, 0)"
        " WHERE status = 'running' AND run_id IN (SELECT id FROM runs WHERE ended_at IS NOT NULL)"
    ).rowcount


def drop(db: Database, run_id: int, job_ids: Sequence[int]) -> None:
    """Forget claimed jobs that are not wanted any more (input gone, decision changed, made meanwhile)."""
    sql = "DELETE FROM jobs WHERE status = 'running' AND run_id = ? AND id IN (SELECT value FROM json_each(?))"
    db.execute(sql, (run_id, json.dumps(list(job_ids))))


def retry(db: Database, stages: Sequence[str], ids: Sequence[str] | None) -> int:
    """Make failed jobs due again, whatever failed them."""
    where, parameters = _failed(stages, ids)
    return db.execute(
        "UPDATE jobs SET status = 'pending', attempts = 0, due_at = NULL, completed_at = NULL, run_id = NULL"
        f" WHERE id IN ({where})",
        parameters,
    ).rowcount


def count_retry(db: Database, stages: Sequence[str], ids: Sequence[str] | None) -> int:
    """How many jobs `retry` would make due."""
    where, parameters = _failed(stages, ids)
    return int(db.scalar(f"SELECT count(*) FROM ({where})", parameters))


def _failed(stages: Sequence[str], ids: Sequence[str] | None) -> tuple[str, list[str]]:
    """SQL for the ids of failed jobs that nothing came after."""
    sql = (
        "SELECT id FROM jobs j WHERE status = 'failed'"
        " AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.image_id = j.image_id AND o.stage = j.stage AND o.id > j.id)"
    )
    parameters: list[str] = []
    if stages:
        sql += " AND stage IN (SELECT value FROM json_each(?))"
        parameters.append(json.dumps(list(stages)))
    if ids is not None:
        sql += " AND image_id IN (SELECT value FROM json_each(?))"
        parameters.append(json.dumps(list(ids)))
    return sql, parameters


def counts(db: Database) -> dict[str, int]:
    found = counters.numbers(db, "jobs")
    return {status: found.get(status, 0) for status in ("pending", "running", "completed", "failed")}


def failed_by_stage(db: Database) -> dict[str, int]:
    """Failed jobs that nothing came after."""
    failed, parameters = _failed([], None)
    sql = f"SELECT stage, count(*) FROM jobs WHERE id IN ({failed}) GROUP BY stage"
    return {row[0]: row[1] for row in db.rows(sql, parameters)}


def listed(db: Database, statuses: Sequence[str], stage: str | None, limit: int | None) -> Iterator[Row]:
    """Jobs by status, newest first within each."""
    left = -1 if limit is None else limit
    for status in sorted(statuses):
        for row in db.stream(_LISTED, {"status": status, "stage": stage, "limit": left}):
            yield row
            left -= limit is not None


# The index is by status and stage: the newest of each stage, whichever stages there are, and of those the newest.
_LISTED = (
    "WITH RECURSIVE stages(stage) AS ("
    "SELECT COALESCE(:stage, (SELECT min(stage) FROM jobs WHERE status = :status))"
    " UNION ALL SELECT (SELECT min(stage) FROM jobs WHERE status = :status AND stage > stages.stage)"
    " FROM stages WHERE stage IS NOT NULL AND :stage IS NULL)"
    " SELECT j.* FROM stages CROSS JOIN jobs j ON j.id IN (SELECT id FROM jobs o"
    " WHERE o.status = :status AND o.stage = stages.stage ORDER BY o.id DESC LIMIT :limit)"
    " ORDER BY j.id DESC LIMIT :limit"
)


def latest(db: Database, image_id: str, stage: str) -> Row | None:
    return db.row("SELECT * FROM jobs WHERE image_id = ? AND stage = ? ORDER BY id DESC LIMIT 1", (image_id, stage))


def of_image(db: Database, image_id: str) -> list[Row]:
    return db.rows("SELECT * FROM jobs WHERE image_id = ? ORDER BY id", (image_id,))


def remaining(db: Database, stages: Sequence[str], *, selected: bool) -> int:
    """Jobs of these stages that are pending (and due) or in some run's hands."""
    within = "AND image_id IN (SELECT id FROM temp.selection)" if selected else ""
    sql = (
        "SELECT count(*) FROM jobs WHERE stage IN (SELECT value FROM json_each(?)) AND"
        f" ((status = 'pending' AND {DUE}) OR status = 'running') {within}"
    )
    return int(db.scalar(sql, (json.dumps(list(stages)),)))


def failed_before(db: Database, stages: Sequence[str], *, selected: bool) -> int:
    """Failed jobs of these stages."""
    within = "AND image_id IN (SELECT id FROM temp.selection)" if selected else ""
    sql = f"SELECT count(*) FROM jobs WHERE status = 'failed' AND stage IN (SELECT value FROM json_each(?)) {within}"
    return int(db.scalar(sql, (json.dumps(list(stages)),)))
