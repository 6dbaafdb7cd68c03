"""undo: take back the last batch of decisions."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from artpipe.actions.report import Report
from artpipe.db import decisions

if TYPE_CHECKING:
    from artpipe.db.connection import Row
    from artpipe.library import Library
    from artpipe.model import Decision

PAGE = 4000


def undo(library: Library, *, dry_run: bool = False, batch_id: int | None = None) -> Report:
    """Give the images of a batch back the state they had before it.

    What was decided again since then, by whatever means, is left as it is.

    Args:
        batch_id: which one; the newest without it.
    """
    batch = decisions.last_batch(library.db) if batch_id is None else decisions.standing_batch(library.db, batch_id)
    if batch is None:
        return Report(data={"undone": 0, "kept": 0, "command": None}, notes=["There is nothing to undo"])
    undone, kept = _revert(library, batch["id"], dry_run=dry_run)
    data = {"undone": undone, "kept": kept, "command": batch["command"]}
    would = "would be " if dry_run else ""
    later = f"; {kept} were decided again since and stay" if kept else ""
    return Report(
        data=data,
        notes=[f"{undone} {would}taken back (`{batch['command']}` of {batch['created_at']}){later}"],
    )


def _revert(library: Library, batch: int, *, dry_run: bool) -> tuple[int, int]:
    db, who = library.db, library.settings.user
    undone = kept = 0
    undo_batch: int | None = None
    page = decisions.undo_page(db, batch, 0, PAGE)
    while page:
        following = decisions.undo_page(db, batch, page[-1]["id"], PAGE)
        untouched = [row for row in page if row["now"] == row["became"] and row["reason_now"] == row["reason"]]
        undone += len(untouched)
        kept += len(page) - len(untouched)
        if not dry_run:
            with db.transaction():
                undo_batch = undo_batch or decisions.open_batch(db, "undo", who)
                with decisions.deciding(db, undo_batch, who):
                    _put_back(library, untouched)
                if not following:
                    # With the last page: whoever is killed here and asks again takes back the batch before.
                    decisions.mark_undone(db, batch, undo_batch)
        page = following
    return undone, kept


def _put_back(library: Library, rows: list[Row]) -> None:
    groups: dict[tuple[Decision, str | None], list[str]] = defaultdict(list)
    for row in rows:
        groups[row["was"], row["was_reason"]].append(row["image_id"])
    for (decision, reason), ids in groups.items():
        decisions.decide(library.db, ids, decision, reason)
