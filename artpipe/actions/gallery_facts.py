"""What the library knows about the pictures of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.actions.show import parsed
from artpipe.db import gallery
from artpipe.stages.gallery.pictures import Parent, Picture, Version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from artpipe.db.connection import Row
    from artpipe.library import Library

# Whose blurhash is taken, if there are several.
_PREFERRED = ("web-optimized", "thumbnails-small")


class Facts:
    """Reads pictures a page at a time.

    Args:
        results: of which images there is a page of what was made from them: how many, and its name.
    """

    def __init__(
        self, library: Library, *, originals: bool, grids: bool, results: Mapping[str, tuple[int, str]]
    ) -> None:
        self._db, self._originals, self._grids, self._results = library.db, originals, grids, results
        self._notes: dict[str | None, str] = {}
        self._order = {name: place for place, name in enumerate(library.graph.order())}

    def pictures(self, ids: Sequence[str]) -> list[Picture]:
        """In the order of the ids; without those that have nothing to show."""
        images = gallery.images(self._db, ids)
        versions = self._versions(ids)
        blurhashes, parents = self._blurhashes(ids), self._parents(ids)
        grids = gallery.grids(self._db, ids) if self._grids else {}
        return [
            Picture(
                id=name,
                width=images[name]["width"] or 0,
                height=images[name]["height"] or 0,
                versions=versions[name],
                blurhash=blurhashes.get(name, ""),
                grid=grids[name][0].hex() if name in grids else "",
                parents=tuple(parents.get(name, ())),
                results=self._results.get(name),
            )
            for name in ids
            if name in versions and name in images
        ]

    def _versions(self, ids: Sequence[str]) -> dict[str, tuple[Version, ...]]:
        found: dict[str, list[Version]] = {}
        for row in gallery.versions(self._db, ids, originals=self._originals):
            place = row["stage"], row["file_path"], row["width"], row["height"]
            version = Version(*place, self._note(row), row["sha256"] or "")
            found.setdefault(row["image_id"], []).append(version)
        last = len(self._order)
        return {
            name: tuple(sorted(every, key=lambda version: (self._order.get(version.stage, last), version.stage)))
            for name, every in found.items()
        }

    def _blurhashes(self, ids: Sequence[str]) -> dict[str, str]:
        found: dict[str, dict[str, str]] = {}
        for row in gallery.blurhashes(self._db, ids):
            found.setdefault(row["image_id"], {})[row["stage"]] = str(row["blurhash"])
        return {
            name: next((every[stage] for stage in _PREFERRED if stage in every), next(iter(every.values())))
            for name, every in found.items()
        }

    def _parents(self, ids: Sequence[str]) -> dict[str, list[Parent]]:
        found: dict[str, list[Parent]] = {}
        for row in gallery.parents_of(self._db, ids):
            page = self._results.get(row["parent_id"])
            if page is not None:
                found.setdefault(row["child_id"], []).append(Parent(row["parent_id"], row["role"], page[1]))
        return found

    def _note(self, row: Row) -> str:
        """Which model made it, where one did."""
        text = row["processing_params"]
        if text not in self._notes:
            params = parsed(text)
            self._notes[text] = str(params.get("model", "")) if isinstance(params, dict) else ""
        return self._notes[text]
