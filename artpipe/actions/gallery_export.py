"""A gallery in a folder of its own, with all that its pages show."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from artpipe.actions.gallery_site import Design, Site
from artpipe.errors import UsageError
from artpipe.stages.gallery.picture_page import Place
from artpipe.store import durable
from artpipe.store.publish import PublishedFolder

if TYPE_CHECKING:
    from pathlib import Path

    from artpipe.actions.gallery_site import Page
    from artpipe.actions.report import Progress
    from artpipe.library import Library

# Pages at the top of the folder, pictures in folders beside them.
PLACE = Place(up="", pages="")


def require_free(library: Library, folder: Path) -> None:
    """Refuse a folder that belongs to something else.

    Raises:
        UsageError: it lies in art/, or holds files that are not a gallery's.
    """
    if folder.resolve().is_relative_to(library.store.root.resolve()):
        raise UsageError(f"{folder} lies in {library.store.root}, which is the library's own. Name another folder.")
    if PublishedFolder(folder).is_foreign():
        raise UsageError(f"{folder} holds other files already. Name a new folder, or one that a gallery was put into.")


def export(library: Library, design: Design, folder: Path, progress: Progress) -> tuple[int, int]:
    """Bring the folder up to date; returns how many files were written and removed."""
    published = PublishedFolder(folder)
    progress.start("publishing", None)
    with library.db.snapshot(), durable.naming(folder), published:
        for page in Site(library, design, PLACE).pages():
            _put(library, published, page)
            progress.advance()
        published.finish()
    progress.finish()
    return published.written, published.removed


def _put(library: Library, published: PublishedFolder, page: Page) -> None:
    """Pictures first: no page is there before what it shows."""
    for picture in page.pictures:
        for version in picture.versions:
            source = library.store.path(version.path)
            if source.is_file():
                published.link(version.path, source, version.sha256)
    data = page.text.encode()
    published.write(page.name, data, hashlib.sha256(data).hexdigest())
