"""Files of an old tree that some program made from a picture."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from artpipe.actions.moving.names_in import taken
from artpipe.actions.moving.renewal import Renewal
from artpipe.db import artifacts, images, oldfiles
from artpipe.db.artifacts import FileRow
from artpipe.names import with_suffix
from artpipe.pipeline.oldlayout import RESULTS, parents_of
from artpipe.pipeline.placing import NotPlacedError, extension, place
from artpipe.pipeline.walk import PassedOver

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from artpipe.actions.moving.names_in import NamesIn
    from artpipe.db.connection import Database
    from artpipe.db.oldfiles import Taken
    from artpipe.db.survey import Surveyed
    from artpipe.pipeline.intake import Found


class Made:
    """Gives them their places, a batch within a transaction of the caller.

    Args:
        owner: of the scratch folder for copies.
    """

    def __init__(self, names: NamesIn, owner: str) -> None:
        self._names, self._library, self._db = names, names.library, names.db
        self._stages = names.library.graph.stages
        self._owner = owner
        self._places = _Places(self._db)

    def take(self, batch: Sequence[tuple[Surveyed, Found]]) -> list[Taken | PassedOver | Renewal]:
        meant = self._names.all_meant([row for row, _ in batch])
        asked = zip(batch, meant, strict=True)
        self._places.ask(place for (row, _), image_id in asked if image_id for place in self._involved(row, image_id))
        results = [self._take(row, found, image_id) for (row, found), image_id in zip(batch, meant, strict=True)]
        self._places.write()
        return results

    def _involved(self, row: Surveyed, image_id: str) -> list[tuple[str, str]]:
        made_here = self._stages.get(row.stage)
        return [(image_id, row.stage), *((image_id, stage) for stage in (made_here.inputs[:1] if made_here else ()))]

    def _take(self, row: Surveyed, found: Found, image_id: str | None) -> Taken | PassedOver | Renewal:
        """A file that is no sound picture is only kept."""
        if row.stage in self._stages and found.probe and found.probe.problem:
            self._names.find("unsound", row, f"is damaged ({found.probe.problem}); it will be made again")
            return self._names.keep(row, found)
        image_id = image_id or self._names.new_since(row) or self._names.new_image(row.id, "absent", found)
        if self._is_renewed(row, found, image_id):
            artifact = self._artifact(row, found, image_id, f"{row.stage}/{image_id}.{extension(found)}")
            return Renewal(found, artifact, taken(row, (image_id, row.stage), found))
        try:
            image_id = self._put(row, found, image_id)
        except NotPlacedError as error:
            return PassedOver(found.path, error.code, str(error), failed=True)
        return taken(row, (image_id, row.stage), found)

    def _is_renewed(self, row: Surveyed, found: Found, image_id: str) -> bool:
        """Whether the artifact that is there came from this very name, which has other bytes now."""
        there = self._places.get(image_id, row.stage)
        if there is None or there.recipe is not None or there.sha256 == found.sha256:
            return False
        before = oldfiles.sha256_of(self._db, self._names.source.tree, row.folder, row.name)
        return row.stage in self._stages and before == there.sha256

    def _put(self, row: Surveyed, found: Found, image_id: str) -> str:
        """Link the file and write its row; a second file for the same place becomes a picture of its own."""
        there = self._places.get(image_id, row.stage)
        if there is not None and there.sha256 != found.sha256:
            image_id, there = self._variant(row, found, image_id)
        if there is not None:
            return image_id
        relative = f"{row.stage}/{image_id}.{extension(found)}"
        if not place(self._library.store, found, relative, self._owner):
            message = f"has its place taken by another file, art/{relative}; `artpipe verify` tells more"
            raise NotPlacedError("name-taken", message)
        self._places.put(self._artifact(row, found, image_id, relative))
        return image_id

    def _variant(self, row: Surveyed, found: Found, image_id: str) -> tuple[str, _There | None]:
        for digits in (8, 16, 64):
            name = with_suffix(image_id, found.sha256 or "", digits)
            there = self._places.get(name, row.stage)
            if images.get(self._db, name) is None:
                self._names.new_image(name, "absent", found)
                oldfiles.add_parent(self._db, name, image_id, "variant", None)
                detail = f"another file is the {row.stage} of {image_id}; this one is {name}'s"
                self._names.find("name-shared", row, detail)
                return name, None
            if there is None or there.sha256 == found.sha256:
                return name, there
        raise NotPlacedError("name-taken", "has every name for it taken")

    def _artifact(self, row: Surveyed, found: Found, image_id: str, relative: str) -> FileRow:
        probe = found.probe
        size = (probe.width, probe.height) if probe else (None, None)
        known = _known_making(row)
        return FileRow(
            *(image_id, row.stage, relative, found.sha256 or "", found.seen.size, *size),
            processing_params=json.dumps(known) if known else None,
            input_sha256=self._input(image_id, row.stage),
        )

    def _input(self, image_id: str, stage: str) -> str | None:
        """What the file is taken to be made from, so that it counts as stale when that changes."""
        made_from = self._stages.get(stage)
        source = self._places.get(image_id, made_from.inputs[0]) if made_from else None
        return source.sha256 if source is not None else None


def _known_making(row: Surveyed) -> dict[str, str]:
    """What the name of a file tells about how it was made."""
    if row.stage == RESULTS:
        return {role: name for role, name, _ in parents_of(row.stage, row.folder, row.base)}
    return {}


class _There(NamedTuple):
    """An artifact, as far as it matters here."""

    sha256: str | None
    recipe: str | None


class _Places:
    """The artifacts that a batch is about: asked for together, written together."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[tuple[str, str], _There | None] = {}
        self._waiting: list[FileRow] = []

    def ask(self, places: Iterable[tuple[str, str]]) -> None:
        """Begin a batch."""
        asked: dict[tuple[str, str], Any] = dict.fromkeys(places)
        found = {(row[0], row[1]): _There(row[2], row[3]) for row in artifacts.at(self._db, list(asked))}
        self._known = {**asked, **found}

    def get(self, image_id: str, stage: str) -> _There | None:
        place = image_id, stage
        if place not in self._known:
            row = artifacts.get(self._db, image_id, stage)
            self._known[place] = _There(row["sha256"], row["recipe"]) if row is not None else None
        return self._known[place]

    def put(self, row: FileRow) -> None:
        self._known[row.image_id, row.stage] = _There(row.sha256, None)
        self._waiting.append(row)

    def write(self) -> None:
        artifacts.put_all(self._db, self._waiting)
        self._waiting.clear()
