"""What one name of an old tree becomes: an original, a kept content, a mark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from artpipe.actions.moving.names_in import taken
from artpipe.db import oldfiles
from artpipe.model import UPSTREAM
from artpipe.pipeline.walk import PassedOver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.actions.admit import Admission
    from artpipe.actions.admitted import Admitted
    from artpipe.actions.moving.names_in import NamesIn
    from artpipe.actions.newcomers import Newcomers
    from artpipe.db.oldfiles import Taken
    from artpipe.db.survey import Surveyed
    from artpipe.pipeline.contents import Content
    from artpipe.pipeline.intake import Found


class Placing:
    """Gives names their places, a batch within a transaction of the caller."""

    def __init__(self, names: NamesIn, admission: Admission) -> None:
        self._names, self._admission, self._db = names, admission, names.db

    def originals(self, batch: Sequence[tuple[Surveyed, Found]]) -> list[Taken | PassedOver]:
        """Pictures of `img/`, or the bytes of decisions."""
        with self._admission.together([found for _, found in batch]) as newcomers:
            return [self._original(row, found, newcomers) for row, found in batch]

    def _original(self, row: Surveyed, found: Found, newcomers: Newcomers) -> Taken | PassedOver:
        if row.role != "original" and _is_no_picture(found):
            newcomers.write()
            return self._names.keep(row, found)
        admitted = self._admission.admit_one(found, newcomers)
        if isinstance(admitted, PassedOver):
            return admitted
        if row.role == "original":
            return self._taken_original(row, found, admitted)
        # The rows that wait may be what the name means.
        newcomers.write()
        meant = self._names.meant(row) or admitted.image_id
        named = meant if meant != admitted.image_id else None
        return taken(row, (admitted.image_id, UPSTREAM), found, named=named)

    def _taken_original(self, row: Surveyed, found: Found, admitted: Admitted) -> Taken:
        other = row.base if admitted.image_id != row.base else None
        if other is not None and admitted.how == "duplicates":
            self._names.find("duplicate", row, f"has the same bytes as {admitted.image_id}")
        elif other is not None and admitted.image_id != row.id:
            detail = f"another picture is called {row.id}; this one is {admitted.image_id}"
            self._names.find("name-shared", row, detail)
        if admitted.reason:
            self._names.find("unsound", row, f"is no picture that artpipe can work with ({admitted.reason})")
        return taken(row, (admitted.image_id, UPSTREAM), found, base=other)

    def empty_originals(self, rows: Sequence[Surveyed]) -> list[Taken]:
        """Empty names in `img/`: pictures whose bytes were thrown away on purpose."""
        return [self._empty_original(row, meant) for row, meant in self._names.each_meant(rows)]

    def _empty_original(self, row: Surveyed, meant: str | None) -> Taken:
        image_id = meant or self._names.new_image(row.id, "truncated")
        return taken(row, (image_id, UPSTREAM), base=row.base if image_id != row.base else None)

    def empty(self, rows: Sequence[Surveyed]) -> list[Taken]:
        """Empty names of something made: it was there once, and may be made again."""
        return [
            taken(row, (meant or self._names.new_image(row.id, "absent"), row.stage))
            for row, meant in self._names.each_meant(rows)
        ]

    def marks(self, rows: Sequence[Surveyed]) -> list[Taken]:
        """Empty names in `yes/` or `no/`."""
        return [
            taken(row, (meant or self._names.new_image(row.id, "absent"), None))
            for row, meant in self._names.each_meant(rows)
        ]

    def small(self, batch: Sequence[tuple[Surveyed, Content]]) -> list[Taken]:
        """Notes of how something was made, and colour grids; kept as they are."""
        oldfiles.keep(self._db, ((content.sha256, content.data) for _, content in batch))
        notes = [row for row, _ in batch if row.role == "how"]
        meant = {(row.folder, row.name): found for row, found in self._names.each_meant(notes)}
        return [self._small(row, content, meant.get((row.folder, row.name))) for row, content in batch]

    def _small(self, row: Surveyed, content: Content, image_id: str | None) -> Taken:
        if image_id is not None and (params := _json(content.data)):
            oldfiles.describe_making(self._db, image_id, row.stage, params)
        elif row.role == "how":
            why = "no picture is called so" if image_id is None else "it is no JSON"
            self._names.find("note-alone", row, f"is kept, but describes nothing here: {why}")
        return taken(row, (image_id, None), content)


def _is_no_picture(found: Found) -> bool:
    return found.probe is not None and found.probe.problem == "invalid"


def _json(data: bytes) -> str | None:
    """The text of a JSON document that SQLite can read too, else None."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        text = data.decode()
        json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None
    return text
