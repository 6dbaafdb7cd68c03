"""The question that pipes ask all day, in a module of its own because it must start fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from artpipe.db.connection import Database


def find_ready(db: Database, input_stage: str, output_stage: str, limit: int | None) -> Iterable[str]:
    """Approved images that have an artifact of the first stage and none of the second, in order of id."""
    made = _EXISTS.get(output_stage, "SELECT 1 FROM artifacts a2 WHERE a2.image_id = i.id AND a2.stage = :output")
    rows = db.stream(
        "SELECT i.id FROM images i JOIN artifacts a1 ON a1.image_id = i.id AND a1.stage = :input"
        f" WHERE i.approved = TRUE AND NOT EXISTS ({made}) ORDER BY i.id LIMIT :limit",
        {"input": input_stage, "output": output_stage, "limit": -1 if limit is None else limit},
    )
    return (row[0] for row in rows)


# The artifact of a row stage is a row, for the input stage that was named.
_EXISTS = {
    "blurhash": "SELECT 1 FROM blurhash_cache a2 WHERE a2.image_id = i.id AND a2.stage = :input AND :output <> ''",
    "phash": "SELECT 1 FROM perceptual_hashes a2 WHERE a2.image_id = i.id AND a2.stage = :input AND :output <> ''",
}
