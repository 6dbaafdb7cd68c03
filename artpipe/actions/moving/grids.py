"""Blurhashes from the colour grids in `blur/`, found by the paths that pictures have or once had."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from artpipe.db import grids
from artpipe.model import UPSTREAM
from artpipe.pipeline.oldlayout import PICTURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.actions.moving.bring import Source
    from artpipe.actions.moving.finding import Findings
    from artpipe.db.grids import Candidate
    from artpipe.library import Library
    from artpipe.pipeline.stopping import Stop

PAGE = 2000
_BLURHASH = "blurhash"
# Names an original may have had when its grid was made.
_USUAL = ("jpeg", "jpg", "png", "webp")


@dataclass(slots=True)
class Tally:
    """What became of grids."""

    matched: int = 0
    hashes: int = 0
    unmatched: int = 0


class Grids:
    """Takes the grids of one tree."""

    def __init__(self, library: Library, source: Source, findings: Findings, stop: Stop) -> None:
        self._library, self._db, self._source, self._stop = library, library.db, source, stop
        self._findings = findings
        self._tally = Tally()
        self._roots: Sequence[str] = ()
        self._folders: dict[str, list[str]] = {}

    def run(self, roots: Sequence[str]) -> Tally:
        """Match what was not matched before, as far as there is time.

        Args:
            roots: every path under which the tree may have been known.
        """
        self._roots = roots
        left = grids.prepare(self._db, self._source.tree)
        if left:
            for page in grids.candidates(self._db, self._source.tree, PAGE):
                self._match(page)
                if self._stop.check():
                    break
                if self._tally.matched >= left:
                    break
        self._tally.unmatched = grids.unmatched(self._db, self._source.tree)
        return self._tally

    def _match(self, page: Sequence[Candidate]) -> None:
        paths = {_name_hash(path): one for one in page for path in self._paths(one)}
        found = grids.matching(self._db, list(paths))
        if not found:
            return
        with self._db.transaction():
            for name_hash, folder in found:
                self._take(name_hash, folder, paths[name_hash])

    def _paths(self, one: Candidate) -> Iterator[str]:
        """Every absolute path this picture may have had."""
        stem, dot, suffix = one.name.rpartition(".")
        names = [one.name]
        if dot and suffix.lower() in PICTURES and one.folder in self._source.originals:
            names += [f"{stem}.{usual}" for usual in _USUAL if usual != suffix]
        for folder in self._folder(one.folder):
            for name in names:
                yield f"{folder}/{name}"

    def _folder(self, folder: str) -> list[str]:
        """A folder under each root, and where it really is: it may be a link to another disk."""
        if folder not in self._folders:
            real = os.path.realpath(f"{self._source.root}/{folder}")
            self._folders[folder] = list(dict.fromkeys([*(f"{root}/{folder}" for root in self._roots), real]))
        return self._folders[folder]

    def _take(self, name_hash: str, folder: str, one: Candidate) -> None:
        grids.assign(self._db, self._source.tree, folder, name_hash, one.image_id)
        self._tally.matched += 1
        kept = grids.contents(self._db, self._source.tree, folder, name_hash)
        cells = next((text for text in (_cells(kept.get(".blur")), _cells(kept.get(""))) if text), None)
        if cells is None:
            if kept.keys() - {".dim"}:
                self._findings.add(
                    "no-grid", f"{folder}/{name_hash}", f"is kept, but is no grid; {one.image_id} has none"
                )
            return
        self._store(cells, kept.get(".dim"), one)

    def _store(self, cells: str, dim: bytes | None, one: Candidate) -> None:
        from artpipe.stages.colourgrid import blurhash_of, side_of

        side = side_of(cells) or 0
        stage = self._stage(one)
        size = _size(dim) or grids.proportions(self._db, one.image_id, stage) or (side, side)
        made = self._library.graph.stages[_BLURHASH]
        hashed = blurhash_of(cells, int(made.params["components_x"]), int(made.params["components_y"]))
        self._tally.hashes += grids.store(self._db, (one.image_id, stage), hashed, size, side)

    def _stage(self, one: Candidate) -> str:
        """For which stage a hash is looked for: the one that a run would make it from."""
        if one.stage not in {None, UPSTREAM}:
            return str(one.stage)
        wanted = "approved" if grids.approved(self._db, one.image_id) else "not-rejected"
        graph = self._library.graph
        inputs = graph.stages[_BLURHASH].inputs
        return next((name for name in inputs if graph.audience_of(name) in {wanted, "all"}), inputs[-1])


def _name_hash(path: str) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()


def _cells(content: bytes | None) -> str | None:
    from artpipe.stages.colourgrid import side_of

    text = content.decode("ascii", "replace").strip() if content is not None else ""
    return text if side_of(text) else None


def _size(dim: bytes | None) -> tuple[int, int] | None:
    """What a `.dim` file says: "w,h"."""
    width, comma, height = (dim or b"").decode("ascii", "replace").strip().partition(",")
    if not comma or not width.strip().isdecimal() or not height.strip().isdecimal():
        return None
    size = (int(width), int(height))
    return size if min(size) > 0 else None


def roots_of(given: str, real: str, old: Sequence[str], shell: str | None) -> list[str]:
    """Every spelling of a tree's root: as it was given, as the shell shows it, without links, and of earlier days.

    Args:
        given: what the user wrote.
        shell: the working directory with its links, as the shell keeps it.
    """
    spelled = [os.path.abspath(given), real]
    if shell and os.path.realpath(shell) == os.getcwd():
        spelled.append(os.path.normpath(os.path.join(shell, given)))
    spelled += [os.path.abspath(root) for root in old]
    return list(dict.fromkeys(root.rstrip("/") for root in spelled))
