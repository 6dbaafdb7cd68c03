"""What one file of an old tree becomes: an original, an artifact, a kept content, a mark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from artpipe.actions.moving.renewal import Renewal
from artpipe.db import artifacts, images, oldfiles
from artpipe.db.artifacts import FileRow
from artpipe.db.images import NewImage
from artpipe.db.oldfiles import Taken
from artpipe.db.sources import Seen
from artpipe.model import UPSTREAM
from artpipe.names import with_suffix
from artpipe.pipeline.contents import Content, read_content
from artpipe.pipeline.oldlayout import RESULTS, parents_of
from artpipe.pipeline.placing import NotPlacedError, extension, place
from artpipe.pipeline.walk import Candidate, PassedOver

if TYPE_CHECKING:
    from artpipe.actions.admit import Admission
    from artpipe.actions.admitted import Admitted
    from artpipe.actions.moving.bring import Source
    from artpipe.actions.moving.finding import Findings
    from artpipe.db.survey import Surveyed
    from artpipe.library import Library
    from artpipe.model import Content as Presence
    from artpipe.pipeline.intake import Found


class Placing:
    """Gives files their places, within a transaction of the caller."""

    def __init__(self, library: Library, source: Source, admission: Admission, findings: Findings) -> None:
        self._library, self._db, self._source, self._admission = library, library.db, source, admission
        self._originals = json.dumps(list(source.originals))
        self._touched: set[str] = set()
        self._findings = findings

    def touched(self) -> list[str]:
        """Folders below art/ that got new names since this was asked last."""
        touched = sorted(self._touched)
        self._touched.clear()
        return touched

    def original(self, row: Surveyed, found: Found) -> Taken | PassedOver:
        """A picture of `img/`, or the bytes of a decision."""
        if row.role != "original" and _is_no_picture(found):
            return self._kept(row, found)
        admitted = self._admission.admit_one(found)
        if isinstance(admitted, PassedOver):
            return admitted
        self._touched.add(UPSTREAM)
        if row.role == "original":
            return self._taken_original(row, found, admitted)
        meant = self._meant(row) or admitted.image_id
        named = meant if meant != admitted.image_id else None
        return _taken(row, found.seen, found.sha256, (admitted.image_id, UPSTREAM), named=named)

    def _taken_original(self, row: Surveyed, found: Found, admitted: Admitted) -> Taken:
        other = row.base if admitted.image_id != row.base else None
        if other is not None and admitted.how == "duplicates":
            self._find("duplicate", row, f"has the same bytes as {admitted.image_id}")
        elif other is not None and admitted.image_id != row.id:
            self._find("name-shared", row, f"another picture is called {row.id}; this one is {admitted.image_id}")
        if admitted.reason:
            self._find("unsound", row, f"is no picture that artpipe can work with ({admitted.reason})")
        return _taken(row, found.seen, found.sha256, (admitted.image_id, UPSTREAM), base=other)

    def empty_original(self, row: Surveyed) -> Taken:
        """An empty name in `img/`: a picture whose bytes were thrown away on purpose."""
        image_id = self._meant(row) or self._new_image(row.id, "truncated")
        other = row.base if image_id != row.base else None
        return _taken(row, None, None, (image_id, UPSTREAM), base=other)

    def made(self, row: Surveyed, found: Found) -> Taken | PassedOver | Renewal:
        """A file that some program made from a picture; one that is no sound picture is only kept."""
        if row.stage in self._library.graph.stages and found.probe and found.probe.problem:
            self._find("unsound", row, f"is damaged ({found.probe.problem}); it will be made again")
            return self._kept(row, found)
        image_id = self._meant(row) or self._new_image(row.id, "absent", found)
        if self._is_renewed(row, found, image_id):
            artifact = self._artifact(row, found, image_id, f"{row.stage}/{image_id}.{extension(found)}")
            return Renewal(found, artifact, _taken(row, found.seen, found.sha256, (image_id, row.stage)))
        try:
            image_id = self._put(row, found, image_id)
        except NotPlacedError as error:
            return PassedOver(found.path, error.code, str(error), failed=True)
        return _taken(row, found.seen, found.sha256, (image_id, row.stage))

    def _is_renewed(self, row: Surveyed, found: Found, image_id: str) -> bool:
        """Whether the artifact that is there came from this very name, which has other bytes now."""
        there = artifacts.get(self._db, image_id, row.stage)
        if there is None or there["recipe"] is not None or there["sha256"] == found.sha256:
            return False
        before = oldfiles.sha256_of(self._db, self._source.tree, row.folder, row.name)
        return row.stage in self._library.graph.stages and before == there["sha256"]

    def _put(self, row: Surveyed, found: Found, image_id: str) -> str:
        """Link the file and write its row; a second file for the same place becomes a picture of its own."""
        there = artifacts.get(self._db, image_id, row.stage)
        if there is not None and there["sha256"] != found.sha256:
            image_id, there = self._variant(row, found, image_id)
        if there is not None:
            return image_id
        relative = f"{row.stage}/{image_id}.{extension(found)}"
        if not place(self._library.store, found, relative, self._admission.owner):
            message = f"has its place taken by another file, art/{relative}; `artpipe verify` tells more"
            raise NotPlacedError("name-taken", message)
        self._touched.add(row.stage)
        artifacts.put(self._db, self._artifact(row, found, image_id, relative))
        return image_id

    def _variant(self, row: Surveyed, found: Found, image_id: str) -> tuple[str, Any]:
        for digits in (8, 16, 64):
            name = with_suffix(image_id, found.sha256 or "", digits)
            there = artifacts.get(self._db, name, row.stage)
            if images.get(self._db, name) is None:
                self._new_image(name, "absent", found)
                oldfiles.add_parent(self._db, name, image_id, "variant", None)
                self._find("name-shared", row, f"another file is the {row.stage} of {image_id}; this one is {name}'s")
                return name, None
            if there is None or there["sha256"] == found.sha256:
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
        made_from = self._library.graph.stages.get(stage)
        source = artifacts.get(self._db, image_id, made_from.inputs[0]) if made_from else None
        return source["sha256"] if source is not None else None

    def empty(self, row: Surveyed) -> Taken:
        """An empty name of something made: it was there once, and may be made again."""
        image_id = self._meant(row) or self._new_image(row.id, "absent")
        return _taken(row, None, None, (image_id, row.stage))

    def mark(self, row: Surveyed) -> Taken:
        """An empty name in `yes/` or `no/`."""
        image_id = self._meant(row) or self._new_image(row.id, "absent")
        return _taken(row, None, None, (image_id, None))

    def small(self, row: Surveyed, content: Content) -> Taken:
        """A note of how something was made, or a colour grid; kept as it is."""
        oldfiles.keep(self._db, content.sha256, content.data)
        image_id = self._meant(row) if row.role == "how" else None
        if image_id is not None and (params := _json(content.data)):
            oldfiles.describe_making(self._db, image_id, row.stage, params)
        elif row.role == "how":
            why = "no picture is called so" if image_id is None else "it is no JSON"
            self._find("note-alone", row, f"is kept, but describes nothing here: {why}")
        return _taken(row, content.seen, content.sha256, (image_id, None))

    def _kept(self, row: Surveyed, found: Found) -> Taken | PassedOver:
        """The bytes of a file that has no place of its own below art/."""
        candidate = Candidate(found.path, row.size, row.mtime_ns, row.inode)
        content = read_content(candidate)
        if isinstance(content, PassedOver):
            return content
        if content.sha256 != found.sha256:
            return PassedOver(found.path, "changing", "changes while it is read; migrate again later", failed=True)
        oldfiles.keep(self._db, content.sha256, content.data)
        image_id = self._meant(row) or self._new_image(row.id, "absent")
        return _taken(row, found.seen, found.sha256, (image_id, None))

    def _meant(self, row: Surveyed) -> str | None:
        exact = (row.name, self._originals) if row.role in {"approved", "rejected"} else ("", "[]")
        return oldfiles.meant(self._db, self._source.tree, row.base, row.id, exact)

    def _new_image(self, image_id: str, content: Presence, found: Found | None = None) -> str:
        probe = found.probe if found else None
        size = 0 if content == "truncated" else None
        mime, width, height = (probe.mime_type, probe.width, probe.height) if probe else (None, None, None)
        images.insert(self._db, NewImage(image_id, None, content, size, mime, width, height))
        return image_id

    def _find(self, code: str, row: Surveyed, detail: str) -> None:
        self._findings.add(code, f"{row.folder}/{row.name}", detail)


def _taken(
    row: Surveyed,
    seen: Seen | None,
    sha256: str | None,
    became: tuple[str | None, str | None],
    *,
    base: str | None = None,
    named: str | None = None,
) -> Taken:
    seen = seen or Seen(row.size, row.mtime_ns, row.inode)
    return Taken(row.folder, row.name, row.role, seen, sha256, *became, base, named)


def _is_no_picture(found: Found) -> bool:
    return found.probe is not None and found.probe.problem == "invalid"


def _known_making(row: Surveyed) -> dict[str, str]:
    """What the name of a file tells about how it was made."""
    if row.stage == RESULTS:
        return {role: name for role, name, _ in parents_of(row.stage, row.folder, row.base)}
    return {}


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
