"""Table `lineage`: which images an image was made from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from artpipe.db.conditions import AUDIENCE, is_no_list, list_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from artpipe.db.connection import Database, Row
    from artpipe.model import Stage


@dataclass(frozen=True, slots=True)
class Result:
    """An image to be made of two others."""

    id: str
    first: str
    second: str


def unknown_pairs(db: Database, stage: Stage, lists: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Pairs of images that have the stage's inputs and no result of it yet: all with all, none with itself.

    Args:
        lists: see `Target`.
    """
    a, b = (AUDIENCE[stage.audience].replace("i.", f"{name}.") for name in "ab")
    rows = db.stream(
        "SELECT a.id, b.id FROM artifacts fa JOIN images a ON a.id = fa.image_id"
        " CROSS JOIN artifacts fb JOIN images b ON b.id = fb.image_id"
        f" WHERE fa.stage = :first AND fb.stage = :second AND a.id <> b.id AND {a} AND {b}"
        f" AND {is_no_list('a', ':first', len(lists))} AND {is_no_list('b', ':second', len(lists))}"
        f" EXCEPT {_KNOWN}",
        {**_roles(stage), **list_parameters(lists)},
    )
    return ((row[0], row[1]) for row in rows)


def known_pairs(db: Database, stage: Stage) -> set[tuple[str, str]]:
    return {(row[0], row[1]) for row in db.stream(_KNOWN, _roles(stage))}


_KNOWN = (
    "SELECT la.parent_id, lb.parent_id FROM images c"
    " JOIN lineage la ON la.child_id = c.id AND la.stage = :stage AND la.role = :role_a"
    " JOIN lineage lb ON lb.child_id = c.id AND lb.stage = :stage AND lb.role = :role_b"
    " WHERE c.origin = :stage AND c.origin <> 'upstream'"
)


def _roles(stage: Stage) -> dict[str, str]:
    role_a, role_b = stage.names
    first, second = stage.inputs
    return {"stage": stage.name, "role_a": role_a, "role_b": role_b, "first": first, "second": second}


def taken_ids(db: Database, ids: Sequence[str]) -> set[str]:
    """Those that are images or aliases of images already."""
    sql = (
        "SELECT id FROM images WHERE id IN (SELECT value FROM json_each(?1))"
        " UNION SELECT name FROM aliases WHERE name IN (SELECT value FROM json_each(?1))"
    )
    return {row[0] for row in db.rows(sql, (json.dumps(list(ids)),))}


def add_results(db: Database, stage: Stage, results: Iterable[Result]) -> None:
    """Rows of images that are still to be made, and of what they are made from."""
    results = list(results)
    db.many(
        "INSERT INTO images (id, content, origin) VALUES (?, 'absent', ?)", ((one.id, stage.name) for one in results)
    )
    db.many(
        "INSERT INTO lineage (child_id, parent_id, role, position, stage) VALUES (?, ?, ?, ?, ?)",
        (
            (one.id, parent, role, place, stage.name)
            for one in results
            for place, (parent, role) in enumerate(zip((one.first, one.second), stage.names, strict=True))
        ),
    )


def describe(db: Database, image_id: str, width: int, height: int, size: int) -> None:
    """What was made is the picture that the image is."""
    db.execute(
        "UPDATE images SET width = ?, height = ?, file_size = ? WHERE id = ?",
        (width or None, height or None, size, image_id),
    )


_RELATED = (
    "SELECT l.role, l.stage, l.position, i.id, i.approved, i.rejected, EXISTS (SELECT 1 FROM artifacts a"
    " WHERE a.image_id = i.id AND a.stage = i.origin) AS made FROM lineage l JOIN images i"
)


def parents(db: Database, image_id: str) -> list[Row]:
    return db.rows(f"{_RELATED} ON i.id = l.parent_id WHERE l.child_id = ? ORDER BY l.position, i.id", (image_id,))


def children(db: Database, image_id: str, limit: int | None = None) -> Iterator[Row]:
    most = -1 if limit is None else limit
    sql = f"{_RELATED} ON i.id = l.child_id WHERE l.parent_id = ? ORDER BY i.id LIMIT ?"
    return db.stream(sql, (image_id, most))


def count_children(db: Database, image_id: str) -> int:
    return int(db.scalar("SELECT count(*) FROM lineage WHERE parent_id = ?", (image_id,)))


def waiting(db: Database, stage: Stage) -> dict[str, int]:
    """Results that can't be made: by what their parents lack (`rejected`, `undecided`, `missing`)."""
    wants = {"approved": "p.approved IS NOT TRUE", "not-rejected": "FALSE", "all": "FALSE"}[stage.audience]
    refuses = "FALSE" if stage.audience == "all" else "p.rejected IS TRUE"
    lacks = "NOT EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = p.id AND a.stage = CASE l.role WHEN :role_a"
    lacks += " THEN :first ELSE :second END)"
    rows = db.rows(
        "SELECT why, count(*) FROM (SELECT c.id, min(CASE"
        f" WHEN {refuses} THEN '1 rejected' WHEN {wants} THEN '2 undecided' WHEN {lacks} THEN '3 missing' END) AS why"
        " FROM images c JOIN lineage l ON l.child_id = c.id AND l.stage = :stage JOIN images p ON p.id = l.parent_id"
        " WHERE c.origin = :stage AND c.origin <> 'upstream' AND c.rejected IS NOT TRUE AND :role_b <> ''"
        " AND NOT EXISTS (SELECT 1 FROM artifacts o WHERE o.image_id = c.id AND o.stage = :stage) GROUP BY c.id)"
        " WHERE why IS NOT NULL GROUP BY why",
        _roles(stage),
    )
    return {row[0].partition(" ")[2]: row[1] for row in rows}
