"""What registering would do, told without writing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.actions.admitted import Admitted, problem_of
from artpipe.actions.newcomers import base_of
from artpipe.db import images, sources
from artpipe.names import path_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.db.connection import Database
    from artpipe.pipeline.intake import Found


class Rehearsal:
    """Answers for each file what `Admission` would, given all those before it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        # What would have been added so far: content hash -> id.
        self._added: dict[str, str] = {}

    def admit(self, found: Sequence[Found]) -> list[Admitted]:
        with self._db.snapshot():
            return [self._empty(one) if one.sha256 is None else self._full(one, one.sha256) for one in found]

    def _empty(self, found: Found) -> Admitted:
        base = base_of(found)
        known = images.get(self._db, base) is not None or base in self._added.values()
        self._added[f"empty {base}"] = base
        return Admitted("unchanged" if known else "registered", base)

    def _full(self, found: Found, sha256: str) -> Admitted:
        base = base_of(found)
        known = images.by_sha256(self._db, sha256)
        if known is None and sha256 not in self._added:
            self._added[sha256] = base
            problem = problem_of(found)
            return Admitted("rejected" if problem else "registered", base, problem)
        if known is not None and images.takes_bytes(known):
            return Admitted("registered", known["id"])
        source = sources.find(self._db, [path_text(found.path)]).get(path_text(found.path))
        same = source is not None and known is not None and source[1] == known["id"]
        return Admitted("unchanged" if same else "duplicates", base)
