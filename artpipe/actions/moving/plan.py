"""What moving in from a tree comes to, before a byte of it is read."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from artpipe.actions.report import Table
from artpipe.db import survey
from artpipe.names import path_text
from artpipe.pipeline.oldlayout import group_of

if TYPE_CHECKING:
    from pathlib import Path

    from artpipe.actions.moving.finding import Findings
    from artpipe.db.connection import Database, Row
    from artpipe.pipeline.oldtree import LeftAlone, OldTree
    from artpipe.pipeline.stopping import Stop

_BECOMES = {"approved": "approved", "rejected": "rejected", "how": "how it was made", "grid": "blurhash"}
_IN_DATABASE = {_BECOMES["how"], _BECOMES["grid"]}
COLUMNS = ("folder", "becomes", "files", "bytes", "empty", "new", "decisions", "conflicts", "findings")
_CONFLICTS = ("conflict", "decision-kept")


@dataclass(frozen=True, slots=True)
class Plan:
    """Counts of a tree.

    Args:
        folders: a row for each, with those of `COLUMNS` that names and sizes alone tell.
        new: names that were not taken in as they are now.
        approved, rejected, conflicts: ids of each kind; those in both folders are approved.
    """

    folders: list[dict[str, Any]] = field(default_factory=list)
    left_alone: list[LeftAlone] = field(default_factory=list)
    new: int = 0
    approved: int = 0
    rejected: int = 0
    conflicts: int = 0

    def as_data(self, findings: Findings) -> dict[str, Any]:
        alone = [
            {"folder": path_text(one.folder), "pages": one.known, "files": one.files, "bytes": one.bytes}
            for one in self.left_alone
        ]
        decisions = {"approved": self.approved, "rejected": self.rejected, "conflicts": self.conflicts}
        folders = _with_findings(self.folders, findings)
        return {"folders": folders, "left_alone": alone, "new": self.new, "decisions": decisions}

    def tables(self, findings: Findings) -> list[Table]:
        folders = _grouped(_with_findings(self.folders, findings))
        rows = [tuple(folder[column] for column in COLUMNS) for folder in folders]
        for one in self.left_alone:
            becomes = "left alone" + ("" if one.known else " (unknown)")
            rows.append((path_text(one.folder), becomes, one.files, one.bytes, *[""] * (len(COLUMNS) - 4)))
        return [Table(COLUMNS, rows)] if rows else []


def _with_findings(folders: list[dict[str, Any]], findings: Findings) -> list[dict[str, Any]]:
    conflicts: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for (folder, code), number in findings.in_folder.items():
        (conflicts if code in _CONFLICTS else others)[path_text(folder)] += number
    return [{**one, "conflicts": conflicts[one["folder"]], "findings": others[one["folder"]]} for one in folders]


def _grouped(folders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for all folders of a kind: there may be thousands of videos."""
    rows: dict[str, dict[str, Any]] = {}
    for one in folders:
        group = group_of(one["folder"])
        row = rows.setdefault(group, {**one, "folder": group, **dict.fromkeys(_SUMMED, 0)})
        row.update({column: row[column] + one[column] for column in _SUMMED})
    return list(rows.values())


def copied_bytes(plan: Plan, root: str, art: Path) -> int:
    """How much of what is new cannot be linked, since its folder lies on another file system than `art/`."""
    device = art.stat().st_dev
    placed = (one for one in plan.folders if one["becomes"] not in _IN_DATABASE and one["new_bytes"])
    return sum(one["new_bytes"] for one in placed if _device(f"{root}/{one['folder']}") not in {device, None})


def _device(folder: str) -> int | None:
    try:
        return os.stat(folder).st_dev
    except OSError:
        return None


_SUMMED = ("files", "bytes", "empty", "new", "decisions", "conflicts", "findings")


def load(db: Database, tree: OldTree, stop: Stop) -> bool:
    """Read every folder of a tree once; returns whether there was time for all."""
    survey.prepare(db)
    with db.interruptible(stop.check):
        survey.load(db, takewhile(lambda _: not stop.check(), tree.names()))
    return not stop.check()


def look(db: Database, tree: OldTree, number: int, findings: Findings, stop: Stop) -> Plan:
    """What is in a tree that `load` has read; nothing if there was no time for all of it.

    Args:
        number: of the tree in `old_trees`; 0 for one that was never seen.
        findings: what to look at is added here.
    """
    plan = Plan()
    with db.interruptible(stop.check):
        _find(db, number, findings)
        folders = [_folder(row) for row in survey.folders(db, number)]
        judged = survey.judged(db)
        new = sum(folder["new"] for folder in folders)
        alone = tree.left_alone(stop.check)
        plan = Plan(folders, alone, new, judged["approved"], judged["rejected"], judged["conflicts"])
    return Plan() if stop.check() else plan


def _folder(row: Row) -> dict[str, Any]:
    return {
        "folder": path_text(survey.named(row["folder"])),
        "becomes": _BECOMES.get(row["role"]) or row["stage"],
        "files": row["files"],
        "bytes": row["bytes"],
        "empty": row["empty"],
        "new": row["new"],
        "new_bytes": row["new_bytes"],
        "decisions": row["files"] if row["role"] in {"approved", "rejected"} else 0,
    }


def _find(db: Database, number: int, findings: Findings) -> None:
    for row in survey.conflicts(db):
        yes, no = (survey.named(row[column]) for column in ("yes_folder", "no_folder"))
        findings.add("conflict", row["id"], f"is both in {path_text(yes)}/ and in {path_text(no)}/; the first wins", no)
    for row in survey.nothing_real(db):
        what = "approved" if row["yes"] else "undecided"
        detail = f"is {what}, but every file of it is empty"
        findings.add("nothing-real", row["id"], detail, survey.named(row["folder"]))
    for row in survey.against_decisions(db, number):
        detail = f"is {row['wanted']} in the tree, but was {row['state']} here before; that stays"
        findings.add("decision-kept", row["id"], detail, survey.named(row["folder"]))
