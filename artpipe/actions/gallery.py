"""gallery: static pages of pictures that work without a server."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from artpipe.actions.gallery_export import export, require_free
from artpipe.actions.gallery_grids import complete_grids
from artpipe.actions.gallery_site import Design, Site
from artpipe.actions.report import Progress, Report, Silent
from artpipe.db import gallery as rows
from artpipe.db import pages
from artpipe.db.pages import PageFile
from artpipe.errors import UsageError
from artpipe.pipeline import leftovers
from artpipe.stages.gallery.picture_page import Place
from artpipe.stages.gallery.wording import counted
from artpipe.store import durable, inspect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from artpipe.library import Library

FOLDER = "gallery-html"
OWNER = "gallery"


@dataclass(frozen=True, slots=True)
class GalleryRequest:
    """Which pages to build.

    Args:
        dry_run: only say what would be written.
        to: a folder that gets all of it, pictures too.
    """

    design: Design
    dry_run: bool = False
    to: Path | None = None


@dataclass(slots=True)
class _Changes:
    """What a build changes about the files of a gallery.

    Args:
        written: pages whose text is new, each with where it lies until it gets its name.
        foreign: files that somebody else has put where a new page goes.
    """

    pictures: int = 0
    total: int = 0
    written: list[tuple[Path, PageFile]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    bounds: list[pages.Bound] = field(default_factory=list)
    published: tuple[int, int] | None = None

    def paths(self) -> list[str]:
        return [page.path for _, page in self.written] + self.removed


def gallery(library: Library, request: GalleryRequest, progress: Progress | None = None) -> Report:
    """Build the pages, and write those whose text has changed.

    Raises:
        UsageError: the design cannot be.
        BusyError: another build is at work.
    """
    design = request.design
    _check(library, design)
    if request.to is not None:
        require_free(library, request.to)
    library.require_art()
    library.require_room()
    with leftovers.scratch_of(library, OWNER, alone=True) as scratch:
        if design.placeholder == "grid20" and not request.dry_run:
            complete_grids(library, design, progress or Silent())
        changes = _build(library, request, scratch, progress or Silent())
        if not request.dry_run:
            _settle(library, design, scratch, changes)
            if request.to is not None:
                changes.published = export(library, design, request.to, progress or Silent())
    return _report(library, request, changes)


def _check(library: Library, design: Design) -> None:
    if not re.fullmatch(r"(?!page|from|index|sources|contents)[a-z0-9]{0,30}", design.name):
        raise UsageError(
            f"--name takes a short word of a-z and 0-9, and none that pages have already, not {design.name!r}."
        )
    design.selection.check(library.db)


def _build(library: Library, request: GalleryRequest, scratch: Path, progress: Progress) -> _Changes:
    """Compare the pages as they ought to be with what was written; new ones are written to the scratch folder."""
    changes, design = _Changes(), request.design
    with library.db.snapshot():
        site = Site(library, design, Place())
        left = pages.of_gallery(library.db, design.name)
        changes.pictures, changes.bounds = site.pictures, site.bounds()
        progress.start("pages", None)
        for made in site.pages():
            data, path = made.text.encode(), f"{FOLDER}/{made.name}"
            page = PageFile(path, hashlib.sha256(data).hexdigest(), len(data))
            changes.total += 1
            progress.advance()
            was = left.pop(path, None)
            if was is None and inspect.exists(library.store.root, path):
                changes.foreign.append(path)
            if was != page or not _lies_there(library, page):
                file = scratch / f"{changes.total}.html"
                if not request.dry_run:
                    durable.write(file, data)
                changes.written.append((file, page))
        progress.finish()
    changes.removed = list(left)
    return changes


def _lies_there(library: Library, page: PageFile) -> bool:
    try:
        return library.store.path(page.path).stat().st_size == page.size
    except OSError:
        return False


def _settle(library: Library, design: Design, scratch: Path, changes: _Changes) -> None:
    """Rows first: none may stand over other bytes than it says, at any moment."""
    db, store, key = library.db, library.store, (design.name, design.sort, design.page_size)
    with db.transaction():
        for path in changes.foreign:
            inspect.quarantine(store.root, path, time.strftime("%Y-%m-%d"))
    leftovers.note_intent(scratch, 1, changes.paths())
    with db.transaction():
        pages.announce(db, *key, changes.paths())
    with db.transaction():
        store.adopt((file, page.path) for file, page in changes.written)
        for path in changes.removed:
            store.remove_derived(path)
        store.sync(FOLDER)
        pages.write(db, (page for _, page in changes.written))
        pages.drop(db, changes.removed)
        pages.keep_bounds(db, *key, changes.bounds)


def _report(library: Library, request: GalleryRequest, changes: _Changes) -> Report:
    design = request.design
    folder = library.store.path(FOLDER) if request.to is None else request.to.absolute()
    index = str(folder / (f"{design.name}-index.html" if design.name else "index.html"))
    counts = {
        "pictures": changes.pictures,
        "without_picture": rows.count(library.db, design.selection) - changes.pictures,
        "pages": changes.total,
        "written": len(changes.written),
        "unchanged": changes.total - len(changes.written),
        "removed": len(changes.removed),
    }
    notes = _notes(counts, dry_run=request.dry_run)
    if changes.foreign and not request.dry_run:
        notes.append(
            f"{counted(len(changes.foreign), 'file')} of yours had a page's name; now below {inspect.QUARANTINE}/"
        )
    if changes.published is not None:
        counts["files_written"], counts["files_removed"] = changes.published
        notes.append(f"{folder}: {changes.published[0]} files written, {changes.published[1]} removed")
    return Report(data={"index": index, **counts}, lines=[index], notes=notes)


def _notes(counts: Mapping[str, int], *, dry_run: bool) -> list[str]:
    pictures, total = counted(counts["pictures"]), counted(counts["pages"], "page")
    done = f"{counts['written']} written, {counts['unchanged']} unchanged, {counts['removed']} removed"
    notes = [f"{pictures} on {total}: {done}" + (" if it were done" if dry_run else "")]
    if counts["without_picture"]:
        missing = counted(counts["without_picture"])
        notes.append(f"{missing} left out that nothing was made of yet; `artpipe run` makes it")
    return notes
