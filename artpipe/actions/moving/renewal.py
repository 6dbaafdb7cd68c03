"""Files of an old tree that its own scripts have made anew since they were taken in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from artpipe.db import artifacts, oldfiles
from artpipe.pipeline.leftovers import note_intent
from artpipe.store import inspect

if TYPE_CHECKING:
    from artpipe.db.artifacts import FileRow
    from artpipe.db.oldfiles import Taken
    from artpipe.library import Library
    from artpipe.pipeline.intake import Found


@dataclass(frozen=True, slots=True)
class Renewal:
    """A file that takes the place of the artifact which its name was before."""

    found: Found
    row: FileRow
    taken: Taken


def renew(library: Library, renewal: Renewal, tree: int, scratch: Path) -> bool:
    """Replace the artifact: first its row goes, then its file, then the new row comes.

    A crash in between leaves a note of the files for the next command, and the name counts as new. Returns False if the
    file has changed again meanwhile.
    """
    db, row, ready = library.db, renewal.row, scratch / "renewed"
    before = artifacts.get(db, row.image_id, row.stage)
    paths = {row.file_path, *([before["file_path"]] if before is not None else [])}
    inspect.bring(renewal.found.copy or Path(renewal.found.path), ready)
    if inspect.look(ready, hashed=True).sha256 != row.sha256:
        return False
    note = note_intent(scratch, 0, paths)
    with db.transaction():
        artifacts.retire(db, [(row.image_id, row.stage)])
    library.store.adopt([(ready, row.file_path)])
    for path in paths - {row.file_path}:
        library.store.remove_derived(path)
    with db.transaction():
        artifacts.put(db, row)
        oldfiles.record(db, tree, [renewal.taken])
    note.unlink()
    return True
