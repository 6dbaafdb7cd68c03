"""migrate: take in a tree of the old layout, changing nothing in it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from artpipe.actions.moving import account, olddatabase
from artpipe.actions.moving.account import Account, Done
from artpipe.actions.moving.ancestry import join_parents
from artpipe.actions.moving.bring import Bringing, Source, Waiting
from artpipe.actions.moving.check import Check
from artpipe.actions.moving.deciding import decide
from artpipe.actions.moving.emptied import count_emptied, let_go
from artpipe.actions.moving.finding import Findings
from artpipe.actions.moving.grids import Grids, roots_of
from artpipe.actions.moving.plan import copied_bytes, load, look
from artpipe.actions.report import Progress, Report, Silent
from artpipe.db import oldfiles
from artpipe.errors import UsageError
from artpipe.model import UPSTREAM
from artpipe.names import path_text
from artpipe.pipeline.leftovers import scratch_of
from artpipe.pipeline.oldlayout import APPROVED, IGNORED, REJECTED, layout
from artpipe.pipeline.oldtree import OldTree
from artpipe.pipeline.stopping import Stop, listening
from artpipe.stages.definition import FOLDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from artpipe.actions.moving.bring import Brought
    from artpipe.actions.moving.plan import Plan
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
    return checking.report()


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
        self._findings, self._stop = Findings(), request.stop

    def forecast(self) -> Report:
        """What would be done."""
        known = oldfiles.find_tree(self._db, self._tree.root)
        told = self._look(known["id"] if known else 0, count_emptied)
        if self._request.database is not None and not self._stop.why:
            with TemporaryDirectory(prefix="artpipe-") as scratch:
                told.old = olddatabase.forecast(self._library, self._request.database, Path(scratch))
        return account.of_plan(told, self._stop.why)

    def go(self) -> Report:
        if self._request.database is not None:
            olddatabase.require(self._request.database)
        with self._db.transaction():
            number = oldfiles.begin_tree(self._db, self._tree.root)
        told = self._look(number, let_go)
        if self._stop.check():
            return account.of_plan(told, self._stop.why, dry_run=False)
        originals = tuple(folder["folder"] for folder in told.plan.folders if folder["becomes"] == UPSTREAM)
        source = Source(self._tree.root, number, originals, self._request.copy)
        done = Done(self._bring(told.plan, source))
        if done.brought.complete:
            self._conclude(source, done)
        done.why, told.old = self._stop.why, done.old
        # Whoever interrupts wants no sums of millions of rows.
        return account.of_import(told, done, {} if done.why else account.compared(self._db, number))

    def _look(self, number: int, about_emptied: Callable[[Library, int, Stop], int]) -> Account:
        """What is there; what was emptied is dealt with first, since it is none of the bytes that are left."""
        told = Account(self._tree, self._findings)
        if load(self._db, self._tree, self._stop):
            told.emptied = about_emptied(self._library, number, self._stop)
            told.plan = look(self._db, self._tree, number, self._findings, self._stop)
            store = self._library.store
            told.to_copy = copied_bytes(told.plan, self._tree.root, store.root), store.free_bytes()
        return told

    def _bring(self, found: Plan, source: Source) -> Brought:
        waiting = Waiting(self._stop, self._progress)
        self._progress.start("migrating", found.new)
        try:
            return Bringing(self._library, source, self._findings, waiting).run()
        finally:
            self._progress.finish()

    def _conclude(self, source: Source, done: Done) -> None:
        """What only all the files together can tell; each part goes on where it was cut short."""
        number, stop, database = source.tree, self._stop, self._request.database
        if database is not None:
            with scratch_of(self._library, f"register-{os.getpid()}") as scratch:
                done.old = olddatabase.take_in(self._library, number, database, scratch, stop)
        done.joined = join_parents(self._library, number, self._findings, stop)
        if stop.check() or self._tree.closed or done.brought.unsure:
            # A rejection may have an approval against it in what was not, or could not be, read.
            done.undecided, done.brought.complete = True, not stop.why
            return
        named = olddatabase.source_of(database) if database is not None else None
        done.outcome = decide(self._library, (number, named), f"migrate {path_text(self._tree.root)}", stop)
        given = str(self._request.root)
        roots = roots_of(given, self._tree.root, self._request.old_roots, os.environ.get("PWD"))
        done.grids = Grids(self._library, source, self._findings, stop).run(roots)
        done.brought.complete = not stop.why
        if done.brought.complete:
            with self._db.transaction():
                oldfiles.finish_tree(self._db, number)
