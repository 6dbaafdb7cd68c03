"""Colour grids of old trees: finding the pictures that they are of, and what was made of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db.survey import FIRST_NAME, named, stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.db.connection import Database

# Stands in `blurhash_cache.recipe`: no recipe of a stage is this, so that a real hash takes the place of such a one.
RECIPE = "grid"


class Candidate(NamedTuple):
    """A name in the tree that a grid may be of."""

    folder: str
    name: str
    image_id: str
    stage: str | None


def prepare(db: Database, tree: int) -> int:
    """Collect the grids whose picture is not known yet; returns how many files there are of them."""
    db.execute("DROP TABLE IF EXISTS temp.grids")
    db.execute("CREATE TEMP TABLE grids (hash TEXT PRIMARY KEY NOT NULL, folder TEXT NOT NULL) WITHOUT ROWID")
    db.execute(
        "INSERT OR IGNORE INTO temp.grids SELECT substr(name, 1, 64), folder FROM old_files"
        " WHERE tree_id = ? AND role = 'grid' AND image_id IS NULL AND length(name) IN (64, 68, 69)",
        (tree,),
    )
    return int(db.scalar("SELECT count(*) FROM temp.grids"))


def unmatched(db: Database, tree: int) -> int:
    """Files of grids of which nobody knows the picture."""
    sql = "SELECT count(*) FROM old_files WHERE tree_id = ? AND role = 'grid' AND image_id IS NULL"
    return int(db.scalar(sql, (tree,)))


def candidates(db: Database, tree: int, page: int) -> Iterator[list[Candidate]]:
    """Pictures of the tree, the empty ones too, page by page."""
    sql = (
        "SELECT folder, name, COALESCE(named, image_id), stage FROM old_files WHERE tree_id = :tree"
        " AND (folder, name) > (:folder, :name) AND role IN ('original', 'made', 'approved', 'rejected')"
        " AND image_id IS NOT NULL ORDER BY folder, name LIMIT :page"
    )
    for rows in db.pages(sql, {"tree": tree, "page": page}, FIRST_NAME):
        yield [Candidate(named(row[0]), named(row[1]), row[2], row[3]) for row in rows]


def matching(db: Database, hashes: Sequence[str]) -> list[tuple[str, str]]:
    """Those of the hashes that are names of grids: (hash, folder)."""
    sql = "SELECT hash, folder FROM temp.grids WHERE hash IN (SELECT value FROM json_each(?))"
    return [(row[0], named(row[1])) for row in db.rows(sql, (json.dumps(hashes),))]


def contents(db: Database, tree: int, folder: str, name_hash: str) -> dict[str, bytes]:
    """What is kept of one grid, by suffix: "" and ".blur" for the cells, ".dim" for the size."""
    rows = db.rows(
        "SELECT substr(o.name, 65), c.content FROM old_files o JOIN old_contents c ON c.sha256 = o.sha256"
        " WHERE o.tree_id = ? AND o.folder = ? AND o.name IN (?, ?, ?)",
        (tree, stored(folder), *_names(name_hash)),
    )
    return {row[0]: row[1] for row in rows}


def assign(db: Database, tree: int, folder: str, name_hash: str, image_id: str) -> None:
    """Note of which picture a grid is."""
    db.execute(
        "UPDATE old_files SET image_id = ? WHERE tree_id = ? AND folder = ? AND name IN (?, ?, ?)",
        (image_id, tree, stored(folder), *_names(name_hash)),
    )


def _names(name_hash: str) -> tuple[str, str, str]:
    return name_hash, f"{name_hash}.blur", f"{name_hash}.dim"


def approved(db: Database, image_id: str) -> bool:
    return bool(db.scalar("SELECT approved FROM images WHERE id = ?", (image_id,)))


def proportions(db: Database, image_id: str, stage: str) -> tuple[int, int] | None:
    """Width and height of a picture, as far as anything tells; in old databases the two are the wrong way round."""
    row = db.row(
        "SELECT width, height FROM (SELECT 1 AS rank, width, height FROM artifacts"
        " WHERE image_id = :id AND stage = :stage"
        " UNION ALL SELECT 2, width, height FROM images WHERE id = :id"
        " UNION ALL SELECT 3, json_extract(content, '$.thumb_height'), json_extract(content, '$.thumb_width')"
        " FROM old_rows WHERE image_id = :id) WHERE width > 0 AND height > 0 ORDER BY rank LIMIT 1",
        {"id": image_id, "stage": stage},
    )
    return None if row is None else (int(row[0]), int(row[1]))


def store(db: Database, place: tuple[str, str], blurhash: str, size: tuple[int, int], side: int) -> bool:
    """Record the hash of a grid for an (image id, stage) that has none, or that of a coarser grid.

    Returns whether there was none.
    """
    new = not db.scalar("SELECT 1 FROM blurhash_cache WHERE image_id = ? AND stage = ?", place)
    params = json.dumps({"from": "grid", "cells": f"{side}x{side}"})
    db.execute(
        "INSERT INTO blurhash_cache (image_id, stage, blurhash, width, height, recipe, processing_params)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (image_id, stage) DO UPDATE SET blurhash = excluded.blurhash,"
        " width = excluded.width, height = excluded.height, processing_params = excluded.processing_params"
        # '20x20' counts as 20.
        " WHERE recipe = excluded.recipe AND CAST(json_extract(processing_params, '$.cells') AS INTEGER) < ?",
        (*place, blurhash, *size, RECIPE, params, side),
    )
    return new
