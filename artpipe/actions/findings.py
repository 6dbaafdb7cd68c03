"""Findings: what does not fit together, as far as the database shows it by itself."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from artpipe.actions.report import Table
from artpipe.db import counters, pages, ready, runs, verification
from artpipe.errors import StorageError
from artpipe.model import UPSTREAM
from artpipe.pipeline import unfinished
from artpipe.store.callers import is_gone
from artpipe.store.locks import folder_of, is_alive, lock_path
from artpipe.store.store import SCRATCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.library import Library

# How `repair` mends a finding.
Mend = Literal[
    "recreate",
    "remake",
    "restore",
    "quarantine",
    "reclaim",
    "sweep",
    "recompute",
    "complete",
    "recount",
    "rebuild",
    "by-hand",
]

COLUMNS = ("code", "item", "stage", "path", "detail", "repair")


@dataclass(frozen=True, slots=True)
class Finding:
    """One discrepancy.

    Args:
        code: what kind it is.
        item: the image, run, table or folder concerned.
        path: the file concerned, relative to art/.
        repair: how `artpipe repair` mends it; `by-hand`: it does not.
        found: sha256 of the bytes that are there, where they were read.
    """

    code: str
    item: str
    detail: str
    repair: Mend
    stage: str = ""
    path: str = ""
    found: str = ""


def as_data(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [{column: getattr(finding, column) for column in COLUMNS} for finding in findings]


def by_code(findings: Sequence[Finding]) -> dict[str, int]:
    return dict(sorted(Counter(finding.code for finding in findings).items()))


def tables(findings: Sequence[Finding]) -> list[Table]:
    rows = [tuple(getattr(finding, column) for column in COLUMNS) for finding in findings]
    return [Table(COLUMNS, rows)] if rows else []


def in_file(library: Library, *, quick: bool) -> list[Finding]:
    """What SQLite finds wrong with its own file; after that nothing else it says can be relied on."""
    try:
        messages = verification.integrity(library.db, quick=quick)
    except StorageError as error:
        if not getattr(error.__cause__, "sqlite_errorname", "").startswith("SQLITE_CORRUPT"):
            raise
        messages = [str(error.__cause__)]
    advice = "Restore a backup, or save what can be read: sqlite3 cv.db .recover"
    return [Finding("database-corrupt", str(library.db.path), f"{text}. {advice}", "by-hand") for text in messages]


def in_rows(library: Library) -> Iterator[Finding]:
    """Rows that contradict each other, seen in one consistent state."""
    with library.db.snapshot():
        yield from _references(library)
        yield from _states(library)
        yield from _originals(library)
        yield from _values(library)
        yield from _decisions(library)
        yield from _kept(library)


def _references(library: Library) -> Iterator[Finding]:
    for row in verification.broken_references(library.db):
        code = "image-gone" if row["parent"] == "images" else "row-gone"
        detail = f"{row['number']} of {row['child']} name it, but it is not in {row['parent']}"
        yield Finding(code, str(row["missing"]), detail, "by-hand")


def _states(library: Library) -> Iterator[Finding]:
    for row in verification.unclear_states(library.db):
        known = {row["approved"], row["rejected"]} <= {None, 0, 1}
        values = f"approved is {row['approved']!r}, rejected is {row['rejected']!r}"
        detail = f"{values}: neither approved nor rejected nor pending"
        yield Finding("state-unclear", row["id"], detail, "complete" if known else "by-hand")


def _originals(library: Library) -> Iterator[Finding]:
    for row in verification.contradicting_originals(library.db):
        code, detail = _original(row["content"], row["file_path"], row["sha256"], row["recorded"])
        yield Finding(code, row["id"], detail, "restore", UPSTREAM, row["file_path"] or "")


def _original(content: str, path: str | None, sha256: str | None, recorded: str | None) -> tuple[str, str]:
    if path is None:
        return "original-unrecorded", "its bytes ought to be here, but no artifact of stage upstream is recorded"
    if content != "present":
        return "original-unexpected", f"an original is recorded, but the image says that it is {content}"
    return "original-differs", f"the image's sha256 is {sha256}, its original's {recorded}"


def _values(library: Library) -> Iterator[Finding]:
    for table, name in verification.value_tables():
        for row in verification.stale_values(library.db, table):
            detail = f"it was computed from another {row['stage']} ({row['input_sha256']})"
            yield Finding(f"{name}-stale", row["image_id"], detail, "recompute", row["stage"])


def _decisions(library: Library) -> Iterator[Finding]:
    for row in verification.contradicting_decisions(library.db):
        if row["state"] != (row["became"] or "pending"):
            detail = f"it is {row['state']}, but what was decided last is {row['became'] or 'nothing'}"
            yield Finding("decision-contradicts", row["id"], detail, "by-hand")
            continue
        verb = {"approved": "approve", "rejected": "reject"}[row["was"]]
        detail = (
            f"an INSERT of {row['decided_at']} took its decision ({row['was']}) away."
            f" `artpipe {verb}` gives it back; after that `artpipe reset` drops it for good"
        )
        yield Finding("decision-weakened", row["id"], detail, "by-hand")


def _kept(library: Library) -> Iterator[Finding]:
    """Answers that triggers keep, against what they stand for."""
    for row in counters.wrong(library.db):
        kept, real = (f"{row[number]} of {row[size]} bytes" for number, size in _KEPT_AND_REAL)
        yield Finding("counter-wrong", row["counted"], f"it says {kept}, there are {real}", "recount", row["part"])
    missing = ready.count_missing(library.db)
    if missing:
        yield Finding("ready-missing", "ready", f"{missing} images are ready for a stage and not listed", "recount")


_KEPT_AND_REAL = (("number", "bytes"), ("real_number", "real_bytes"))


def living_runs(library: Library) -> set[int]:
    """Runs of which a process is there."""
    path = library.db.path
    return {row["id"] for row in runs.open_runs(library.db) if is_alive(lock_path(path, row["id"]))}


def in_hands(library: Library) -> Iterator[Finding]:
    """Runs that died, what they had in hand, what they left."""
    db = library.db
    # The rows first: whoever is gone afterwards and still stands there did not end in peace.
    suspects = {row["id"] for row in runs.open_runs(db)}
    jobs = {(row["id"], row["run_id"]) for row in verification.running_jobs(db)}
    alive = living_runs(library)
    still_open = {row["id"] for row in runs.open_runs(db)}
    for run_id in sorted(suspects & still_open - alive):
        yield Finding("run-died", str(run_id), "no process of it is there, but it did not end", "reclaim")
    for row in verification.running_jobs(db):
        if (row["id"], row["run_id"]) in jobs and row["run_id"] not in {None, *alive}:
            detail = f"it is running in run {row['run_id']}, which is over"
            yield Finding("job-orphaned", row["image_id"], detail, "reclaim", row["stage"])
        if (row["id"], row["run_id"]) in jobs and row["run_id"] is None and is_gone(row["claimed_by"]):
            detail = "it is running, but the program that started it is gone"
            yield Finding("job-orphaned", row["image_id"], detail, "reclaim", row["stage"])
    yield from _scratch(library)


def _scratch(library: Library) -> Iterator[Finding]:
    kept = unfinished.wanted(library)
    for owner in library.store.scratch_owners():
        # Looked at in this order: a folder that is there after its owner was found to be gone is left over.
        if owner not in kept and not _is_owned(library, owner) and owner in library.store.scratch_owners():
            detail = "unfinished files of a process that is gone"
            yield Finding("scratch-left", owner, detail, "sweep", path=f"{SCRATCH}/{owner}")


def _is_owned(library: Library, owner: str) -> bool:
    return is_alive(folder_of(library.db.path) / f"{owner.removeprefix('run-')}.lock")


def ownerless(library: Library) -> list[str]:
    """Scratch folders whose processes are gone."""
    return [owner for owner in library.store.scratch_owners() if not _is_owned(library, owner)]


def abandoned(library: Library) -> set[str]:
    """Files that a command had in hand when it died; the next one removes those that have no row."""
    found: set[str] = set()
    for owner in ownerless(library):
        for note in (library.store.root / SCRATCH / owner).glob("intent-*.json"):
            with suppress(OSError, ValueError):
                found.update(json.loads(note.read_bytes()))
    return found


def mentions(library: Library) -> list[str]:
    """What is no discrepancy, but worth a look."""
    found = []
    running = [row for row in verification.running_jobs(library.db) if row["run_id"] is None]
    outside = [row for row in running if not is_gone(row["claimed_by"])]
    if outside:
        oldest = min(row["started_at"] or "?" for row in outside)
        started = f"{len(outside)} jobs were started by other programs and not ended yet, the oldest at {oldest}"
        found.append(f"{started}; `artpipe fail-job` ends what was forgotten")
    unwritten = pages.unwritten(library.db)
    if unwritten:
        found.append(f"{unwritten} pages of galleries wait to be written or removed; `artpipe gallery` does it")
    gone = verification.decided_and_gone(library.db)
    if gone is not None and gone["number"]:
        found.append(f"{gone['number']} images that were decided on have been deleted since, {gone['example']} is one")
    return found
