"""A library: settings, database and store, opened and closed together."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from artpipe.db import schema
from artpipe.errors import LibraryMissingError, StorageError
from artpipe.settings import DATABASE_NAME, Settings, find_database, load
from artpipe.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from artpipe.db.connection import Database
    from artpipe.model import Graph


class Place(NamedTuple):
    """Where a library is looked for: what the command line and the environment say."""

    database: Path | None = None
    art: Path | None = None
    environment: Mapping[str, str] | None = None

    def env(self) -> Mapping[str, str]:
        return os.environ if self.environment is None else self.environment


class Library:
    """An open library; use it as a context manager."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self.settings = settings
        self.db = db
        self.store = Store(settings.art)

    @cached_property
    def graph(self) -> Graph:
        """The stages; built when first asked for, since questions to the database need none."""
        from artpipe.stages.registry import build_graph

        return build_graph(self.settings.stages, self.settings.file)

    def own_paths(self) -> frozenset[str]:
        """Real paths of what makes up the library; registering its folder must not take it in."""
        database = self.db.path.resolve()
        beside = {str(path) for path in database.parent.glob(database.name + "*")}
        return frozenset({*beside, str(database), str(self.settings.art.resolve()), str(self.settings.file.resolve())})

    def require_art(self) -> None:
        from artpipe.db import artifacts

        self.store.require(artifacts.some_paths(self.db))

    def require_room(self) -> None:
        """Stop before the disk is full, while there is room enough to record what was done.

        Raises:
            StorageError: less is free than the reserve.
        """
        free, reserve = self.store.free_bytes(), self.settings.reserve << 20
        if free < reserve:
            raise StorageError(
                f"Only {free >> 20} MiB are free on the disk of {self.settings.art}, less than the reserve of"
                f" {reserve >> 20} MiB ([run] reserve in {self.settings.file}). Make room; the next run carries on."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.db.close()


def open_library(place: Place) -> Library:
    """Open an existing library.

    Raises:
        LibraryMissingError: there is none where it was looked for.
    """
    path = place.database or find_database(Path.cwd())
    if path is None:
        raise LibraryMissingError(
            f"There is no {DATABASE_NAME} in {Path.cwd()} or above it. `artpipe init` makes a library there,"
            " `artpipe register PATH` too; --db names one elsewhere."
        )
    settings = load(path, place.art, place.env())
    return Library(settings, schema.open_database(path))


def create_library(place: Place) -> Library:
    """Open a library; a missing one is created, in the working directory unless the place says where."""
    from artpipe.db import artifacts

    path = place.database or find_database(Path.cwd()) or Path.cwd() / DATABASE_NAME
    settings = load(path, place.art, place.env())
    library = Library(settings, schema.create_database(path))
    if not artifacts.some_paths(library.db):
        library.store.create()
    return library
