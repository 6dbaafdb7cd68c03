"""What the names of an old tree stand for here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from artpipe.db import images, meaning, oldfiles
from artpipe.db.images import NewImage
from artpipe.db.meaning import Name
from artpipe.db.oldfiles import Taken
from artpipe.db.sources import Seen
from artpipe.pipeline.contents import read_content
from artpipe.pipeline.walk import Candidate, PassedOver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.actions.moving.bring import Source
    from artpipe.actions.moving.finding import Findings
    from artpipe.db.survey import Surveyed
    from artpipe.library import Library
    from artpipe.model import Content as Presence
    from artpipe.pipeline.contents import Content
    from artpipe.pipeline.intake import Found


class NamesIn:
    """Finds the image of a name, makes one where there is none; within a transaction of the caller."""

    def __init__(self, library: Library, source: Source, findings: Findings) -> None:
        self.library, self.db, self.source = library, library.db, source
        self._findings = findings
        self._originals = json.dumps(list(source.originals))
        self._new: set[str] = set()

    def meant(self, row: Surveyed) -> str | None:
        """The image of a name."""
        return meaning.meant(self.db, self.source.tree, _name(row), self._originals)

    def all_meant(self, rows: Sequence[Surveyed]) -> list[str | None]:
        """The images of names; `new_since` tells of those made after this was asked."""
        self._new.clear()
        return meaning.meant_by_all(self.db, self.source.tree, [_name(row) for row in rows], self._originals)

    def new_since(self, row: Surveyed) -> str | None:
        return row.id if row.id in self._new else None

    def each_meant(self, rows: Sequence[Surveyed]) -> Iterator[tuple[Surveyed, str | None]]:
        """Each name with its image; what is made meanwhile counts for those behind it."""
        for row, found in zip(rows, self.all_meant(rows), strict=True):
            yield row, found or self.new_since(row)

    def new_image(self, image_id: str, content: Presence, found: Found | None = None) -> str:
        probe = found.probe if found else None
        size = 0 if content == "truncated" else None
        mime, width, height = (probe.mime_type, probe.width, probe.height) if probe else (None, None, None)
        images.insert(self.db, NewImage(image_id, None, content, size, mime, width, height))
        self._new.add(image_id)
        return image_id

    def keep(self, row: Surveyed, found: Found) -> Taken | PassedOver:
        """Take the bytes of a file that has no place of its own below art/."""
        candidate = Candidate(found.path, row.size, row.mtime_ns, row.inode)
        content = read_content(candidate)
        if isinstance(content, PassedOver):
            return content
        if content.sha256 != found.sha256:
            return PassedOver(found.path, "changing", "changes while it is read; migrate again later", failed=True)
        oldfiles.keep(self.db, [(content.sha256, content.data)])
        image_id = self.meant(row) or self.new_image(row.id, "absent")
        return taken(row, (image_id, None), found)

    def find(self, code: str, row: Surveyed, detail: str) -> None:
        self._findings.add(code, f"{row.folder}/{row.name}", detail)


def _name(row: Surveyed) -> Name:
    return Name(row.base, row.id, row.name if row.role in {"approved", "rejected"} else None)


def taken(
    row: Surveyed,
    became: tuple[str | None, str | None],
    found: Found | Content | None = None,
    *,
    base: str | None = None,
    named: str | None = None,
) -> Taken:
    """What is noted of a name.

    Args:
        became: image id, stage.
        found: None for an empty name.
    """
    seen, sha256 = (found.seen, found.sha256) if found else (Seen(row.size, row.mtime_ns, row.inode), None)
    return Taken(row.folder, row.name, row.role, seen, sha256, *became, base, named)
