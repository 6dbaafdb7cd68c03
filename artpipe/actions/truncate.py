"""truncate: give back the bytes of rejected originals, and know the pictures for ever."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from artpipe.actions.ending import exit_code
from artpipe.actions.identify import in_chunks
from artpipe.actions.report import Problem, Report
from artpipe.actions.stats import human_size
from artpipe.db import artifacts, images, truncating
from artpipe.model import UPSTREAM
from artpipe.names import shown
from artpipe.pipeline import leftovers
from artpipe.pipeline.ahead import ahead
from artpipe.pipeline.stopping import Stop, listening
from artpipe.store import inspect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from artpipe.db.truncating import Original
    from artpipe.library import Library

PAGE = 200
_HELD = {
    "hash-differs": "its rows do not agree on its hash; `artpipe verify` tells more",
    "undecided": "it stands as rejected, but no decision says so; `artpipe verify` tells more",
    "in-hand": "somebody is at work on it; try again later",
    "parent": "it is a parent of an image that is not rejected",
    "differs": "its bytes are not those that were recorded; `artpipe verify` tells more",
    "missing": "its file is not there; `artpipe verify` tells more",
    "overtaken": "it has been changed meanwhile; try again",
}


@dataclass(frozen=True, slots=True)
class TruncateRequest:
    """Whose bytes to give back.

    Args:
        ids: only these images; None for all that a person has rejected.
        most: at most this many; None for all.
        delete: really do it; otherwise only list.
        problems: what is known to be wrong already (unknown ids).
    """

    ids: tuple[str, ...] | None = None
    most: int | None = None
    delete: bool = False
    stop: Stop = field(default_factory=Stop)
    problems: tuple[Problem, ...] = ()


def truncate(library: Library, request: TruncateRequest) -> Report:
    """List the originals of rejected images, or give their bytes back after proving what remains."""
    library.require_art()
    work = _Truncating(library, request)
    if request.delete:
        with listening(request.stop), leftovers.scratch_of(library, f"truncate-{os.getpid()}") as scratch:
            work.run(scratch)
    else:
        work.only_list()
    return work.report()


class _Truncating:
    def __init__(self, library: Library, request: TruncateRequest) -> None:
        self._library, self._request = library, request
        self._problems = list(request.problems)
        self._items: list[Original] = []
        self._freed = 0
        # Those that nobody named and that have to stay: why -> how many.
        self._kept: Counter[str] = Counter()

    def only_list(self) -> None:
        for page in self._pages():
            self._items += page

    def run(self, scratch: Path) -> None:
        for number, page in enumerate(self._pages()):
            if self._request.stop.check():
                return
            self._give_back(self._proven(page), scratch, number)

    def _pages(self) -> Iterator[list[Original]]:
        """What may go, page by page; named images that may not are problems."""
        left = self._request.most
        for page in self._candidates():
            free = [one for one in page if not one.held]
            for one in page:
                if one.held and self._request.ids is None:
                    self._kept[one.held] += 1
                elif one.held:
                    self._keep(one.image_id, one.held)
            chosen = free if left is None else free[:left]
            left = None if left is None else left - len(chosen)
            yield chosen
            if left == 0:
                return

    def _candidates(self) -> Iterator[list[Original]]:
        db = self._library.db
        if self._request.ids is None:
            after = ""
            while page := truncating.page(db, after, PAGE):
                after = page[-1].image_id
                yield page
            return
        for ids in in_chunks(self._request.ids, PAGE):
            page = truncating.among(db, ids)
            for image_id in ids:
                if image_id not in {one.image_id for one in page}:
                    self._refuse(image_id)
            yield page

    def _refuse(self, image_id: str) -> None:
        """A named image that is not rejected, or has nothing to give back."""
        image = images.get(self._library.db, image_id)
        if image is not None and image["rejected"] and image["content"] != "present":
            return
        message = f"{shown(image_id)} is not rejected, and keeps its original."
        self._problems.append(Problem("not-rejected", image_id, message))

    def _proven(self, page: Sequence[Original]) -> list[Original]:
        """Those whose files are what their rows say, byte for byte."""

        def look(one: Original) -> inspect.Look:
            return inspect.look(self._library.store.path(one.path), hashed=True)

        sound = []
        for one, found in ahead(look, page):
            if found.trouble:
                self._keep(one.image_id, "missing")
            elif found.sha256 != one.sha256:
                self._keep(one.image_id, "differs")
            else:
                sound.append(one)
        return sound

    def _give_back(self, sound: Sequence[Original], scratch: Path, number: int) -> None:
        """Rows first, in a transaction with a note of what is to come, then the files."""
        library = self._library
        with library.db.transaction():
            # Asked again under the write lock: nobody's mind has changed, nobody is at work on them.
            now = set(truncating.among(library.db, [one.image_id for one in sound]))
            chosen = [one for one in sound if one in now]
            intent = leftovers.note_intent(scratch, number, [one.path for one in chosen])
            truncating.give_up(library.db, chosen)
            ours = [one for one in chosen if not artifacts.stands(library.db, one.path)]
        for one in set(sound) - set(chosen):
            self._keep(one.image_id, "overtaken")
        for one in ours:
            self._freed += library.store.remove_counted(one.path)
        library.store.sync(UPSTREAM)
        intent.unlink()
        self._items += chosen

    def _keep(self, image_id: str, why: str) -> None:
        self._problems.append(Problem(why, image_id, f"{shown(image_id)} keeps its original: {_HELD[why]}."))

    def report(self) -> Report:
        size = sum(one.size for one in self._items)
        done = self._request.delete
        data: dict[str, Any] = {
            "truncated": len(self._items) if done else 0,
            "originals": len(self._items),
            "bytes": size,
            "freed": self._freed,
            "kept": dict(self._kept),
            "items": [{"id": one.image_id, "path": one.path, "bytes": one.size} for one in self._items],
        }
        return Report(
            data=data,
            lines=[] if done else [one.image_id for one in self._items],
            notes=[*(f"{number} stay: {_HELD[why]}" for why, number in self._kept.items()), *self._notes(size)],
            problems=self._problems,
            exit_code=exit_code(self._request.stop.why),
        )

    def _notes(self, size: int) -> list[str]:
        number = len(self._items)
        if not number:
            return ["Nothing to give back: no rejected image has an original that could go"]
        if not self._request.delete:
            return [f"{number} originals of {human_size(size)} would be given back; --yes does it, and for good"]
        notes = [f"{number} originals given back, {human_size(self._freed)} freed; their hashes and decisions stay"]
        if self._freed < size:
            notes.append(f"{human_size(size - self._freed)} are still there under other names of the same files")
        return notes
