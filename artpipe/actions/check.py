"""rebuild --check: make again aside, and compare with what is there."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artpipe.actions.ending import exit_code
from artpipe.actions.report import Problem, Progress, Report, Silent, Table
from artpipe.actions.show import parsed
from artpipe.db import checking, frames
from artpipe.model import Failure
from artpipe.names import shown
from artpipe.pipeline import handing, leftovers
from artpipe.pipeline.executors import WorkerPool
from artpipe.pipeline.lifecycle import Desk
from artpipe.pipeline.plan import Planner, Wish
from artpipe.pipeline.stopping import Stop, listening
from artpipe.stages.makers import takes_files
from artpipe.store import inspect
from artpipe.store.locks import lock_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from artpipe.db.checking import Made as Recorded
    from artpipe.library import Library
    from artpipe.model import Claim, Made, Stage

PAGE = 128
COLUMNS = ("image", "stage", "verdict", "detail")
VERDICTS = ("same", "different", "damaged", "not-promised", "other-engine", "stale", "foreign", "failed")


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What to make again aside.

    Args:
        stages: names; empty for all.
        ids: only these images; None for all.
        most: at most this many artifacts; None for all.
        workers: worker processes; 0 for the settings' number.
    """

    stages: tuple[str, ...]
    ids: tuple[str, ...] | None
    most: int | None = None
    workers: int = 0
    stop: Stop = field(default_factory=Stop)


def check(library: Library, request: CheckRequest, progress: Progress | None = None) -> Report:
    """Prove that the stages give again what they gave; nothing is changed."""
    library.require_art()
    owner = f"check-{os.getpid()}"
    with listening(request.stop), leftovers.scratch_of(library, owner) as scratch:
        pool = WorkerPool(
            request.workers or library.settings.workers(),
            lock_path(library.db.path, owner),
            scratch,
            library.settings.memory_limit,
        )
        checking_all = _Check(library, request, pool, scratch)
        (progress or Silent()).start("checking", None)
        request.stop.start()
        try:
            complete = checking_all.run(progress or Silent())
        finally:
            pool.close()
            (progress or Silent()).finish()
    return _report(checking_all, request, complete=complete)


class _Check:
    def __init__(self, library: Library, request: CheckRequest, pool: WorkerPool, scratch: Path) -> None:
        self._library, self._request, self._pool = library, request, pool
        self._planner = Planner(library, Wish())
        self._desk = Desk(library, self._planner, 0, scratch)
        self.verdicts: Counter[str] = Counter()
        self.items: list[tuple[str, str, str, str]] = []

    def run(self, progress: Progress) -> bool:
        """Returns whether everything was looked at that was asked for."""
        for name in self._request.stages or self._planner.graph.order():
            stage, after = self._planner.graph.stages[name], ""
            while size := min(PAGE, self._left()):
                rows = checking.page(self._library.db, stage, self._request.ids, after, size)
                if not rows:
                    break
                after = rows[-1].image_id
                self._check(stage, rows)
                progress.advance(len(rows))
                if self._request.stop.check():
                    return False
        return True

    def _left(self) -> int:
        return PAGE if self._request.most is None else max(self._request.most - self.verdicts.total(), 0)

    def _check(self, stage: Stage, rows: list[Recorded]) -> None:
        """One page of artifacts: what can be compared is performed, all of it before the next page."""
        claims = checking.claims(self._library.db, stage, [row.image_id for row in rows], self._planner.inputs())
        inputs = {claim.image_id: claim.input_sha256 for claim in claims}
        # There may be a value for each of several files of an image; the one that would be made today counts.
        rows.sort(key=lambda row: row.input_sha256 == inputs.get(row.image_id))
        recorded = {row.image_id: row for row in rows}
        known = {claim.job_id: claim for claim in claims}
        due = []
        for claim in claims:
            row = recorded.pop(claim.image_id)
            verdict = self._beforehand(claim, row)
            if verdict:
                self._say(claim.image_id, stage.name, verdict, "")
            else:
                due.append((claim, row))
        for image_id in recorded:
            self._say(image_id, stage.name, "stale", "what it was made from is not there, or it is being made now")
        self._perform(stage, known, {claim.job_id: row for claim, row in due})

    def _beforehand(self, claim: Claim, row: Recorded) -> str:
        """Why there is nothing to compare, if so."""
        if row.recipe is None:
            return "foreign"
        own = claim if row.pinned else claim._replace(params=None)
        fresh = self._desk.stage_for(own).recipe == row.recipe and claim.input_sha256 == row.input_sha256
        return "" if fresh else "stale"

    def _perform(self, stage: Stage, known: dict[int, Claim], due: dict[int, Recorded]) -> None:
        claims = [known[job_id] if row.pinned else known[job_id]._replace(params=None) for job_id, row in due.items()]
        self._pool.submit(handing.tasks(self._desk, claims, 1, {}))
        while self._pool.busy():
            for outcome in self._pool.poll(0.1):
                image_id = known[outcome.job_id].image_id
                if isinstance(outcome, Failure):
                    self._say(image_id, stage.name, "failed", f"{outcome.code}: {outcome.message}")
                else:
                    self._say(image_id, stage.name, *self._verdict(stage, due[outcome.job_id], outcome))
                    for scratch in (outcome.scratch, *(part.scratch for part in outcome.parts)):
                        Path(scratch).unlink() if scratch else None
            if self._request.stop.grace_over():
                self._pool.forget_backlog()
                return

    def _verdict(self, stage: Stage, row: Recorded, made: Made) -> tuple[str, str]:
        """What a file gives that is made again, what its row says, what lies there: all three have to agree."""
        verdict, detail = _compared(stage, row, made)
        recorded = frames.files(self._library.db, row.image_id, stage.name) if made.parts else []
        if verdict == "same" and made.parts:
            verdict, detail = _frames_compared({_moment(one["seconds"]): one["sha256"] for one in recorded}, made)
        files = {row.file_path: row.result, **{one["file_path"]: one["sha256"] for one in recorded}}
        changed = self._changed(files) if verdict == "same" and row.file_path else ""
        return ("damaged", f"art/{changed} is not what its row says") if changed else (verdict, detail)

    def _changed(self, files: Mapping[str, str]) -> str:
        """One of these files that has another hash, or is not there."""
        store = self._library.store
        looks = ((path, inspect.look(store.path(path), hashed=True), sha256) for path, sha256 in files.items())
        return next((path for path, look, sha256 in looks if look.trouble or look.sha256 != sha256), "")

    def _say(self, image_id: str, stage: str, verdict: str, detail: str) -> None:
        self.verdicts[verdict] += 1
        if verdict not in {"same", "stale", "foreign"}:
            self.items.append((image_id, stage, verdict, detail))


