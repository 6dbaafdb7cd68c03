"""The files of a batch that share neither content nor name nor path with anything before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.db import artifacts, images, known, sources
from artpipe.names import image_id, path_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.db.artifacts import FileRow
    from artpipe.db.connection import Database
    from artpipe.db.images import NewImage
    from artpipe.pipeline.intake import Found


def base_of(found: Found) -> str:
    """The id that a file's name asks for."""
    return image_id(found.path)


class Newcomers:
    """Tells them with three questions for the whole batch instead of five for each file; writes their rows together.

    To be used within one transaction.
    """

    def __init__(self, db: Database, batch: Sequence[Found]) -> None:
        self._db = db
        self._hashes = known.hashes(db, (found.sha256 for found in batch if found.sha256 is not None))
        self._names = known.names(db, map(base_of, batch))
        self._paths = known.paths(db, (path_text(found.path) for found in batch))
        self._rows: list[tuple[NewImage, FileRow, Found]] = []

    def include(self, found: Found, base: str) -> bool:
        """Whether there is nothing to ask about a file: a sound picture, and new in every respect."""
        return (
            found.sha256 is not None
            and found.sha256 not in self._hashes
            and base not in self._names
            and path_text(found.path) not in self._paths
            and not (found.probe and found.probe.problem)
        )

    def note(self, found: Found, names: Sequence[str]) -> None:
        """What a file brought is not new any more for those behind it."""
        self._names.update(names)
        self._paths.add(path_text(found.path))
        if found.sha256 is not None:
            self._hashes.add(found.sha256)

    def add(self, image: NewImage, original: FileRow, found: Found) -> None:
        """Keep rows until `write`."""
        self._rows.append((image, original, found))

    def write(self) -> None:
        """Write what waits; due before anybody asks the database about a file behind it."""
        images.insert_all(self._db, [image for image, _, _ in self._rows])
        artifacts.put_all(self._db, [original for _, original, _ in self._rows])
        rows = [(path_text(found.path), found.seen, image.id, found.sha256) for image, _, found in self._rows]
        sources.remember_all(self._db, rows)
        self._rows.clear()
