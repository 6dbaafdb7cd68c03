"""From what a user typed or piped to the ids of images."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from artpipe.actions.report import Problem
from artpipe.db import images
from artpipe.names import candidates, shown

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
    found = images.resolve(library.db, [candidates(name) for name in names])
    known = [image_id for image_id in found if image_id is not None]
    unknown = [
        Problem("unknown-id", name, f"There is no image {shown(name)}. `artpipe list` shows what there is.")
        for name, image_id in zip(names, found, strict=True)
        if image_id is None
    ]
    return list(dict.fromkeys(known)), unknown


def resolve_all(library: Library, names: Iterable[str]) -> tuple[list[str], list[Problem]]:
    """The same for any number of names, a page at a time."""
    known: dict[str, None] = {}
    unknown: list[Problem] = []
    for chunk in in_chunks(names):
        found, problems = resolve(library, chunk)
        known.update(dict.fromkeys(found))
        unknown += problems
    return list(known), unknown
