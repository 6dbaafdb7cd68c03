"""The question that pipes ask all day, in a module of its own because it must start fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from artpipe.db.connection import Database

Pair = tuple[str, str]
_UPSTREAM = "upstream"  # the model has it too, and takes longer to load than the answer does


def find_ready(db: Database, input_stage: str, output_stage: str, limit: int | None) -> Iterator[str]:
    """Approved images that have an artifact of the first stage and none of the second, in order of id.

    `upstream` is the image's own file, which of a frame or a result lies in the folder of the stage that made it.
    """
    parameters = {"input": input_stage, "output": output_stage, "limit": -1 if limit is None else limit}
    # One state of the database: between two statements a run may stop or begin to watch the pair.
    with db.snapshot():
        watched = db.scalar("SELECT id FROM watched WHERE input = :input AND output = :output", parameters)
        has_input = _OWN_FILE if input_stage == _UPSTREAM else _INPUT
        made = _EXISTS.get(output_stage, _FILE)
        sql = (_WALK if watched is None else _KEPT).format(has_input=has_input, made=made)
        for row in db.stream(sql, {**parameters, "watched": watched}):
            yield row[0]


# Asks about each image what the view `ready_now` asks, in two thirds of its time.
_KEPT = (
    "SELECT i.id FROM ready r CROSS JOIN images i ON i.id = r.image_id {has_input} AND r.watched_id = :watched"
    " AND i.approved = TRUE AND NOT EXISTS ({made}) ORDER BY r.image_id LIMIT :limit"
)

# Any other pair: all approved images are looked at.
_WALK = "SELECT i.id FROM images i {has_input} AND i.approved = TRUE AND NOT EXISTS ({made}) ORDER BY i.id LIMIT :limit"
_INPUT = "JOIN artifacts a1 ON a1.image_id = i.id AND a1.stage = :input WHERE TRUE"
_OWN_FILE = (
    "WHERE (EXISTS (SELECT 1 FROM artifacts a1 WHERE a1.image_id = i.id AND a1.stage = :input)"
    " OR (i.origin <> :input AND EXISTS"
    " (SELECT 1 FROM artifacts a1 WHERE a1.image_id = i.id AND a1.stage = i.origin)))"
)
_FILE = "SELECT 1 FROM artifacts a2 WHERE a2.image_id = i.id AND a2.stage = :output"
# The artifact of a row stage is a row, for the input stage that was named.
_ROWS = {"blurhash": "blurhash_cache", "phash": "perceptual_hashes"}
_EXISTS = {
    name: f"SELECT 1 FROM {table} a2 WHERE a2.image_id = i.id AND :output <> ''"
    " AND (a2.stage = :input OR (:input = 'upstream' AND a2.stage = i.origin))"
    for name, table in _ROWS.items()
}


def can_be_watched(output_stage: str, *, in_file: bool) -> bool:
    """Whether `find-ready` ever finds an image done: values are looked up under these names alone."""
    return in_file or output_stage in _EXISTS


def watched(db: Database) -> set[Pair]:
    """The pairs that are kept."""
    return {(row[0], row[1]) for row in db.rows("SELECT input, output FROM watched")}


def watch(db: Database, pairs: set[Pair]) -> None:
    """Within an open transaction: keep what is ready for these pairs and no others."""
    before = watched(db)
    for pair in before - pairs:
        db.execute("DELETE FROM ready WHERE watched_id = (SELECT id FROM watched WHERE input = ? AND output = ?)", pair)
        db.execute("DELETE FROM watched WHERE input = ? AND output = ?", pair)
    for pair in sorted(pairs - before):
        number = db.execute("INSERT INTO watched (input, output) VALUES (?, ?)", pair).lastrowid
        db.execute("INSERT INTO ready SELECT watched_id, image_id FROM ready_now WHERE watched_id = ?", (number,))


def count_missing(db: Database) -> int:
    """Images that are ready and not kept as such; it looks at every image there is."""
    return int(
        db.scalar(
            "SELECT count(*) FROM ready_now n WHERE NOT EXISTS"
            " (SELECT 1 FROM ready r WHERE r.watched_id = n.watched_id AND r.image_id = n.image_id)"
        )
    )


def refill(db: Database) -> None:
    """Within an open transaction: find anew what is ready."""
    db.execute("DELETE FROM ready")
    db.execute("INSERT INTO ready SELECT watched_id, image_id FROM ready_now")
