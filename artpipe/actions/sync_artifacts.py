"""sync-artifacts: record the files of a folder that users' own programs made."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING

from artpipe.actions.log_artifact import ready
from artpipe.actions.report import Problem, Progress, Report, Silent
from artpipe.db import artifacts, images
from artpipe.names import candidates, path_text, shown
from artpipe.pipeline import outside
from artpipe.pipeline.intake import Reading, read_all
from artpipe.pipeline.leftovers import scratch_of
from artpipe.pipeline.outside_stages import require_folder_stage
from artpipe.pipeline.placing import NotPlacedError
from artpipe.pipeline.walk import Candidate, PassedOver, walk
from artpipe.stages.imaging import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from artpipe.library import Library
    from artpipe.pipeline.intake import Found
    from artpipe.pipeline.outside import Handed

LOOK_UP = 1000
RECORD = 200


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """A folder to record.

    Args:
        copy: copy files instead of letting `art/` share their bytes.
    """

    stage: str
    folder: str
    copy: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class _Counts:
    logged: int = 0
    recorded: int = 0
    problems: list[Problem] = field(default_factory=list)


def sync_artifacts(library: Library, request: SyncRequest, progress: Progress | None = None) -> Report:
    """Record every file whose image is known and has no artifact of this stage yet."""
    require_folder_stage(library, request.stage)
    library.require_art()
    syncing = _Syncing(library, request, progress or Silent())
    syncing.run()
    return syncing.report()


class _Syncing:
    def __init__(self, library: Library, request: SyncRequest, progress: Progress) -> None:
        self._library, self._request, self._progress = library, request, progress
        self._counts = _Counts()

    def run(self) -> None:
        self._progress.start("logging", None)
        try:
            with self._scratch() as scratch:
                found = self._sound(read_all(self._to_read(), self._how(scratch)))
                while batch := list(islice(found, RECORD)):
                    self._record(batch, scratch)
        finally:
            self._progress.finish()

    @contextmanager
    def _scratch(self) -> Iterator[Path | None]:
        """A scratch folder; none in a dry run."""
        if self._request.dry_run:
            yield None
            return
        with scratch_of(self._library, f"log-{os.getpid()}") as scratch:
            yield scratch

    def _how(self, scratch: Path | None) -> Reading:
        """Files that lie in their place already, maybe on another disk, are not copied."""
        limits = Limits(max_pixels=self._library.settings.max_pixels)
        place = os.path.realpath(self._library.store.root / self._request.stage)
        if scratch is None or os.path.realpath(self._request.folder) == place:
            return Reading(limits)
        return Reading(limits, scratch.stat().st_dev, self._request.copy, scratch)

    def _to_read(self) -> Iterator[Candidate]:
        """Files of known images that have no such artifact."""
        every = walk([self._request.folder])
        while chunk := list(islice(every, LOOK_UP)):
            files = [entry for entry in chunk if isinstance(entry, Candidate)]
            for entry in chunk:
                if isinstance(entry, PassedOver) and entry.failed:
                    self._fail(entry.path, entry.code, entry.message)
            for candidate, image_id in zip(files, self._ids([one.path for one in files]), strict=True):
                if image_id is None:
                    self._fail(candidate.path, "unknown-id", "belongs to no image; `artpipe register` takes images in")
                elif self._has(image_id):
                    self._counts.recorded += 1
                else:
                    yield candidate

    def _ids(self, paths: Sequence[str]) -> list[str | None]:
        return images.resolve(self._library.db, [candidates(PurePath(path).name) for path in paths])

    def _has(self, image_id: str) -> bool:
        row = artifacts.get(self._library.db, image_id, self._request.stage)
        return row is not None and outside.is_placed(row)

    def _sound(self, read: Iterator[Found | PassedOver]) -> Iterator[Found]:
        for entry in read:
            wrong = (entry.code, entry.message) if isinstance(entry, PassedOver) else outside.flaw(entry)
            if wrong is not None:
                self._fail(entry.path, *wrong)
            elif not isinstance(entry, PassedOver):
                yield entry

    def _record(self, batch: Sequence[Found], scratch: Path | None) -> None:
        if scratch is None:
            self._counts.logged += len(batch)
            return
        files = list(self._handed(batch, scratch))
        done = outside.hand_in(self._library, files, scratch, replace=False)
        self._counts.logged += len(done.recorded)
        self._counts.recorded += len(done.kept)
        for one in done.busy:
            self._fail(one.found.path, "busy", "is just being made by a run; try again later")
        self._progress.advance(len(done.recorded))

    def _handed(self, batch: Sequence[Found], scratch: Path) -> Iterator[Handed]:
        stage = self._request.stage
        for found, image_id in zip(batch, self._ids([one.path for one in batch]), strict=True):
            if image_id is None:
                continue  # it was deleted since
            relative = outside.place_in_art(self._library, found.path, image_id, stage)
            try:
                yield ready(stage, image_id, found, (relative, None), scratch)
            except NotPlacedError as error:
                self._fail(found.path, error.code, str(error))

    def _fail(self, path: str, code: str, message: str) -> None:
        text = path_text(path)
        self._counts.problems.append(Problem(code, text, f"{shown(text)} {message}."))
        self._progress.advance(1, failed=1)

    def report(self) -> Report:
        counts = self._counts
        data = {"logged": counts.logged, "recorded": counts.recorded, "failed": len(counts.problems)}
        would = "would be " if self._request.dry_run else ""
        note = f"{counts.logged} {would}logged, {counts.recorded} were recorded already, {len(counts.problems)} failed"
        return Report(data=data, notes=[note], problems=counts.problems)