def _compared(stage: Stage, row: Recorded, made: Made) -> tuple[str, str]:
    result = made.sha256 if made.scratch else "".join(made.values.values())
    if result == row.result:
        return "same", ""
    before = parsed(row.processing_params)
    how = {key: (before.get(key), value) for key, value in made.how.items()} if isinstance(before, dict) else {}
    other = [f"{key} was {was}, is {now}" for key, (was, now) in how.items() if was != now]
    if other:
        return "other-engine", "; ".join(other)
    detail = f"it was {row.result[:16]}, and comes out as {result[:16]}"
    return ("not-promised" if takes_files(stage.kind) else "different"), detail


def _moment(seconds: float | None) -> int:
    return round((seconds or 0.0) * 1000)


def _frames_compared(recorded: Mapping[int, str], made: Made) -> tuple[str, str]:
    """A frame is known by its moment; what somebody decided on stays, also where none is taken any more."""
    other = [part for part in made.parts if recorded.get(_moment(part.seconds)) != part.sha256]
    if not other:
        return "same", ""
    return "not-promised", f"{len(other)} of {len(made.parts)} frames, the first at {other[0].seconds:g} s"


def _report(done: _Check, request: CheckRequest, *, complete: bool) -> Report:
    counts = {verdict: done.verdicts[verdict] for verdict in VERDICTS}
    failed = [item for item in done.items if item[2] == "failed"]
    shown_items = [item for item in done.items if item[2] != "failed"]
    data: dict[str, Any] = {
        "checked": counts["same"]
        + counts["different"]
        + counts["damaged"]
        + counts["not-promised"]
        + counts["other-engine"],
        **{verdict.replace("-", "_"): number for verdict, number in counts.items()},
        "complete": complete,
        "items": [dict(zip(COLUMNS, item, strict=True)) for item in done.items],
    }
    said = ", ".join(f"{number} {verdict}" for verdict, number in counts.items() if number or verdict == "same")
    notes = [f"{data['checked']} made again and compared: {said}"]
    if counts["not-promised"]:
        notes.append("A program of the user's need not give the same bytes twice; such differences are only told")
    problems = [Problem("failed", item[0], f"{item[1]} of {shown(item[0])} failed ({item[3]})") for item in failed]
    table = [Table(COLUMNS, shown_items)] if shown_items else []
    code = exit_code(request.stop.why, found=counts["different"] + counts["damaged"] > 0, remains=not complete)
    return Report(data, tables=table, notes=notes, problems=problems, exit_code=code)
