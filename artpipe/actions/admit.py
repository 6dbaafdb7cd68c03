"""Giving files that were read their place in the library: an id, a row, an original."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from artpipe.actions.admitted import Admitted, problem_of
from artpipe.actions.enlist import enlist
from artpipe.actions.newcomers import Newcomers, base_of
from artpipe.actions.rehearsal import Rehearsal
from artpipe.db import artifacts, decisions, images, sources
from artpipe.db.artifacts import FileRow
from artpipe.db.images import NewImage
from artpipe.model import FILMS, UPSTREAM
from artpipe.names import path_text, with_suffix
from artpipe.pipeline.leftovers import scratch_of
from artpipe.pipeline.placing import NotPlacedError, extension, place
from artpipe.pipeline.walk import PassedOver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.actions.register import RegisterRequest
    from artpipe.db.connection import Row
    from artpipe.library import Library
    from artpipe.pipeline.intake import Found, Reading

ARTPIPE = "artpipe"


class Admission:
    """Records what was read, a batch per transaction; in a dry run nothing is kept."""

    def __init__(self, library: Library, request: RegisterRequest) -> None:
        self._library, self._request, self._db = library, request, library.db
        # Of the scratch folder for copies.
        self.owner = f"register-{os.getpid()}"
        self.approved = self.enlisted = 0
        self.overwritten: list[str] = []
        self._batch: int | None = None
        self._rehearsal = Rehearsal(library.db)

    @contextmanager
    def reading(self, *, films: bool = False) -> Iterator[Reading]:
        """How files are to be read; keeps a scratch folder for as long as this lasts.

        Args:
            films: look into films too.
        """
        from artpipe.pipeline.intake import Reading
        from artpipe.stages.imaging import Limits

        limits = Limits(max_pixels=self._library.settings.max_pixels)
        if self._request.dry_run:
            yield Reading(limits, films=films)
            return
        with scratch_of(self._library, self.owner) as scratch:
            yield Reading(limits, scratch.stat().st_dev, self._request.copy, scratch, films, owed=True)

    def admit(self, found: Sequence[Found]) -> list[Admitted | PassedOver]:
        """Give a batch of files their places, in one transaction."""
        if self._request.dry_run:
            return [*self._rehearsal.admit(found)]
        with self._db.transaction():
            with self.together(found) as newcomers:
                admitted = [self.admit_one(one, newcomers) for one in found]
            # Files and names must be on disk before the rows that stand for them are.
            self._library.store.sync_new()
            sound = [one.image_id for one in admitted if isinstance(one, Admitted) and one.how != "rejected"]
            self._approve(sound)
            self._enlist(sound)
            self._enlist_films(found, admitted)
        return admitted

    @property
    def concerns_the_known(self) -> bool:
        """Whether files that need no reading are to be approved, or given a place in a stage's folder."""
        return bool(self._request.approve or self._request.stage) and not self._request.dry_run

    def seen_again(self, ids: Sequence[str]) -> None:
        """Approve files that need no reading, or give them their place in a stage's folder, if asked for."""
        with self._db.transaction():
            self._approve(ids)
            self._enlist(ids)

    def _enlist(self, ids: Sequence[str]) -> None:
        if self._request.stage is not None:
            scratch = self._library.store.scratch(self.owner)
            self.enlisted += enlist(self._library, ids, self._request.stage, scratch)

    def _enlist_films(self, found: Sequence[Found], admitted: Sequence[Admitted | PassedOver]) -> None:
        """What moves stands among the videos too, with its length and rate."""
        facts = {
            one.image_id: json.dumps(film.probe.film)
            for film, one in zip(found, admitted, strict=True)
            if film.probe and film.probe.film and isinstance(one, Admitted)
        }
        if facts and FILMS not in self._library.graph.stages:
            enlist(self._library, list(facts), FILMS, self._library.store.scratch(self.owner), facts)

    def _approve(self, ids: Sequence[str]) -> None:
        if not self._request.approve or not ids:
            return
        who = self._library.settings.user
        if self._batch is None:
            self._batch = decisions.open_batch(self._db, "register --approve", who)
        with decisions.deciding(self._db, self._batch, who):
            self.approved += images.approve_pending(self._db, ids)

    @contextmanager
    def together(self, found: Sequence[Found]) -> Iterator[Newcomers]:
        """For `admit_one`, within an open transaction, whose end the caller has to prepare by `Store.sync_new`."""
        newcomers = Newcomers(self._db, found)
        yield newcomers
        newcomers.write()

    def admit_one(self, found: Found, newcomers: Newcomers) -> Admitted | PassedOver:
        """Give a file its place; its row may wait until `together` ends."""
        base = base_of(found)
        try:
            admitted = self._admit_newcomer(found, base, newcomers) or self._admit_known(found, base, newcomers)
        except NotPlacedError as error:
            return PassedOver(found.path, error.code, str(error), failed=True)
        newcomers.note(found, (base, admitted.image_id))
        if found.copy is not None:
            found.copy.unlink(missing_ok=True)
        return admitted

    def _admit_newcomer(self, found: Found, base: str, newcomers: Newcomers) -> Admitted | None:
        """The way of nearly all files; None if this one has to go the other."""
        if not newcomers.include(found, base):
            return None
        relative = f"{UPSTREAM}/{base}.{extension(found)}"
        if not place(self._library.store, found, relative, self.owner):
            return None
        newcomers.add(self._row(found, base, None), _original(found, base, relative), found)
        return Admitted("registered", base)

    def _admit_known(self, found: Found, base: str, newcomers: Newcomers) -> Admitted:
        """Content, name or path may be known: each of them is asked for."""
        newcomers.write()
        admitted = self._place(found, base)
        self._notice_overwritten(found, admitted)
        sources.remember(self._db, path_text(found.path), found.seen, admitted.image_id, found.sha256)
        return admitted

    def _notice_overwritten(self, found: Found, admitted: Admitted) -> None:
        """A program that writes into a file instead of replacing it changes the original that is linked to it too."""
        _, before = sources.find(self._db, [path_text(found.path)]).get(
            path_text(found.path), (None, admitted.image_id)
        )
        row = artifacts.get(self._db, before, UPSTREAM) if before != admitted.image_id else None
        original = self._library.store.path(row["file_path"]) if row is not None else None
        if original is not None and original.exists() and original.stat().st_ino == found.seen.inode:
            self.overwritten.append(before)

    def _place(self, found: Found, base: str) -> Admitted:
        if found.sha256 is None:
            return self._place_empty(base)
        known = images.by_sha256(self._db, found.sha256)
        if known is not None:
            return self._place_known(found, known, base)
        return self._place_new(found, base)

    def _place_empty(self, base: str) -> Admitted:
        """An empty file says that a picture was here; it never stands for another one's content."""
        if images.get(self._db, base) is not None:
            return Admitted("unchanged", base)
        self._insert(
            NewImage(
                base,
                None,
                "truncated",
                0,
                None,
                username=self._request.username,
                original_url=self._request.url,
            )
        )
        return Admitted("registered", base)

    def _place_known(self, found: Found, known: Row, base: str) -> Admitted:
        name: str = known["id"]
        if images.takes_bytes(known):
            return self._fill(found, known)
        if known["content"] == "present":
            self._restore(found, name)
        if known["width"] is None and found.probe is not None and found.probe.width is not None:
            images.describe(self._db, name, found.probe.mime_type, (found.probe.width, found.probe.height))
        source = sources.find(self._db, [path_text(found.path)]).get(path_text(found.path))
        if base != name:
            sources.add_alias(self._db, base, name)
        return Admitted("unchanged" if source is not None and source[1] == name else "duplicates", name)

    def _restore(self, found: Found, name: str) -> None:
        """An original that was lost comes back with the same content."""
        row = artifacts.get(self._db, name, UPSTREAM)
        if row is not None and not self._library.store.path(row["file_path"]).exists():
            self._put_artifact(found, name, self._store_original(found, name, keep_name=True).path)

    def _place_new(self, found: Found, base: str) -> Admitted:
        same_name = images.get(self._db, base)
        if same_name is not None and same_name["sha256"] is None and same_name["origin"] == UPSTREAM:
            return self._fill(found, same_name)
        taken = same_name is not None or sources.is_alias(self._db, base)
        name = base if not taken else self._free_name(base, found.sha256 or "")
        path = self._store_original(found, name)
        problem = problem_of(found)
        self._insert(self._row(found, path.name, "rejected" if problem else None))
        self._put_artifact(found, path.name, path.path)
        return Admitted("rejected" if problem else "registered", path.name, problem)

    def _free_name(self, base: str, sha256: str) -> str:
        names = (with_suffix(base, sha256, digits) for digits in (8, 16, 64))
        return next(name for name in names if images.get(self._db, name) is None)

    def _fill(self, found: Found, row: Row) -> Admitted:
        """Bytes turned up for an image that had none."""
        name: str = row["id"]
        path = self._store_original(found, name, keep_name=True)
        images.fill(self._db, self._row(found, name, None))
        self._put_artifact(found, name, path.path)
        problem = problem_of(found)
        if problem and not row["approved"] and not row["rejected"]:
            with decisions.deciding(self._db, None, ARTPIPE):
                decisions.decide(self._db, [name], "rejected", problem)
            return Admitted("rejected", name, problem)
        return Admitted("registered", name)

    def _row(self, found: Found, name: str, decision: Literal["rejected"] | None) -> NewImage:
        probe = found.probe
        return NewImage(
            id=name,
            sha256=found.sha256,
            content="present",
            file_size=found.seen.size,
            mime_type=probe.mime_type if probe else None,
            width=probe.width if probe else None,
            height=probe.height if probe else None,
            original_url=self._request.url,
            username=self._request.username,
            decision=decision or "pending",
            reason=problem_of(found) if decision else None,
        )

    def _insert(self, image: NewImage) -> None:
        by_itself = decisions.deciding(self._db, None, ARTPIPE) if image.decision == "rejected" else nullcontext()
        with by_itself:
            images.insert(self._db, image)

    def _put_artifact(self, found: Found, name: str, path: str) -> None:
        artifacts.put(self._db, _original(found, name, path))

    def _store_original(self, found: Found, name: str, *, keep_name: bool = False) -> _Placed:
        """Put the file in its place; one that lies there without a row and is another one is let be."""
        while True:
            relative = f"{UPSTREAM}/{name}.{extension(found)}"
            if place(self._library.store, found, relative, self.owner):
                return _Placed(name, relative)
            if keep_name:
                message = f"has its place taken by another file, art/{relative}; `artpipe verify` tells more"
                raise NotPlacedError("name-taken", message)
            name = self._free_name(name, found.sha256 or "")


@dataclass(frozen=True, slots=True)
class _Placed:
    name: str
    path: str


def _original(found: Found, name: str, path: str) -> FileRow:
    probe = found.probe
    size = (probe.width, probe.height) if probe else (None, None)
    return FileRow(name, UPSTREAM, path, found.sha256 or "", found.seen.size, *size)
