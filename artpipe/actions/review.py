"""review: pages of pictures for people to decide on, each given to one window."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from artpipe.db import decisions, review_pages, reviewing, user_conditions
from artpipe.db.review_pages import Seat
from artpipe.db.reviewing import Pictures
from artpipe.errors import OvertakenError
from artpipe.pipeline import leftovers
from artpipe.store.locks import RunLock, is_alive, lock_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.db.connection import Database, Row
    from artpipe.library import Library
    from artpipe.model import Decision

PAGE = 500


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """Which pictures to decide on.

    Args:
        status: only those with this decision; None for any.
        where: only those that fulfil this SQL condition on `images`.
        ids: only these, in this order; None for all.
        size: pictures on a page.
    """

    status: Decision | None = "pending"
    where: str | None = None
    ids: Sequence[str] | None = None
    size: int = PAGE

    def scope(self) -> str:
        """The same for whoever asks for the same pictures again; so an interrupted review is found again."""
        named = "\0".join(self.ids).encode() if self.ids is not None else b""
        listed = hashlib.sha256(named).hexdigest() if self.ids is not None else None
        return json.dumps({"status": self.status, "where": self.where, "ids": listed})


@dataclass(slots=True)
class Tally:
    """What was done in one sitting; what was undone does not count as decided."""

    seen: set[str] = field(default_factory=set)
    yes: int = 0
    no: int = 0
    skipped: int = 0
    pages: int = 0
    undone: int = 0
    first: float | None = None
    last: float = 0.0

    def count(self, ids: Sequence[str], yes: int, no: int) -> None:
        """Pictures were decided on, or the opposite for negative numbers."""
        self.seen.update(ids)
        self.yes += yes
        self.no += no
        self.last = time.monotonic()
        self.first = self.last if self.first is None else self.first

    def data(self) -> dict[str, int | float]:
        """Counts, the time between the first decision and the last, and the rate in that time."""
        seconds = 0.0 if self.first is None else self.last - self.first
        decided = self.yes + self.no
        return {
            "seen": len(self.seen),
            "yes": self.yes,
            "no": self.no,
            "skipped": self.skipped,
            "pages": self.pages,
            "undone": self.undone,
            "seconds": round(seconds, 1),
            "per_minute": round(decided * 60 / seconds, 1) if seconds > 1 else 0.0,
        }


@dataclass(slots=True)
class Sitting:
    """One server's share of a review, from its start to its end.

    Args:
        holder: name of the lock that proves the server alive.
        reader: a connection that can only read, for the user's condition.
        since: the newest batch when it began.
        batches: which window decided what; another window's `undo` leaves it alone.
        windows: which browser each window belongs to.
        wrapped: everything was or will be given out from the start of the scope.
    """

    library: Library
    request: ReviewRequest
    holder: str
    reader: Database
    scope: str
    wrapped: bool
    since: int
    tally: Tally = field(default_factory=Tally)
    batches: dict[int, str] = field(default_factory=dict)
    windows: dict[str, str] = field(default_factory=dict)

    def seat(self, window: str) -> Seat:
        return Seat(self.scope, self.holder, window)

    def living(self) -> list[str]:
        """Servers whose processes are there."""
        path = self.library.db.path
        others = [name for name in review_pages.holders(self.library.db) if name != self.holder]
        return [self.holder, *(name for name in others if is_alive(lock_path(path, name)))]


@contextmanager
def sitting(library: Library, request: ReviewRequest) -> Iterator[Sitting]:
    """Hold what is given out for as long as this lasts, or until the process dies.

    Raises:
        UsageError: the user's condition cannot be asked.
    """
    library.require_art()
    scope = request.scope()
    with closing(user_conditions.open_for_conditions(library.db.path)) as reader:
        if request.where:
            user_conditions.check(reader, request.where)
        holder = f"review-{secrets.token_hex(8)}"
        # Under the write lock, so that nobody sweeps between the making of the lock file and the locking.
        with library.db.transaction():
            lock = RunLock(lock_path(library.db.path, holder), create=True)
            leftovers.sweep(library)
        try:
            begun = reviewing.place_of(library.db, scope) is not None
            newest = decisions.newest_batch(library.db)
            yield Sitting(library, request, holder, reader, scope, wrapped=not begun, since=newest)
        finally:
            lock.release()


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser window that asks for something.

    Args:
        open_windows: those that its browser has open; None where the browser cannot tell.
    """

    window: str
    browser: str
    open_windows: Sequence[str] | None = None


