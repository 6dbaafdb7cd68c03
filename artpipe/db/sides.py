"""The names of an old tree beside what became of them here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from artpipe.db.survey import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from artpipe.db.connection import Database

_OURS = (
    "CASE WHEN o.sha256 IS NULL THEN NULL WHEN o.stage IS NULL"
    " THEN (SELECT c.sha256 FROM old_contents c WHERE c.sha256 = o.sha256) ELSE a.sha256 END"
)
_ARTIFACT = "LEFT JOIN artifacts a ON a.image_id = o.image_id AND a.stage = o.stage AND o.sha256 IS NOT NULL"


class Side(NamedTuple):
    """One name.

    Args:
        size: in the tree.
        sha256: of the bytes that were taken in; None for an empty name.
        ours: the sha256 that the library has recorded for them.
        path: the artifact that stands for it, relative to art/; None for what is kept in the database.
        recorded: it was taken in.
        open: it is a decision that was not acted on.
    """

    folder: str
    name: str
    size: int
    sha256: str | None
    ours: str | None
    path: str | None
    recorded: bool = True
    open: bool = False


def taken(db: Database, tree: int) -> Iterator[Side]:
    """Everything that was taken from a tree, folder by folder, in order of name."""
    rows = db.stream(
        f"SELECT o.folder, o.name, o.size, o.sha256, {_OURS}, a.file_path FROM old_files o {_ARTIFACT}"
        " WHERE o.tree_id = ? ORDER BY o.folder, o.name",
        (tree,),
    )
    for folder, name, size, sha256, ours, path in rows:
        yield Side(named(folder), named(name), size, sha256, ours, path)


def present(db: Database, tree: int) -> Iterator[Side]:
    """Everything that is in the surveyed tree now, in the same order."""
    rows = db.stream(
        f"SELECT s.folder, s.name, s.size, o.sha256, {_OURS}, a.file_path, o.name IS NOT NULL,"
        " o.role IN ('approved', 'rejected') AND o.settled IS NULL"
        " FROM temp.survey s LEFT JOIN old_files o ON o.tree_id = ? AND o.folder = s.folder AND o.name = s.name"
        f" {_ARTIFACT} ORDER BY s.folder, s.name",
        (tree,),
    )
    for folder, name, size, sha256, ours, path, recorded, unsettled in rows:
        yield Side(named(folder), named(name), size, sha256, ours, path, bool(recorded), bool(unsettled))
