"""Lost originals: where intact bytes of them still are, putting those back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from artpipe.db import artifacts, images, mending, sources, verification
from artpipe.db.artifacts import FileRow
from artpipe.model import UPSTREAM
from artpipe.store import inspect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.actions.findings import Finding
    from artpipe.db.connection import Row
    from artpipe.db.verification import Recorded
    from artpipe.library import Library


@dataclass(frozen=True, slots=True)
class Copy:
    """Intact bytes of an original.

    Args:
        source: where they are now.
        target: where they belong, relative to art/.
        stray: they lie below art/ without a row, and are to be moved.
        recorded: a row stands for the original already.
    """

    image_id: str
    sha256: str
    source: Path
    target: str
    stray: bool = False
    recorded: bool = True


class Originals:
    """Looks for copies by content: among strays, where originals were registered from, in each other's places."""

    def __init__(self, library: Library, findings: Sequence[Finding]) -> None:
        self._library, self._db, self._root = library, library.db, library.store.root
        self._lacking = {finding.item for finding in findings if finding.repair == "restore"}
        of_originals = [finding for finding in findings if finding.stage == UPSTREAM and finding.path]
        self._displaced = {finding.found: self._root / finding.path for finding in of_originals if finding.found}
        strays = (finding.path for finding in of_originals if finding.repair == "quarantine")
        self._strays = {digest: path for path in strays if (digest := self._digest(self._root / path))}

    def copy_for(self, image_id: str) -> Copy | None:
        """Intact bytes of this image's original, if there are any within reach."""
        image, row = images.get(self._db, image_id), verification.find_recorded(self._db, image_id, UPSTREAM)
        sha256 = image and (image["sha256"] or (row and row.sha256))
        if image is None or not sha256 or self._is_taken(sha256, image_id):
            return None
        if row is not None and self._digest(self._within(row.path)) == sha256:
            return Copy(image_id, sha256, self._root / row.path, row.path)
        stray = self._strays.get(sha256)
        if stray is not None:
            return Copy(image_id, sha256, self._root / stray, self._target(image, row, stray), True, row is not None)
        for path in self._elsewhere(image, sha256):
            if self._digest(path) == sha256:
                return Copy(image_id, sha256, path, self._target(image, row, path.name), False, row is not None)
        return None

    def copy_in(self, stray: str) -> Copy | None:
        """What a file without a row is the original of, if that image has none."""
        sha256 = next((digest for digest, path in self._strays.items() if path == stray), None)
        image = images.by_sha256(self._db, sha256) if sha256 else None
        if image is None or sha256 is None:
            return None
        row = verification.find_recorded(self._db, image["id"], UPSTREAM)
        if image["id"] in self._lacking or (image["content"] == "absent" and row is None):
            target = self._target(image, row, stray)
            return Copy(image["id"], sha256, self._root / stray, target, True, row is not None)
        return None

    def _elsewhere(self, image: Row, sha256: str) -> Iterator[Path]:
        yield from map(Path, sources.paths_of(self._db, image["id"]))
        if sha256 in self._displaced:
            yield self._displaced[sha256]
        if image["file_size"] is not None:
            # What a repair that was cut short has moved there.
            yield from inspect.quarantined_originals(self._root, UPSTREAM, image["file_size"])

    def _target(self, image: Row, row: Recorded | None, name: str) -> str:
        if row is not None and inspect.is_within(row.path):
            return row.path
        return f"{UPSTREAM}/{image['id']}{Path(name).suffix}"

    def _is_taken(self, sha256: str, image_id: str) -> bool:
        owner = images.by_sha256(self._db, sha256)
        return owner is not None and owner["id"] != image_id

    def _within(self, path: str) -> Path | None:
        return self._root / path if inspect.is_within(path) else None

    def _digest(self, path: Path | None) -> str | None:
        return inspect.look(path, hashed=True).sha256 if path is not None else None


class ChangedError(Exception):
    """What was planned does not fit any more."""


def put_back(library: Library, copy: Copy, scratch: Path, label: str) -> str | None:
    """Give an original its bytes and its row; what had its place goes to the quarantine. Returns where that is now.

    Raises:
        ChangedError: the copy is not what it was.
    """
    db, root = library.db, library.store.root
    ready = copy.source
    if not copy.stray and ready != root / copy.target:
        ready = scratch / "original"
        inspect.bring(copy.source, ready)
    if inspect.look(ready, hashed=True).sha256 != copy.sha256:
        raise ChangedError(f"{copy.source} has changed")
    with db.transaction():
        row = verification.find_recorded(db, copy.image_id, UPSTREAM)
        if row is not None and (row.sha256, row.path) != (copy.sha256, copy.target):
            # Gone before the file is: no row stands over other bytes.
            mending.forget(db, row)
    with db.transaction():
        aside = None
        if ready != root / copy.target and not _is_in_place(root / copy.target, copy):
            aside = inspect.quarantine(root, copy.target, label) if inspect.exists(root, copy.target) else None
            library.store.place(ready, copy.target)
            library.store.sync(str(Path(copy.target).parent))
        _record(library, copy)
    return aside


def _is_in_place(target: Path, copy: Copy) -> bool:
    """Whether somebody else has put it back meanwhile."""
    return inspect.look(target, hashed=True).sha256 == copy.sha256


def _record(library: Library, copy: Copy) -> None:
    image = images.get(library.db, copy.image_id)
    if image is None:
        raise ChangedError(f"the image {copy.image_id} is gone")
    if verification.find_recorded(library.db, copy.image_id, UPSTREAM) is None:
        size = library.store.path(copy.target).stat().st_size
        row = FileRow(copy.image_id, UPSTREAM, copy.target, copy.sha256, size, image["width"], image["height"])
        artifacts.put(library.db, row)
    mending.mark_present(library.db, copy.image_id)
