"""From what a user typed or piped to the ids of images."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

from artpipe.actions.report import Problem
from artpipe.db import images, sources
from artpipe.names import candidates, path_text, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from artpipe.library import Library

CHUNK = 2000


def in_chunks(items: Iterable[str], size: int = CHUNK) -> Iterator[list[str]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def resolve(library: Library, names: list[str]) -> tuple[list[str], list[Problem]]:
    """The images that are meant, without repetitions, and a problem for each name that means none."""
    found = images.resolve(library.db, _possible(library, names))
    known = [image_id for image_id in found if image_id is not None]
    unknown = [
        Problem("unknown-id", name, f"There is no image {shown(name)}.")
        for name, image_id in zip(names, found, strict=True)
        if image_id is None
    ]
    return list(dict.fromkeys(known)), unknown


def _possible(library: Library, names: list[str]) -> list[list[str]]:
    """For each name the ids it can mean, the likeliest first.

    A file that is there means the image it was registered as, whatever others are called; one that was never
    registered means none. Only a name that leads to no file is taken apart.
    """
    files = {name: os.path.realpath(name) for name in names if os.path.isfile(name)}
    seen = sources.find(library.db, [path_text(path) for path in files.values()])
    made = os.path.realpath(library.settings.art) + os.sep
    possible = []
    for name in names:
        path = files.get(name)
        if path is None or path.startswith(made):
            possible.append(candidates(name))
        elif path_text(path) in seen:
            possible.append([name, seen[path_text(path)][1]])
        else:
            possible.append([name])
    return possible


def resolve_all(library: Library, names: Iterable[str]) -> tuple[list[str], list[Problem]]:
    """The same for any number of names, a page at a time."""
    known: dict[str, None] = {}
    unknown: list[Problem] = []
    for chunk in in_chunks(names):
        found, problems = resolve(library, chunk)
        known.update(dict.fromkeys(found))
        unknown += problems
    return list(known), unknown
