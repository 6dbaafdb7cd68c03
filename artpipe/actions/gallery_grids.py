"""Colour grids for the pages that want them, computed once."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

from artpipe.db import gallery
from artpipe.errors import WorkError
from artpipe.stages.colourgrid import colour_grid
from artpipe.stages.imaging import Picture

if TYPE_CHECKING:
    from pathlib import Path

    from artpipe.actions.gallery_site import Design
    from artpipe.actions.report import Progress
    from artpipe.db.connection import Row
    from artpipe.library import Library

_BATCH = 500
# What a grid is computed from: the web copy, or else the next best.
_SOURCES = ("web-optimized", "thumbnails-small")


def complete_grids(library: Library, design: Design, progress: Progress) -> None:
    """Compute what is missing or was computed from another file; a picture that cannot be read goes without."""
    db = library.db
    progress.start("colour grids", None)
    with db.snapshot():
        ids = [name for _, name in gallery.entries(db, design.selection, design.sort, originals=design.originals)]
    waiting = iter(ids)
    with ThreadPoolExecutor(library.settings.workers(), thread_name_prefix="artpipe-grids") as pool:
        while batch := list(islice(waiting, _BATCH)):
            known = gallery.grids(db, batch)
            due = [
                (name, library.store.path(row["file_path"]), row["sha256"])
                for name, row in _sources(library, batch).items()
                if row["sha256"] and known.get(name, ("", ""))[1] != row["sha256"]
            ]
            found = [made for made in pool.map(_computed, due) if made is not None]
            gallery.keep_grids(db, found)
            progress.advance(len(batch))
    progress.finish()


def _sources(library: Library, ids: list[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in gallery.versions(library.db, ids, originals=False):
        if row["stage"] == _SOURCES[0] or (row["stage"] == _SOURCES[1] and row["image_id"] not in found):
            found[row["image_id"]] = row
    return found


def _computed(due: tuple[str, Path, str]) -> tuple[str, bytes, str] | None:
    name, path, sha256 = due
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            return None
        return name, colour_grid(Picture(data)), sha256
    except (OSError, WorkError):
        return None
