"""review: what a person does with a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from artpipe.actions.decide import Verdict, record
from artpipe.actions.review import Sitting, Visit, closed_windows, require_own
from artpipe.actions.undo import undo as undo_batch
from artpipe.db import decisions, review_pages
from artpipe.errors import OvertakenError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from artpipe.db.connection import Row
    from artpipe.model import Decision

ONE, PAGE = "review", "review page"
NOT_CHOSEN, BY_HAND = "page", "manual"


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision on one picture of a page."""

    window: str
    page_id: int
    image_id: str
    decision: Literal["approved", "rejected"]


@dataclass(frozen=True, slots=True)
class Commit:
    """The end of a page: what is marked becomes yes, everything else no.

    Args:
        yes, no: as the person has seen them in the preview.
    """

    window: str
    page_id: int
    yes: int
    no: int


def mark(session: Sitting, window: str, page_id: int, marks: Mapping[str, bool]) -> int:
    """Keep marks of a page; returns how many pictures are marked now."""
    db = session.library.db
    with db.transaction():
        require_own(session, window, page_id)
        review_pages.mark(db, page_id, marks)
        return sum(row["marked"] for row in review_pages.marks(db, page_id))


def commit(session: Sitting, request: Commit) -> dict[str, int]:
    """Decide a whole page in one transaction and one batch; then it is gone.

    Raises:
        OvertakenError: it would do something else than the person has seen.
    """
    db = session.library.db
    with db.transaction():
        require_own(session, request.window, request.page_id)
        rows = review_pages.marks(db, request.page_id)
        yes = [row["image_id"] for row in rows if row["marked"]]
        no = [row for row in rows if not row["marked"]]
        if (len(yes), len(no)) != (request.yes, request.no):
            raise OvertakenError(
                f"This page is now {len(yes)} yes and {len(no)} no, not {request.yes} and {request.no}:"
                " something was decided or marked elsewhere. Look again, then commit."
            )
        # What was rejected before keeps the reason it has.
        rejected = [row["image_id"] for row in no if row["state"] != "rejected"]
        verdicts = [Verdict(yes, "approved"), Verdict(rejected, "rejected", NOT_CHOSEN)]
        batch, _ = record(session.library, PAGE, verdicts)
        review_pages.drop(db, request.page_id)
    session.batches[batch] = request.window
    session.tally.count([row["image_id"] for row in rows], len(yes), len(no))
    session.tally.pages += 1
    return {"yes": len(yes), "no": len(no)}


def choose(session: Sitting, request: Choice) -> Decision | None:
    """Decide on one picture.

    Returns None when it is done. If the picture was decided elsewhere meanwhile, nothing is; then its state is
    returned, and choosing again overrules it.
    """
    db = session.library.db
    with db.transaction():
        require_own(session, request.window, request.page_id)
        item = _item(session, request)
        if item["state"] not in {item["was"], item["decided"]}:
            review_pages.note_state(db, request.page_id, request.image_id, item["state"])
            state: Decision = item["state"]
            return state
        if item["decided"] == item["state"] == request.decision:
            # Asked twice, as a page does that was reloaded in between.
            return None
        reason = BY_HAND if request.decision == "rejected" else None
        batch, _ = record(session.library, ONE, [Verdict([request.image_id], request.decision, reason)])
        review_pages.note_decided(db, request.page_id, request.image_id, request.decision)
        review_pages.move(db, request.page_id, item["position"] + 1)
    session.batches[batch] = request.window
    before = item["decided"]
    session.tally.count([request.image_id], *_share(request.decision, before))
    return None


def _item(session: Sitting, request: Choice) -> Row:
    item = review_pages.item(session.library.db, request.page_id, request.image_id)
    if item is None:
        raise OvertakenError("This picture is not on the page any more. Reload to go on.")
    return item


