"""From which pictures frames and face-swap results of an old tree were made, as their names say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.db import meaning, oldfiles
from artpipe.db.meaning import Name
from artpipe.pipeline.oldlayout import FRAMES, RESULTS, id_of, parents_of, stem

if TYPE_CHECKING:
    from artpipe.actions.moving.finding import Findings
    from artpipe.db.oldfiles import Orphan
    from artpipe.library import Library
    from artpipe.pipeline.stopping import Stop

PAGE = 1000


def join_parents(library: Library, tree: int, findings: Findings, stop: Stop) -> int:
    """Note the parents that are known here; a parent that is only a name gets no row. Returns how many are news."""
    known = 0
    for page in oldfiles.orphans(library.db, tree, (FRAMES, RESULTS), PAGE):
        with library.db.transaction():
            known += sum(_join(library, tree, orphan, findings) for orphan in page)
        if stop.check():
            break
    return known


def _join(library: Library, tree: int, orphan: Orphan, findings: Findings) -> int:
    known = 0
    for role, name, seconds in parents_of(orphan.stage, orphan.folder, stem(orphan.name, "made")):
        parent = meaning.meant(library.db, tree, Name(name, id_of(name)))
        if parent is not None and parent != orphan.image_id:
            known += oldfiles.add_parent(library.db, orphan.image_id, parent, role, seconds)
        elif role != "style":
            # Styles never had a picture of their own that could be found by name.
            findings.add("parent-missing", f"{orphan.folder}/{orphan.name}", f"there is no picture or video {name}")
    return known
