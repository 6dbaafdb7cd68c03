"""The report of an import: what was found, what was done, both sides of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from artpipe.actions.ending import exit_code
from artpipe.actions.moving import digest
from artpipe.actions.moving.digest import Sides
from artpipe.actions.moving.grids import Tally
from artpipe.actions.moving.plan import Plan
from artpipe.actions.report import Problem, Report
from artpipe.actions.stats import human_size
from artpipe.db import sides
from artpipe.db.oldfiles import Outcome
from artpipe.names import path_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from artpipe.actions.moving.bring import Brought
    from artpipe.actions.moving.finding import Findings
    from artpipe.actions.moving.olddatabase import Known
    from artpipe.db.connection import Database
    from artpipe.pipeline.oldtree import OldTree
    from artpipe.pipeline.stopping import Why


@dataclass(slots=True)
class Account:
    """What was found.

    Args:
        emptied: files that old scripts have emptied, in the tree as well as here.
        old: what an old database holds, if one was named.
        to_copy: bytes that cannot be linked; of how many that are free.
    """

    tree: OldTree
    findings: Findings
    plan: Plan = field(default_factory=Plan)
    emptied: int = 0
    old: Known | None = None
    to_copy: tuple[int, int] = (0, 0)

    def data(self) -> dict[str, Any]:
        return {
            **self.plan.as_data(self.findings),
            "emptied": self.emptied,
            "to_copy": self.to_copy[0],
            "old_database": self.old.as_data() if self.old is not None else None,
            "findings": self.findings.as_data(),
            "by_code": self.findings.by_code(),
        }

    def files(self) -> int:
        return sum(folder["files"] for folder in self.plan.folders)


@dataclass(slots=True)
class Done:
    """What was done about it.

    Args:
        joined: parents that were noted.
        undecided: decisions were read, but not made.
        why: the import was stopped.
    """

    brought: Brought
    why: Why | None = None
    outcome: Outcome = field(default_factory=Outcome)
    grids: Tally = field(default_factory=Tally)
    joined: int = 0
    old: Known | None = None
    undecided: bool = False

    def data(self) -> dict[str, Any]:
        return {
            "dry_run": False,
            "taken": self.brought.files,
            "failed": len(self.brought.problems),
            "overwritten": self.brought.overwritten,
            "approved": self.outcome.approved,
            "rejected": self.outcome.rejected,
            "kept": self.outcome.kept,
            "joined": self.joined,
            "grids": {
                "matched": self.grids.matched,
                "hashes": self.grids.hashes,
                "unmatched": self.grids.unmatched,
            },
            "complete": self.brought.complete,
        }

    def exit_code(self) -> int | None:
        return exit_code(self.why, remains=self.why == "time" and not self.brought.complete)


def compared(db: Database, number: int) -> dict[str, Sides]:
    """Counts and hashes of what was read from the tree, and of what stands for it here now."""
    both: dict[str, Sides] = defaultdict(Sides)
    for one in sides.taken(db, number):
        both[one.folder].tree.add(one.name, one.size, one.sha256)
        if one.sha256 is None or one.ours is not None:
            both[one.folder].library.add(one.name, one.size, one.ours)
    return both


def of_plan(account: Account, why: Why | None = None, *, dry_run: bool = True) -> Report:
    """What would be done.

    Args:
        why: there was no time to find out.
        dry_run: it was only asked for.
    """
    if why:
        data = {**account.data(), "dry_run": dry_run, "complete": False}
        note = "stopped before all of the tree was looked through; the same command begins again"
        return Report(data=data, notes=[note], exit_code=exit_code(why, remains=True))
    tables = [*account.plan.tables(account.findings), *account.findings.tables()]
    note = f"{account.plan.new} of {account.files()} files would be taken in"
    data = {**account.data(), "dry_run": True, "complete": True}
    notes = [note, *_copies(account), *_judged(account), *_doubts(account)]
    return Report(data=data, tables=tables, notes=notes, problems=_troubles(account.tree))


def of_import(account: Account, done: Done, both: Mapping[str, Sides]) -> Report:
    """What was done."""
    data = {**account.data(), **done.data(), "sides": digest.as_data(both)}
    tables = [*account.plan.tables(account.findings), *account.findings.tables(), *digest.tables(both)]
    kept = f" ({done.outcome.kept} decided otherwise here stay as they are)" if done.outcome.kept else ""
    rest = "" if done.brought.complete else "; not everything was taken in, the same command goes on"
    note = (
        f"{done.brought.files} files taken in, {account.files() - account.plan.new} known already,"
        f" {data['failed']} failed; {done.outcome.approved} approved, {done.outcome.rejected} rejected{kept}{rest}"
    )
    problems = [*_troubles(account.tree), *done.brought.problems]
    notes = [*_overwritten(done.brought), note, *_grids(done.grids), *_doubts(account)]
    if done.undecided:
        notes.append("no decision was made, since not all could be read; the same command makes them when it can")
    return Report(data=data, tables=tables, notes=notes, problems=problems, exit_code=done.exit_code())


def _copies(account: Account) -> list[str]:
    size, free = account.to_copy
    if not size:
        return []
    rest = f"; only {human_size(free)} are free there" if size > free else ""
    return [f"{human_size(size)} would be copied, since they lie on another disk than art/{rest}"]


def _overwritten(brought: Brought) -> list[str]:
    return [
        f"the original of {shown(image_id)} was written over in place; `artpipe repair` looks for another copy"
        for image_id in brought.overwritten
    ]


def _judged(account: Account) -> list[str]:
    plan = account.plan
    conflicts = f" ({plan.conflicts} of them in both folders)" if plan.conflicts else ""
    notes = [f"the tree approves {plan.approved}{conflicts} and rejects {plan.rejected}"]
    if account.old is not None:
        old = account.old.as_data()
        approved, rejected = old["approved"], old["rejected"]
        notes.append(f"the old database has {old['rows']} rows; it approves {approved} and rejects {rejected}")
    return notes


def _grids(grids: Tally) -> list[str]:
    if not grids.matched and not grids.unmatched:
        return []
    left = (
        f"; {grids.unmatched} files in blur/ belong to no path known here (--old-root DIR)" if grids.unmatched else ""
    )
    return [f"{grids.hashes} blurhashes made of {grids.matched} colour grids{left}"]


def _doubts(account: Account) -> list[str]:
    alone = [f"{shown(path_text(one.folder))}/" for one in account.plan.left_alone if not one.known]
    notes = [f"nothing is known about {', '.join(alone)}; --map DIR=STAGE takes a folder in"] if alone else []
    if account.emptied:
        one = "1 file has" if account.emptied == 1 else f"{account.emptied} files have"
        notes.append(
            f"{one} been emptied in the old tree and with it here, since both are one file (--copy keeps them apart)"
        )
    if account.tree.dot_files:
        notes.append(f"{account.tree.dot_files} unfinished files (names that begin with a dot) were left out")
    skipped = [trouble for trouble in account.tree.troubles if not trouble.failed]
    return notes + [f"skipped: {shown(path_text(one.path))} {one.message}" for one in skipped]


def _troubles(tree: OldTree) -> list[Problem]:
    return [
        Problem(one.code, path_text(one.path), f"{shown(path_text(one.path))} {one.message}")
        for one in tree.troubles
        if one.failed
    ]
