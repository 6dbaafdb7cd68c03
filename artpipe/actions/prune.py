"""prune: remove what stages made and nobody wants any more."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from artpipe.actions.ending import exit_code
from artpipe.actions.report import Problem, Report, Table
from artpipe.actions.stats import human_size
from artpipe.db import artifacts, pruning, pruning_rows
from artpipe.db.artifacts import ROW_TABLES
from artpipe.db.pruning import Scope, Unwanted
from artpipe.db.pruning_rows import RowScope
from artpipe.pipeline import leftovers
from artpipe.pipeline.stopping import Stop, listening
from artpipe.stages.definition import FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from artpipe.library import Library

PAGE = 500


@dataclass(frozen=True, slots=True)
class PruneRequest:
    """What to remove.

    Args:
        stage: only this one, and then also what other programs made of it; None for all.
        most: at most this many files; None for all.
        delete: really remove; otherwise only list.
    """

    stage: str | None = None
    most: int | None = None
    delete: bool = False
    stop: Stop = field(default_factory=Stop)


def prune(library: Library, request: PruneRequest) -> Report:
    """List, or remove, what removed stages and rejected images leave; never an original, never an image's row."""
    library.require_art()
    scope = _scope(library, request.stage)
    if not request.delete:
        items = list(_unwanted(library, scope, request.most))
        return _listed(items, _rows(library, scope) if request.most is None else Rows())
    with listening(request.stop), leftovers.scratch_of(library, f"prune-{os.getpid()}") as scratch:
        removed = _Pruning(library, scope, scratch)
        removed.run(request)
        # Whoever wants only so many files removed wants to see how it goes.
        complete = request.most is None and request.stop.why is None
        rows = _remove_rows(library, scope) if complete else Rows()
    _drop_empty_folders(library, removed.stages, scope)
    return _report(removed, rows, request.stop)


class Rows(NamedTuple):
    """Rows that go together with the files.

    Args:
        jobs: stage -> how many that nobody will ever do.
        values: kind -> how many of rejected images.
    """

    jobs: Mapping[str, int] = {}
    values: Mapping[str, int] = {}

    def said(self) -> str:
        every = ((sum(self.jobs.values()), "jobs"), (sum(self.values.values()), "values"))
        return "".join(f", {number} {what}" for number, what in every if number)


def _rows(library: Library, scope: Scope) -> Rows:
    wanted = _row_scope(library, scope)
    return Rows(pruning_rows.jobs(library.db, wanted), pruning_rows.values(library.db, wanted))


def _remove_rows(library: Library, scope: Scope) -> Rows:
    with library.db.transaction():
        rows = _rows(library, scope)
        pruning_rows.delete(library.db, _row_scope(library, scope))
    return rows


def _row_scope(library: Library, scope: Scope) -> RowScope:
    stages = library.graph.stages.values()
    return RowScope(scope, [stage.kind for stage in stages if stage.table in ROW_TABLES and stage.audience == "all"])


def _scope(library: Library, stage: str | None) -> Scope:
    stages = library.graph.stages
    kept = [name for name, one in stages.items() if one.audience == "all"]
    return Scope([*FOLDERS, *stages], kept, stage)


def _unwanted(library: Library, scope: Scope, most: int | None) -> Iterator[Unwanted]:
    left = most
    for page in pruning.pages(library.db, scope, PAGE):
        chosen = page if left is None else page[:left]
        yield from chosen
        if left is not None:
            left -= len(chosen)
            if not left:
                return


def _listed(items: Sequence[Unwanted], rows: Rows) -> Report:
    data = {"removed": 0, "files": len(items), "bytes": sum(one.size for one in items), **_grouped(items)}
    data |= rows._asdict()
    notes = [f"{data['files']} files of {human_size(data['bytes'])}{rows.said()} would be removed; --yes removes them"]
    if not items and not rows.said():
        notes = ["Nothing to remove: everything that stages made is wanted"]
    return Report(data=data, lines=[one.path for one in items], tables=_tables(items), notes=notes)


def _grouped(items: Sequence[Unwanted]) -> dict[str, Any]:
    by_stage: dict[str, dict[str, int]] = {}
    for one in items:
        reasons = by_stage.setdefault(one.stage, {})
        reasons[one.reason] = reasons.get(one.reason, 0) + 1
    shape = ("image_id", "stage", "path", "size", "reason")
    return {"by_stage": by_stage, "items": [{key: getattr(one, key) for key in shape} for one in items]}


def _tables(items: Sequence[Unwanted]) -> list[Table]:
    by_stage = _grouped(items)["by_stage"]
    rows = [(stage, why, number) for stage, reasons in by_stage.items() for why, number in reasons.items()]
    return [Table(("stage", "why", "files"), rows)] if rows else []


class _Pruning:
    """Removes page by page: rows first, in a transaction with a note of what is to come, then the files."""

    def __init__(self, library: Library, scope: Scope, scratch: Path) -> None:
        self._library, self._scope, self._scratch = library, scope, scratch
        self.items: list[Unwanted] = []
        self.problems: list[Problem] = []
        self.freed = 0

    @property
    def stages(self) -> set[str]:
        return {one.stage for one in self.items if one.reason == "stage-removed"}

    def run(self, request: PruneRequest) -> None:
        after, left = 0, request.most
        while not request.stop.check() and (left is None or left > 0):
            size = PAGE if left is None else min(PAGE, left)
            page = self._remove(after, size)
            if not page:
                return
            after = page[-1].row
            left = None if left is None else left - len(page)

    def _remove(self, after: int, size: int) -> list[Unwanted]:
        library = self._library
        with library.db.transaction():
            # Asked under the write lock: who is approved meanwhile, or made anew, is not among them.
            page = pruning.page(library.db, self._scope, after, size)
            others = leftovers.in_hand(library, except_for=self._scratch.name)
            chosen = [one for one in page if one.path not in others]
            intent = leftovers.note_intent(self._scratch, after, [one.path for one in chosen])
            pruning.forget(library.db, chosen)
            # What another program's row names beside ours stays that row's.
            ours = [one for one in chosen if not artifacts.stands(library.db, one.path)]
        for one in ours:
            self._unlink(one)
        intent.unlink()
        return page

    def _unlink(self, one: Unwanted) -> None:
        try:
            self.freed += self._library.store.remove_counted(one.path)
        except OSError as error:
            message = f"art/{one.path} cannot be removed: {error.strerror}. No row names it any more; `artpipe verify`"
            self.problems.append(Problem("not-removed", one.image_id, f"{message} tells more."))
        else:
            self.items.append(one)


def _drop_empty_folders(library: Library, stages: set[str], scope: Scope) -> None:
    for stage in stages - set(scope.known):
        library.store.drop_empty(stage)


def _report(done: _Pruning, rows: Rows, stop: Stop) -> Report:
    data = {"removed": len(done.items), "freed": done.freed, **_grouped(done.items), **rows._asdict()}
    size = sum(one.size for one in done.items)
    notes = [f"{len(done.items)} files{rows.said()} removed, {human_size(done.freed)} freed"]
    if done.freed < size:
        notes.append(f"{human_size(size - done.freed)} are still there under other names of the same files")
    code = exit_code(stop.why)
    return Report(data=data, tables=_tables(done.items), notes=notes, problems=done.problems, exit_code=code)