def current_page(session: Sitting, visit: Visit) -> int | None:
    """The page that a window shows: its own, one that nobody looks at any more, or a new one; None at the end."""
    session.windows[visit.window] = visit.browser
    known = bool(review_pages.of_window(session.library.db, session.seat(visit.window)))
    if not known:
        _adopt(session, visit)
    return _own(session, visit.window) or _give_out(session, visit.window) or _last_resort(session, visit)


def next_page(session: Sitting, visit: Visit) -> int | None:
    """The page after one that is done; what closed windows have left comes when nothing else does."""
    session.windows[visit.window] = visit.browser
    return _own(session, visit.window) or _give_out(session, visit.window) or _last_resort(session, visit)


def page_ahead(session: Sitting, visit: Visit) -> int | None:
    """The page that will come next, kept for this window."""
    pages = review_pages.of_window(session.library.db, session.seat(visit.window))
    if not pages:
        return None
    return int(pages[1]["id"]) if len(pages) > 1 else _give_out(session, visit.window)


def start_over(session: Sitting) -> None:
    """Give out again, from the start, what has been skipped."""
    with session.library.db.transaction():
        reviewing.forget_place(session.library.db, session.scope)
    session.wrapped = True


def require_own(session: Sitting, window: str, page_id: int) -> Row:
    """The page, if it is the window's.

    Raises:
        OvertakenError: it is not, or not any more.
    """
    for page in review_pages.of_window(session.library.db, session.seat(window)):
        if page["id"] == page_id:
            return page
    raise OvertakenError("This page is finished, or another window has taken it over. Reload to go on.")


def left(session: Sitting) -> int | None:
    """How many pictures are undecided, at most `reviewing.COUNTED`; None if that is not what is asked for."""
    request = session.request
    if request.ids is not None or request.where or request.status != "pending":
        return None
    return reviewing.count(session.library.db, request.status)


def closed_windows(session: Sitting, visit: Visit) -> list[str]:
    """Windows of the same browser that are gone; other browsers' windows it cannot see, so they count as open."""
    if visit.open_windows is None:
        return []
    of_browser = [window for window, browser in session.windows.items() if browser == visit.browser]
    return [window for window in of_browser if window not in {*visit.open_windows, visit.window}]


def _own(session: Sitting, window: str) -> int | None:
    """The first of the window's pages on which there is still something to decide."""
    db, living = session.library.db, session.living()
    with db.transaction():
        for page in review_pages.of_window(db, session.seat(window)):
            if review_pages.tidy(db, page["id"], living):
                return int(page["id"])
            review_pages.drop(db, page["id"])
    return None


def _adopt(session: Sitting, visit: Visit) -> bool:
    """Take over the pages of a closed window or a dead server."""
    db, seat = session.library.db, session.seat(visit.window)
    with db.transaction():
        before = review_pages.abandoned(db, seat, session.living(), closed_windows(session, visit))
        if before is not None:
            review_pages.take_over(db, seat, before)
    return before is not None


def _last_resort(session: Sitting, visit: Visit) -> int | None:
    while _adopt(session, visit):
        page = _own(session, visit.window)
        if page is not None:
            return page
    return None


def _give_out(session: Sitting, window: str) -> int | None:
    """A new page, after what was given out before; from the start if this sitting began in the middle."""
    page = _from_here(session, window)
    if page is None and not session.wrapped:
        start_over(session)
        page = _from_here(session, window)
    return page


def _from_here(session: Sitting, window: str) -> int | None:
    db, request = session.library.db, session.request
    while True:
        pictures = Pictures(request.status, request.where, session.scope, session.living())
        found = _next_ids(session, pictures)
        if not found:
            return None
        with db.transaction():
            # Once more under the write lock: another server may have been quicker.
            mine = reviewing.among(db, Pictures(request.status, None, session.scope, session.living()), found)
            reviewing.keep_place(db, session.scope, found[-1])
            if mine:
                return review_pages.add(db, session.seat(window), mine)


def _next_ids(session: Sitting, pictures: Pictures) -> list[str]:
    request = session.request
    place = reviewing.place_of(session.library.db, session.scope)
    with user_conditions.blamed_on_user(request.where):
        if request.ids is None:
            return reviewing.after(session.reader, pictures, place, request.size)
        begin = 0 if place is None else request.ids.index(place["image_id"]) + 1
        found: list[str] = []
        while len(found) < request.size and begin < len(request.ids):
            part = request.ids[begin : begin + request.size]
            found += reviewing.among(session.reader, pictures, part)
            begin += len(part)
        return found[: request.size]
