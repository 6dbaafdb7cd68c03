"""What a library holds, for comparing: times, ids of rows and everything else that may differ left out."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from support.invariants import violations

# Not the threads: they are what was free at that moment. Nor how often somebody was interrupted.
_PARAMS = "json_remove(processing_params, '$.threads', '$.continued')"
_TABLES = {
    "images": (
        "id, sha256, content, original_url, username, approved, rejected, rejection_reason, width, height, file_size,"
        " mime_type"
    ),
    "artifacts": (
        "image_id, stage, file_path, sha256, width, height, file_size, {params}, input_sha256, recipe, pinned"
    ),
    "jobs": "image_id, stage, status, error_code, failure_kind, params, input_sha256, recipe",
    "blurhash_cache": ("image_id, stage, blurhash, width, height, {params}, input_sha256, recipe, pinned"),
    "perceptual_hashes": "image_id, stage, phash, width, height, {params}, input_sha256, recipe, pinned",
    "decisions": "image_id, was, became, was_reason, reason, decided_by, batch_id IS NULL",
    "deciding": "decided_by",
    "sources": "path, image_id, sha256, size",
    "aliases": "name, image_id",
    "lineage": "child_id, parent_id, role, position",
    "old_files": "folder, name, role, size, sha256, image_id, stage, base, named, settled",
    "old_contents": "sha256",
    "old_rows": "source, id, content, image_id, decision, settled",
    "unsettled": "image_id",
    "meta": "key, value",
    "galleries": "name, sort, page_size",
    "gallery_ranges": "gallery, number, first_key, first_id",
    "pages": "path, gallery, sha256, file_size",
}
# What a killed command may leave until the next one: it is swept, taken over or written again then.
_UNTIL_THE_NEXT_COMMAND = ("left over: ", "file without row: ", "running job of no living run: ")

State = dict[str, list[tuple[Any, ...]]]


def state_of(database: Path, art: Path) -> State:
    """All rows of all tables, and the hash of every file below art/."""
    with closing(sqlite3.connect(database)) as db:
        found: State = {
            table: sorted(db.execute(f"SELECT {columns.format(params=_PARAMS)} FROM {table}").fetchall(), key=repr)
            for table, columns in _TABLES.items()
        }
    files = [path for path in sorted(art.rglob("*")) if path.is_file()]
    found["files"] = [(str(path.relative_to(art)), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    return found


def differences(found: State, expected: State) -> list[str]:
    """What is too much and what is too little, readable in a failed test."""
    lines = []
    for table in expected:
        lines += [f"{table}: not expected: {row}" for row in found[table] if row not in expected[table]]
        lines += [f"{table}: missing: {row}" for row in expected[table] if row not in found[table]]
        if not lines and found[table] != expected[table]:
            lines.append(f"{table}: rows are repeated")
    return lines


def broken(database: Path, art: Path, *, repeats: bool = False) -> list[str]:
    """What must not even be wrong the moment after a kill."""
    found = violations(database, art, repeats=repeats)
    return [line for line in found if not line.startswith(_UNTIL_THE_NEXT_COMMAND)]
