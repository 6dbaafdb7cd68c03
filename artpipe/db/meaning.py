"""Which image a name of an old tree means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from artpipe.db.survey import stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.db.connection import Database


class Name(NamedTuple):
    """What is asked about.

    Args:
        base: the name without extension.
        image_id: the id that the base makes.
        exact: the whole name, where it decides among pictures that share a base name.
    """

    base: str
    image_id: str
    exact: str | None = None


# Without statistics SQLite would read the whole tree for each name instead of using these indexes.
# What the tree's own picture of that name became, before what the library knew under it.
_MEANT = """
COALESCE(
    (SELECT image_id FROM old_files WHERE {exact} IS NOT NULL AND tree_id = :tree AND name = {exact} AND folder IN
     (SELECT value FROM json_each(:originals)) AND role = 'original' AND image_id IS NOT NULL LIMIT 1),
    (SELECT image_id FROM old_files INDEXED BY old_files_by_image WHERE image_id = {id} AND tree_id = :tree
     AND role = 'original' AND base IS NULL LIMIT 1),
    (SELECT min(image_id) FROM old_files INDEXED BY old_files_by_base WHERE tree_id = :tree AND base = {base}
     AND base IS NOT NULL AND role = 'original'),
    (SELECT id FROM images WHERE id = {id}),
    (SELECT min(image_id) FROM aliases WHERE name = {id}))
"""
_ONE = f"SELECT {_MEANT.format(base=':base', id=':id', exact=':exact')}"
_COLUMNS = {column: f"json_extract(asked.value, '$[{i}]')" for i, column in enumerate(("base", "id", "exact"))}
_ALL = f"SELECT {_MEANT.format(**_COLUMNS)} FROM json_each(:asked) asked ORDER BY asked.key"


def meant(db: Database, tree: int, name: Name, originals: str = "[]") -> str | None:
    """The image that a name in the tree means.

    Args:
        originals: folders of originals, as JSON, in which a whole name is looked for.
    """
    base, image_id, exact = name
    values = {"tree": tree, "base": stored(base), "id": image_id, "originals": originals}
    found: str | None = db.scalar(_ONE, {**values, "exact": None if exact is None else stored(exact)})
    return found


def meant_by_all(db: Database, tree: int, names: Sequence[Name], originals: str = "[]") -> list[str | None]:
    """The same for many names, in one question."""
    plain = [name for name in names if _is_text(name)]
    values = {"tree": tree, "originals": originals, "asked": json.dumps(plain)}
    found = iter(db.rows(_ALL, values))
    return [next(found)[0] if _is_text(name) else meant(db, tree, name, originals) for name in names]


def _is_text(name: Name) -> bool:
    """Names that are no UTF-8 can't stand in JSON."""
    return isinstance(stored(name.base), str) and (name.exact is None or isinstance(stored(name.exact), str))
