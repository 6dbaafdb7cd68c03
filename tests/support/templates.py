"""Libraries that many tests begin with: made once in each process, then copied."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from support.library import TestLibrary

Preparation = Callable[[TestLibrary], None]


def prepared(library: TestLibrary, prepare: Preparation) -> TestLibrary:
    """Bring an empty library to where `prepare` brings one, files that are one (hard links) and their times included.

    Args:
        prepare: a function of a module, or something else that is the same object each time.
    """
    template = _template(prepare)
    links: dict[int, str] = {}

    def copy(source: str, target: str) -> None:
        inode = os.stat(source).st_ino
        if inode in links:
            os.link(links[inode], target)
        else:
            links[inode] = target
            shutil.copy2(source, target)

    shutil.copytree(template.folder, library.folder, copy_function=copy, dirs_exist_ok=True)
    library.sql("UPDATE sources SET path = replace(path, ?, ?)", (str(template.folder), str(library.folder)))
    for (path,) in library.sql("SELECT path FROM sources"):
        library.sql("UPDATE sources SET inode = ? WHERE path = ?", (Path(path).stat().st_ino, path))
    return library


class _Template(TestLibrary):
    """Goes when the process ends."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="artpipe-template-")
        super().__init__(Path(self._folder.name))


@cache
def _template(prepare: Preparation) -> TestLibrary:
    template = _Template()
    prepare(template)
    return template
