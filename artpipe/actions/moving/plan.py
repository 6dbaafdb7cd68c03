"""What moving in from a tree comes to, before a byte of it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from artpipe.actions.report import Table
from artpipe.db import survey
from artpipe.names import path_text

if TYPE_CHECKING:
    from artpipe.actions.moving.finding import Findings
    from artpipe.db.connection import Database
    from artpipe.pipeline.oldtree import LeftAlone, OldTree

_BECOMES = {"approved": "approved", "rejected": "rejected", "how": "how it was made", "grid": "blurhash"}
COLUMNS = ("folder", "becomes", "files", "bytes", "empty", "new")


@dataclass(frozen=True, slots=True)
class Plan:
    """Counts of a tree.

    Args:
        folders: a row for each, with the keys of `COLUMNS`.
        new: names that were not taken in as they are now.
        approved, rejected, conflicts: ids of each kind; those in both folders are approved.
    """

    folders: list[dict[str, Any]]
    left_alone: list[LeftAlone]
    new: int
    approved: int
    rejected: int
    conflicts: int

    def as_data(self) -> dict[str, Any]:
        alone = [
            {"folder": path_text(one.folder), "pages": one.known, "files": one.files, "bytes": one.bytes}
            for one in self.left_alone
        ]
        decisions = {"approved": self.approved, "rejected": self.rejected, "conflicts": self.conflicts}
        return {"folders": self.folders, "left_alone": alone, "new": self.new, "decisions": decisions}

    def tables(self) -> list[Table]:
        rows = [tuple(folder[column] for column in COLUMNS) for folder in self.folders]
        rows += [
            (path_text(one.folder), "left alone" + ("" if one.known else " (unknown)"), one.files, one.bytes, "", "")
            for one in self.left_alone
        ]
        return [Table(COLUMNS, rows)] if rows else []


def look(db: Database, tree: OldTree, number: int, findings: Findings) -> Plan:
    """Read every folder of a tree once.

    Args:
        number: of the tree in `old_trees`; 0 for one that was never seen.
        findings: what to look at is added here.
    """
    survey.prepare(db)
    survey.load(db, tree.names())
    _find(db, number, findings)
    folders = [
        {
            "folder": path_text(survey.named(row["folder"])),
            "becomes": _BECOMES.get(row["role"]) or row["stage"],
            "files": row["files"],
            "bytes": row["bytes"],
            "empty": row["empty"],
            "new": row["new"],
        }
        for row in survey.folders(db, number)
    ]
    judged = survey.judged(db)
    new = sum(folder["new"] for folder in folders)
    return Plan(folders, tree.left_alone(), new, judged["approved"], judged["rejected"], judged["conflicts"])


def _find(db: Database, number: int, findings: Findings) -> None:
    for row in survey.conflicts(db):
        yes, no = (path_text(survey.named(row[column])) for column in ("yes_folder", "no_folder"))
        findings.add("conflict", row["id"], f"is both in {yes}/ and in {no}/; {yes}/ wins")
    for row in survey.nothing_real(db):
        what = "approved" if row["yes"] else "undecided"
        findings.add("nothing-real", row["id"], f"is {what}, but every file of it is empty")
    for row in survey.against_decisions(db, number):
        detail = f"is {row['wanted']} in the tree, but was {row['state']} here before; that stays"
        findings.add("decision-kept", row["id"], detail)
