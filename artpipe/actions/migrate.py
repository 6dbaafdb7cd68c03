"""migrate: take in a tree of the old layout, changing nothing in it."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from artpipe.actions.moving import digest, plan
from artpipe.actions.moving.ancestry import join_parents
from artpipe.actions.moving.bring import Bringing, Source, Waiting
from artpipe.actions.moving.check import Check
from artpipe.actions.moving.deciding import decide
from artpipe.actions.moving.digest import Sides
from artpipe.actions.moving.finding import Findings
from artpipe.actions.report import Problem, Progress, Report, Silent
from artpipe.actions.verify import EXIT, FOUND_SOMETHING, WORK_REMAINS
from artpipe.db import oldfiles, sides
from artpipe.errors import UsageError
from artpipe.model import UPSTREAM
from artpipe.names import path_text, shown
from artpipe.pipeline.oldlayout import APPROVED, IGNORED, REJECTED, layout
from artpipe.pipeline.oldtree import OldTree
from artpipe.pipeline.stopping import Stop, listening
from artpipe.stages.registry import FOLDERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from artpipe.actions.moving.bring import Brought
    from artpipe.actions.moving.plan import Plan
    from artpipe.db.oldfiles import Outcome
    from artpipe.library import Library


@dataclass(frozen=True, slots=True)
class MigrateRequest:
    """What to take in.

    Args:
        root: the old tree.
        mapped: folder of the tree -> stage, `approved`, `rejected` or `ignore`.
        database: an old database to read too.
        old_roots: where the tree lay before; colour grids are found by the paths of then.
        copy: copy files instead of linking them.
    """

    root: Path
    mapped: Mapping[str, str] = field(default_factory=dict)
    database: Path | None = None
    old_roots: tuple[str, ...] = ()
    copy: bool = False
    dry_run: bool = False
    stop: Stop = field(default_factory=Stop)


def migrate(library: Library, request: MigrateRequest, progress: Progress | None = None) -> Report:
    """Take in what is new in the tree; what was taken in before is not even read."""
    library.require_art()
    tree = open_tree(library, request)
    moving = _Moving(library, request, tree, progress or Silent())
    request.stop.start()
    with listening(request.stop):
        return moving.forecast() if request.dry_run else moving.go()


def check(library: Library, request: MigrateRequest, progress: Progress | None = None) -> Report:
    """Compare the tree with what was taken from it, reading all bytes of both."""
    library.require_art()
    tree = open_tree(library, request)
    known = oldfiles.find_tree(library.db, tree.root)
    checking = Check(library, tree, known["id"] if known else 0, request.stop)
    request.stop.start()
    with listening(request.stop):
        checking.run(progress or Silent())
    return Report(
        data=checking.data(),
        tables=checking.tables(),
        notes=[checking.sentence()],
        exit_code=_check_code(checking, request.stop),
    )


def _check_code(checking: Check, stop: Stop) -> int:
    if stop.why in EXIT:
        return EXIT[stop.why]
    if checking.differences:
        return FOUND_SOMETHING
    return 0 if checking.complete else WORK_REMAINS


def open_tree(library: Library, request: MigrateRequest) -> OldTree:
    """The tree that is meant.

    Raises:
        UsageError: it is none, or something is mapped to a stage that does not exist.
    """
    root = os.path.realpath(request.root)
    if not os.path.isdir(root):
        raise UsageError(f"{request.root} is no folder. Name the root of the old tree, the folder that img/ lies in.")
    stages = {UPSTREAM, *FOLDERS, *library.graph.stages, APPROVED, REJECTED, IGNORED}
    for folder, stage in request.mapped.items():
        if stage not in stages:
            known = ", ".join(sorted(stages))
            raise UsageError(f"--map {folder}={stage}: there is no stage {stage!r}. Known: {known}.")
    own = {path for path in library.own_paths() if path != root}
    return OldTree(root, layout({folder.strip("/"): stage for folder, stage in request.mapped.items()}), own)


class _Moving:
    def __init__(self, library: Library, request: MigrateRequest, tree: OldTree, progress: Progress) -> None:
        self._library, self._db, self._request, self._tree = library, library.db, request, tree
        self._progress = progress
        self._findings = Findings()

    def forecast(self) -> Report:
        """What would be done."""
        known = oldfiles.find_tree(self._db, self._tree.root)
        found = plan.look(self._db, self._tree, known["id"] if known else 0, self._findings)
        data = {**found.as_data(), "dry_run": True, **self._findings_data()}
        notes = [f"{found.new} of {_files(found)} files would be taken in", *self._doubts(found)]
        return Report(
            data=data, tables=[*found.tables(), *self._findings.tables()], notes=notes, problems=self._troubles()
        )

    def go(self) -> Report:
        with self._db.transaction():
            number = oldfiles.begin_tree(self._db, self._tree.root)
        found = plan.look(self._db, self._tree, number, self._findings)
        brought = self._bring(found, number)
        joined, outcome = 0, oldfiles.Outcome()
        if brought.complete:
            joined = join_parents(self._library, number, self._findings)
            outcome = decide(self._library, number, None, f"migrate {path_text(self._tree.root)}")
            with self._db.transaction():
                oldfiles.finish_tree(self._db, number)
        return self._report(found, number, brought, _Done(outcome, joined))

    def _bring(self, found: Plan, number: int) -> Brought:
        originals = tuple(folder["folder"] for folder in found.folders if folder["becomes"] == UPSTREAM)
        source = Source(self._tree.root, number, originals, self._request.copy)
        waiting = Waiting(self._request.stop, self._progress)
        self._progress.start("migrating", found.new)
        try:
            return Bringing(self._library, source, self._findings, waiting).run()
        finally:
            self._progress.finish()

    def _report(self, found: Plan, number: int, brought: Brought, done: _Done) -> Report:
        both = self._sides(number)
        data = {
            **found.as_data(),
            "dry_run": False,
            "taken": brought.files,
            "failed": len(brought.problems),
            "approved": done.outcome.approved,
            "rejected": done.outcome.rejected,
            "kept": done.outcome.kept,
            "joined": done.joined,
            "complete": brought.complete,
            **self._findings_data(),
            "sides": digest.as_data(both),
        }
        tables = [*found.tables(), *self._findings.tables(), *digest.tables(both)]
        problems = [*self._troubles(), *brought.problems]
        return Report(
            data=data, tables=tables, notes=self._notes(found, data), problems=problems, exit_code=self._code(brought)
        )

    def _sides(self, number: int) -> dict[str, Sides]:
        both: dict[str, Sides] = defaultdict(Sides)
        for one in sides.taken(self._db, number):
            both[one.folder].tree.add(one.name, one.size, one.sha256)
            if one.sha256 is None or one.ours is not None:
                both[one.folder].library.add(one.name, one.size, one.ours)
        return both

    def _code(self, brought: Brought) -> int | None:
        why = self._request.stop.why
        if why in EXIT:
            return EXIT[why]
        return WORK_REMAINS if why == "time" and not brought.complete else None

    def _findings_data(self) -> dict[str, Any]:
        return {"findings": self._findings.as_data(), "by_code": self._findings.by_code()}

    def _notes(self, found: Plan, data: dict[str, Any]) -> list[str]:
        rest = "" if data["complete"] else "; not everything was taken in, the same command goes on"
        done = (
            f"{data['taken']} files taken in, {_files(found) - found.new} known already, {data['failed']} failed;"
            f" {data['approved']} approved, {data['rejected']} rejected{rest}"
        )
        return [done, *self._doubts(found)]

    def _doubts(self, found: Plan) -> list[str]:
        alone = [f"{shown(path_text(one.folder))}/" for one in found.left_alone if not one.known]
        notes = [f"nothing is known about {', '.join(alone)}; --map DIR=STAGE takes a folder in"] if alone else []
        if self._tree.dot_files:
            notes.append(f"{self._tree.dot_files} unfinished files (names that begin with a dot) were left out")
        skipped = [trouble for trouble in self._tree.troubles if not trouble.failed]
        return notes + [f"skipped: {shown(path_text(one.path))} {one.message}" for one in skipped]

    def _troubles(self) -> list[Problem]:
        return [
            Problem(one.code, path_text(one.path), f"{shown(path_text(one.path))} {one.message}")
            for one in self._tree.troubles
            if one.failed
        ]


@dataclass(frozen=True, slots=True)
class _Done:
    """What followed after the files."""

    outcome: Outcome
    joined: int


def _files(found: Plan) -> int:
    return sum(folder["files"] for folder in found.folders)
