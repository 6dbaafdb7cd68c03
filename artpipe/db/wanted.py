"""What `export-dirs` wants to be there: names of old trees as far as they hold, and what came since."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, NamedTuple

from artpipe.db.survey import BY_ITSELF, named, stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.db.connection import Database

# How decisions are shown: as in the tree they came from, all as empty names, all as links.
Form = Literal["as-were", "markers", "links"]


class Wanted(NamedTuple):
    """A name that ought to be there.

    Args:
        source: the artifact that it is a link to, relative to art/.
        kept: sha256 of the kept content that it holds.
        version: of what is in it; None for an empty name.
        stage: of the artifact; `approved` or `rejected` for a decision, `how`, `grid` or `kept` for a content.
    """

    folder: str
    name: str
    source: str | None
    kept: str | None
    version: str | None
    image_id: str | None
    stage: str


_INSERT = "INSERT OR IGNORE INTO temp.wanted_names"


def want_unchanged(db: Database) -> None:
    """Files of old trees that are what they were, under the names they had."""
    db.execute(
        f"{_INSERT} SELECT o.folder, o.name, a.file_path, NULL, a.sha256, o.image_id, o.stage FROM old_files o"
        " JOIN artifacts a ON a.image_id = o.image_id AND a.stage = o.stage AND a.sha256 = o.sha256"
        " WHERE o.role IN ('original', 'made') ORDER BY o.tree_id"
    )


def want_kept(db: Database, enhanced: str) -> None:
    """Contents of old trees; how an upscale was made only as long as it is that upscale."""
    db.execute(
        f"{_INSERT} SELECT o.folder, o.name, NULL, o.sha256, o.sha256, o.image_id,"
        " CASE o.role WHEN 'made' THEN 'kept' WHEN 'original' THEN 'kept' ELSE o.role END FROM old_files o"
        " WHERE o.role IN ('made', 'how', 'grid') AND o.stage IS NULL AND o.sha256 IS NOT NULL AND NOT"
        " (o.role = 'how' AND EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = o.image_id AND a.stage = ?"
        " AND a.recipe IS NOT NULL)) ORDER BY o.tree_id",
        (enhanced,),
    )


_STATE = "CASE WHEN i.approved THEN 'approved' WHEN i.rejected THEN 'rejected' ELSE 'pending' END"
# A name in `no/` that lost against one in `yes/` is put back as long as that is so.
_STANDS = (
    f"((o.role = 'approved' AND {_STATE} = 'approved') OR (o.role = 'rejected' AND ({_STATE} = 'rejected'"
    f" OR ({_STATE} = 'approved' AND o.settled = 'approved'))))"
)


def want_decisions(db: Database, form: Form) -> None:
    """Decisions of old trees that still stand, under the names they had."""
    bytes_of = {
        "as-were": (
            "CASE WHEN o.stage = 'upstream' THEN a.file_path END",
            "CASE WHEN o.stage IS NULL THEN o.sha256 END",
        ),
        "markers": ("NULL", "NULL"),
        "links": ("a.file_path", "CASE WHEN o.stage IS NULL AND a.file_path IS NULL THEN o.sha256 END"),
    }
    source, kept = bytes_of[form]
    # Bytes that were given back leave an empty name.
    left = "CASE WHEN o.stage IS NULL THEN o.sha256 ELSE a.sha256 END"
    version = {"as-were": left, "markers": "NULL", "links": f"COALESCE(a.sha256, {left})"}[form]
    db.execute(
        f"{_INSERT} SELECT o.folder, o.name, {source}, {kept}, {version}, i.id, o.role FROM old_files o"
        " JOIN images i ON i.id = COALESCE(o.named, o.image_id)"
        " LEFT JOIN artifacts a ON a.image_id = o.image_id AND a.stage = 'upstream'"
        f" WHERE o.role IN ('approved', 'rejected') AND {_STANDS} ORDER BY o.tree_id"
    )


def want_empty(db: Database) -> None:
    """Empty names of old trees, and of originals given back since, where nothing real has the name now."""
    db.execute(
        f"{_INSERT} SELECT folder, name, NULL, NULL, NULL, image_id, COALESCE(stage, 'kept') FROM old_files o"
        " WHERE role IN ('original', 'made') AND (sha256 IS NULL OR (role = 'original' AND EXISTS"
        " (SELECT 1 FROM images i WHERE i.id = o.image_id AND i.content = 'truncated'))) ORDER BY tree_id"
    )


class GivenBack(NamedTuple):
    """An image whose original is no more.

    Args:
        source: a path that it was registered from.
    """

    image_id: str
    mime_type: str | None
    source: str | None


def given_back(db: Database, page: int) -> Iterator[list[GivenBack]]:
    """Images that no old tree had and whose originals were given back, page by page."""
    sql = (
        "SELECT id, mime_type, (SELECT max(path) FROM sources s WHERE s.image_id = i.id) FROM images i"
        " WHERE id > :id AND content = 'truncated' AND NOT EXISTS"
        " (SELECT 1 FROM old_files o WHERE o.image_id = i.id AND o.role = 'original') ORDER BY id LIMIT :page"
    )
    for rows in db.pages(sql, {"page": page}, {"id": ""}):
        yield [GivenBack(*row) for row in rows]


class NewArtifact(NamedTuple):
    """An artifact that no wanted name stands for yet."""

    image_id: str
    stage: str
    path: str
    version: str
    parent: str | None
    params: str | None


def new_artifacts(db: Database, stages: Sequence[str], page: int) -> Iterator[list[NewArtifact]]:
    """Artifacts that come from no old tree, or are not what they were there; page by page."""
    sql = (
        "SELECT a.image_id, a.stage, a.file_path, COALESCE(a.sha256, a.created_at), (SELECT l.parent_id FROM lineage l"
        " WHERE l.child_id = a.image_id AND l.role = 'frame'), a.processing_params FROM artifacts a"
        " WHERE (a.image_id, a.stage) > (:image_id, :stage) AND a.stage IN (SELECT value FROM json_each(:stages))"
        " AND NOT EXISTS (SELECT 1 FROM temp.wanted_names w WHERE w.source = a.file_path)"
        " ORDER BY a.image_id, a.stage LIMIT :page"
    )
    parameters = {"stages": json.dumps(list(stages)), "page": page}
    for rows in db.pages(sql, parameters, {"image_id": "", "stage": ""}):
        yield [NewArtifact(*row) for row in rows]


def undescribed(db: Database, stage: str, page: int) -> Iterator[list[NewArtifact]]:
    """Artifacts of a stage of which no wanted name tells how they were made, although that is known; page by page."""
    sql = (
        "SELECT a.image_id, a.stage, a.file_path, COALESCE(a.sha256, a.created_at), NULL, a.processing_params"
        " FROM artifacts a WHERE a.stage = :stage AND a.image_id > :image_id AND a.recipe IS NOT NULL"
        " AND a.processing_params IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM temp.wanted_names w WHERE w.image_id = a.image_id AND w.stage = 'how')"
        " ORDER BY a.image_id LIMIT :page"
    )
    for rows in db.pages(sql, {"stage": stage, "page": page}, {"image_id": ""}):
        yield [NewArtifact(*row) for row in rows]


class NewDecision(NamedTuple):
    """A decision that no wanted name shows yet.

    Args:
        name: of its original in an old tree.
        path: of its original here.
        source: a path that it was registered from.
    """

    image_id: str
    state: str
    name: str | None
    path: str | None
    version: str | None
    mime_type: str | None
    source: str | None


def new_decisions(db: Database, page: int) -> Iterator[list[NewDecision]]:
    """Decisions made here, page by page.

    What artpipe rejected by itself in an old tree had no name there, and gets none.
    """
    sql = (
        f"SELECT i.id, {_STATE}, (SELECT o.name FROM old_files o WHERE o.image_id = i.id AND o.role = 'original'"
        " ORDER BY o.base IS NOT NULL, o.sha256 IS NULL, o.name LIMIT 1), a.file_path, a.sha256, i.mime_type,"
        " (SELECT max(path) FROM sources s WHERE s.image_id = i.id) FROM images i"
        " LEFT JOIN artifacts a ON a.image_id = i.id AND a.stage = 'upstream'"
        " WHERE i.id > :id AND (i.approved OR i.rejected) AND NOT EXISTS (SELECT 1 FROM temp.wanted_names w"
        f" WHERE w.image_id = i.id AND w.stage = {_STATE}) AND NOT EXISTS (SELECT 1 FROM old_files o"
        " JOIN temp.wanted_names w ON w.folder = o.folder AND w.name = o.name"
        f" WHERE o.image_id = i.id AND o.role = {_STATE} AND w.stage = o.role) AND NOT ({BY_ITSELF}"
        " AND EXISTS (SELECT 1 FROM old_files o WHERE o.image_id = i.id)) ORDER BY i.id LIMIT :page"
    )
    for rows in db.pages(sql, {"page": page}, {"id": ""}):
        yield [NewDecision(row[0], row[1], row[2] and named(row[2]), *tuple(row)[3:]) for row in rows]


def want(db: Database, one: Wanted) -> None:
    db.execute(f"{_INSERT} VALUES (?, ?, ?, ?, ?, ?, ?)", (stored(one.folder), stored(one.name), *one[2:]))


def is_wanted(db: Database, folder: str, name: str) -> bool:
    sql = "SELECT 1 FROM temp.wanted_names WHERE folder = ? AND name = ?"
    return db.row(sql, (stored(folder), stored(name))) is not None


def params_of(db: Database, image_id: str, stage: str) -> str | None:
    sql = "SELECT processing_params FROM artifacts WHERE image_id = ? AND stage = ?"
    found: str | None = db.scalar(sql, (image_id, stage))
    return found
