"""Names of an old tree that have no bytes any more, in the very file that the library has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from artpipe.db.survey import FIRST_NAME
from artpipe.model import UPSTREAM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.db.connection import Database


class Emptied(NamedTuple):
    """An artifact whose file may have been emptied.

    Args:
        row: of the artifact.
        inode: of the empty name.
    """

    row: int
    image_id: str
    stage: str
    path: str
    inode: int


def pages(db: Database, tree: int, size: int) -> Iterator[list[Emptied]]:
    """Those of a surveyed tree that had bytes when they were taken in, page by page."""
    sql = (
        "SELECT s.folder, s.name, a.id, a.image_id, a.stage, a.file_path, s.inode FROM temp.survey s"
        " CROSS JOIN old_files o ON o.tree_id = :tree AND o.folder = s.folder AND o.name = s.name"
        " CROSS JOIN artifacts a ON a.image_id = o.image_id AND a.stage = o.stage AND a.sha256 = o.sha256"
        " WHERE s.size = 0 AND o.size > 0 AND (s.folder, s.name) > (:folder, :name)"
        " ORDER BY s.folder, s.name LIMIT :size"
    )
    for rows in db.pages(sql, {"tree": tree, "size": size}, FIRST_NAME):
        yield [Emptied(*tuple(row)[2:]) for row in rows]


def give_up(db: Database, emptied: Sequence[Emptied]) -> None:
    """Within an open transaction: forget the files; other names that had the same bytes are to be read again."""
    db.many("DELETE FROM artifacts WHERE id = ?", ((one.row,) for one in emptied))
    originals = ((one.image_id,) for one in emptied if one.stage == UPSTREAM)
    db.many("UPDATE images SET content = 'truncated' WHERE id = ? AND content = 'present'", originals)
    db.many(
        "UPDATE old_files SET inode = -1 WHERE image_id = ? AND stage = ? AND sha256 IS NOT NULL",
        ((one.image_id, one.stage) for one in emptied),
    )