def _share(decision: str, before: str | None) -> tuple[int, int]:
    """What a decision adds to yes and no, if it takes the place of another one."""
    yes = (decision == "approved") - (before == "approved")
    return yes, (decision == "rejected") - (before == "rejected")


def look_at(session: Sitting, window: str, page_id: int, position: int) -> None:
    """Keep the place in a page."""
    with session.library.db.transaction():
        require_own(session, window, page_id)
        review_pages.move(session.library.db, page_id, position)


def skip(session: Sitting, choice: tuple[str, int, str]) -> None:
    """Leave a picture undecided and go on.

    Args:
        choice: window, page, image.
    """
    window, page_id, image_id = choice
    db = session.library.db
    with db.transaction():
        require_own(session, window, page_id)
        item = review_pages.item(db, page_id, image_id)
        if item is not None:
            review_pages.move(db, page_id, item["position"] + 1)
    if image_id not in session.tally.seen:
        session.tally.skipped += 1
        session.tally.count([image_id], 0, 0)


def finish(session: Sitting, window: str, page_id: int) -> None:
    """Be done with a page that was gone through picture by picture; what was skipped stays as it is.

    Raises:
        OvertakenError: there are marks on it that nobody has committed.
    """
    db = session.library.db
    with db.transaction():
        require_own(session, window, page_id)
        if any(bool(row["marked"]) != (row["state"] == "approved") for row in review_pages.marks(db, page_id)):
            raise OvertakenError("There are marks on this page. Commit it, or take them back.")
        review_pages.drop(db, page_id)


def undo(session: Sitting, visit: Visit) -> dict[str, int | str | None]:
    """Take back what was decided last in this window, or before it in windows that are closed now.

    The pictures come back to the window: one to its page, several as a page of their own, with their marks.
    """
    batch = _last_batch(session, visit)
    if batch is None:
        return {"undone": 0, "kept": 0, "image": None}
    report = undo_batch(session.library, batch_id=batch)
    rows = decisions.restored(session.library.db, batch)
    _count_undone(session, batch, rows)
    if rows:
        _bring_back(session, visit.window, rows, whole_page=report.data["command"] == PAGE)
    image = rows[0]["image_id"] if len(rows) == 1 else None
    return {"undone": report.data["undone"], "kept": report.data["kept"], "image": image}


def _last_batch(session: Sitting, visit: Visit) -> int | None:
    windows = {visit.window, *closed_windows(session, visit)}
    for batch in decisions.standing_batches(session.library.db, (ONE, PAGE)):
        # What is newer than this sitting and not its own is another server's.
        if session.batches.get(batch) in windows or (batch <= session.since and batch not in session.batches):
            return batch
    return None


def _count_undone(session: Sitting, batch: int, rows: Sequence[Row]) -> None:
    tally = session.tally
    tally.undone += len(rows)
    if session.batches.pop(batch, None) is not None:
        became = [row["became"] for row in rows]
        tally.yes = max(tally.yes - became.count("approved"), 0)
        tally.no = max(tally.no - became.count("rejected"), 0)


def _bring_back(session: Sitting, window: str, rows: Sequence[Row], *, whole_page: bool) -> None:
    db, seat = session.library.db, session.seat(window)
    with db.transaction():
        pages = review_pages.of_window(db, seat)
        if pages and not whole_page:
            _bring_one_back(session, pages[0]["id"], rows[0])
            return
        page_id = review_pages.add(db, seat, [row["image_id"] for row in rows], first=True)
        review_pages.mark(db, page_id, {row["image_id"]: whole_page and row["became"] == "approved" for row in rows})


def _bring_one_back(session: Sitting, page_id: int, row: Row) -> None:
    db, image_id = session.library.db, row["image_id"]
    if review_pages.item(db, page_id, image_id) is None:
        review_pages.put_in_front(db, page_id, image_id)
    review_pages.note_state(db, page_id, image_id, row["was"])
    item = review_pages.item(db, page_id, image_id)
    if item is not None:
        review_pages.move(db, page_id, item["position"])
