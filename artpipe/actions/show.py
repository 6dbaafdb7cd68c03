"""show: everything about one image."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from artpipe.actions import lineage
from artpipe.actions.identify import resolve
from artpipe.actions.list_images import status_of
from artpipe.actions.report import Report, Table
from artpipe.db import artifacts, decisions, images, jobs, sources
from artpipe.model import FILMS

if TYPE_CHECKING:
    from artpipe.db.connection import Row
    from artpipe.library import Library

_ARTIFACT = (
    "stage",
    "file_path",
    "width",
    "height",
    "file_size",
    "sha256",
    "created_at",
    "processing_params",
    "recipe",
)
_VALUE = ("stage", "width", "height", "created_at", "processing_params")
_JOB = (
    "id",
    "stage",
    "status",
    "reason",
    "attempts",
    "retry_count",
    "error_code",
    "error_message",
    "started_at",
    "completed_at",
)
_DECISION = ("decided_at", "was", "became", "reason", "decided_by", "batch_id")


def show(library: Library, name: str) -> Report:
    found, problems = resolve(library, [name])
    if not found:
        return Report(data={}, problems=problems)
    data = _everything(library, found[0])
    return Report(data=data, tables=_tables(data))


def _everything(library: Library, image_id: str) -> dict[str, Any]:
    db = library.db
    row = images.get(db, image_id)
    if row is None:
        return {}
    return {
        "image": {"status": status_of(row), **dict(zip(row.keys(), row, strict=True))},
        "aliases": sources.aliases_of(db, image_id),
        "sources": sources.paths_of(db, image_id),
        "artifacts": [_params(_part(found, _ARTIFACT)) for found in artifacts.of_image(db, image_id)],
        "blurhashes": [
            _params(_part(found, ("blurhash", *_VALUE)))
            for found in artifacts.values_of_image(db, "blurhash_cache", image_id)
        ],
        "perceptual_hashes": [
            _params(_part(found, ("phash", *_VALUE)))
            for found in artifacts.values_of_image(db, "perceptual_hashes", image_id)
        ],
        "jobs": [_part(found, _JOB) for found in jobs.of_image(db, image_id)],
        **lineage.relatives(db, image_id, lineage.SHOWN_CHILDREN),
        "decisions": [_part(found, _DECISION) for found in decisions.history(db, image_id, None)],
    }


def _part(row: Row, columns: tuple[str, ...]) -> dict[str, Any]:
    return {column: row[column] for column in columns}


def _params(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "processing_params": parsed(item["processing_params"])}


def parsed(text: Any) -> Any:
    """Recorded parameters as data; what other programs wrote there may be anything, and is shown as it is."""
    try:
        return json.loads(text) if text else None
    except (ValueError, TypeError, RecursionError):
        return text if isinstance(text, str) else repr(text)


def _tables(data: dict[str, Any]) -> list[Table]:
    image = {
        key: value for key, value in data["image"].items() if value is not None and key not in {"approved", "rejected"}
    }
    names = [("alias", name) for name in data["aliases"]] + [("file", path) for path in data["sources"]]
    tables = [Table(("image", ""), [*image.items(), *names])]
    tables += [Table(("video", ""), list(facts.items())) for facts in map(_film, data["artifacts"]) if facts]
    artifact_rows = [(a["stage"], a["file_path"], _size(a), a["file_size"]) for a in data["artifacts"]]
    value_rows = [("blurhash", f"{b['blurhash']} ({b['stage']})", _size(b), "") for b in data["blurhashes"]]
    value_rows += [("phash", f"{p['phash']} ({p['stage']})", _size(p), "") for p in data["perceptual_hashes"]]
    if artifact_rows or value_rows:
        tables.append(Table(("stage", "artifact", "size", "bytes"), artifact_rows + value_rows))
    tables += lineage.tables(data)
    if data["jobs"]:
        rows = [
            (j["stage"], j["status"], j["reason"] or "", j["attempts"], j["error_message"] or "") for j in data["jobs"]
        ]
        tables.append(Table(("job", "status", "why", "attempts", "error"), rows))
    if data["decisions"]:
        rows = [
            (d["decided_at"], d["was"], d["became"], d["reason"] or "", d["decided_by"] or "")
            for d in data["decisions"]
        ]
        tables.append(Table(("decided", "was", "became", "reason", "by"), rows))
    return tables


def _film(item: dict[str, Any]) -> dict[str, Any]:
    """How long and how fast a video is; nothing for anything else."""
    facts = item["processing_params"]
    if item["stage"] != FILMS or not isinstance(facts, dict):
        return {}
    return {key: facts[key] for key in ("seconds", "fps", "codec") if facts.get(key) is not None}


def _size(item: dict[str, Any]) -> str:
    return f"{item['width']}x{item['height']}" if item["width"] else ""
