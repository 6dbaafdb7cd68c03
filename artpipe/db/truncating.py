"""Originals of rejected images, and giving their bytes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db.survey import BY_ITSELF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.db.connection import Database


class Original(NamedTuple):
    """An original that may be given back.

    Args:
        row: of the artifact.
        held: why it is kept for now; empty if it may go.
    """

    row: int
    image_id: str
    path: str
    sha256: str
    size: int
    held: str


_HELD = (
    "CASE WHEN a.sha256 IS NOT i.sha256 OR i.sha256 IS NULL THEN 'hash-differs'"
    " WHEN EXISTS (SELECT 1 FROM decisions d WHERE d.id = (SELECT max(id) FROM decisions WHERE image_id = i.id)"
    " AND d.became = 'rejected') IS NOT TRUE THEN 'undecided'"
    " WHEN EXISTS (SELECT 1 FROM jobs j WHERE j.image_id = i.id AND j.status = 'running') THEN 'in-hand'"
    " WHEN EXISTS (SELECT 1 FROM lineage l JOIN images c ON c.id = l.child_id WHERE l.parent_id = i.id"
    " AND c.rejected IS NOT TRUE) THEN 'parent'"
    " ELSE '' END"
)
_COLUMNS = f"a.id, i.id, a.file_path, COALESCE(a.sha256, ''), COALESCE(a.file_size, 0), {_HELD}"
_REJECTED = (
    " FROM images i JOIN artifacts a ON a.image_id = i.id AND a.stage = 'upstream'"
    " WHERE i.rejected IS TRUE AND i.approved IS NOT TRUE AND i.content = 'present'"
    " AND substr(a.file_path, 1, 9) = 'upstream/'"
)


def page(db: Database, after: str, size: int) -> list[Original]:
    """The next originals that a person rejected, in order of image: what artpipe rejected by itself nobody has seen."""
    sql = (
        f"SELECT {_COLUMNS} {_REJECTED} AND i.approved = FALSE AND i.rejected = TRUE AND i.id > ?"
        f" AND NOT {BY_ITSELF} ORDER BY i.id LIMIT ?"
    )
    return [Original(*row) for row in db.rows(sql, (after, size))]


def among(db: Database, ids: Sequence[str]) -> list[Original]:
    """Those of the images whose originals are there and rejected, by whomever."""
    sql = f"SELECT {_COLUMNS} {_REJECTED} AND i.id IN (SELECT value FROM json_each(?)) ORDER BY i.id"
    return [Original(*row) for row in db.rows(sql, (json.dumps(list(ids)),))]


def give_up(db: Database, originals: Sequence[Original]) -> None:
    """Within an open transaction: forget the files; hash, size, decision and everything else about the images stay."""
    db.many("DELETE FROM artifacts WHERE id = ? AND stage = 'upstream'", ((one.row,) for one in originals))
    db.many("UPDATE images SET content = 'truncated' WHERE id = ?", ((one.image_id,) for one in originals))
