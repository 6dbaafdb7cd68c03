"""Rows of pages against their files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from artpipe.actions.findings import Finding
from artpipe.db import pages
from artpipe.store import inspect

if TYPE_CHECKING:
    from artpipe.db.pages import PageFile
    from artpipe.library import Library
    from artpipe.pipeline.stopping import Stop


def compare_pages(library: Library, stop: Stop, *, quick: bool) -> tuple[int, list[Finding]]:
    """How many pages were compared, and those that are not as they were written."""
    found, number = [], 0
    for page in list(pages.recorded(library.db)):
        if stop.check():
            break
        number += 1
        difference = page_difference(library, page, quick=quick)
        # Looked at again: a build may have written it anew meanwhile.
        if difference is not None and pages.find(library.db, page.path) == page:
            path = PurePosixPath(page.path)
            found.append(Finding(difference[0], path.name, difference[1], "rebuild", path.parts[0], page.path))
    return number, found


def page_difference(library: Library, page: PageFile, *, quick: bool) -> tuple[str, str] | None:
    """Code and detail of what is wrong with a page's file."""
    look = inspect.look(library.store.root / page.path, hashed=not quick)
    if look.trouble == "missing":
        return "file-missing", "its row is there, the file is not"
    if look.trouble:
        return "file-differs", look.reason or "something else than a file has its name"
    if look.size != page.size:
        return "file-differs", f"it has {look.size} bytes, its row says {page.size}"
    if look.sha256 not in {None, page.sha256}:
        return "file-differs", f"its sha256 is {look.sha256}, its row says {page.sha256}"
    return None
