"""Which address is answered by what."""

from __future__ import annotations

import asyncio
import json
import os
import time
import traceback
from typing import TYPE_CHECKING, Any, Literal, cast

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from artpipe.actions import review, review_choices, review_view
from artpipe.actions.review_choices import Choice, Commit
from artpipe.actions.show import show
from artpipe.errors import ArtpipeError, BusyError, OvertakenError, UsageError
from artpipe.web import files
from artpipe.web.asking import Asked, asked, image_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from artpipe.actions.review import Sitting, Visit
    from artpipe.library import Library
    from artpipe.web.desk import Desk
    from artpipe.web.thumbnails import Thumbnails

    Answering = Callable[[Asked], Awaitable[dict[str, Any]]]

_STATUS: dict[type[ArtpipeError], int] = {UsageError: 400, OvertakenError: 409, BusyError: 503}
_SIZES = {"small", "large"}


class ReviewApp:
    """The addresses of the review page.

    Args:
        title: what is looked at, for people.
    """

    def __init__(self, desk: Desk, thumbnails: Thumbnails, title: str) -> None:
        self._desk, self._thumbnails, self._title = desk, thumbnails, title
        self._parts = files.parts()

    def build(self) -> Starlette:
        changes: dict[str, Answering] = {
            "open": self._open,
            "next": self._next,
            "ahead": self._ahead,
            "over": self._over,
            "mark": self._mark,
            "commit": self._commit,
            "decide": self._decide,
            "skip": self._skip,
            "look": self._look,
            "undo": self._undo,
        }
        routes = [
            Route("/", self._shell),
            Route("/assets/{name}", self._part),
            Route("/picture", self._picture),
            Route("/details", self._details),
            Route("/news", self._news),
            *(Route(f"/{name}", _change(answer), methods=["POST"]) for name, answer in changes.items()),
        ]
        return Starlette(routes=routes, exception_handlers={Exception: _failed, ArtpipeError: _refused})

    async def _shell(self, request: Request) -> Response:
        page = self._parts["index.html"]
        content = page.content.replace(files.CSRF_PLACE.encode(), request.state.session.csrf.encode())
        return Response(content, media_type=page.media_type)

    async def _part(self, request: Request) -> Response:
        name = request.path_params["name"]
        return files.part_answer(self._parts.get(name) if name != "index.html" else None)

    async def _picture(self, request: Request) -> Response:
        size = request.query_params.get("size", "")
        if size not in _SIZES:
            raise UsageError("`size` is small or large.")
        found = image_id(request.query_params.get("image"))
        picture = await self._desk.look(review_view.picture, found, cast("review_view.Size", size))
        return await asyncio.to_thread(files.picture_answer, picture)

    async def _details(self, request: Request) -> Response:
        report = await self._desk.look(show, image_id(request.query_params.get("image")))
        return _json(dict(report.data)) if report.data else PlainTextResponse("There is no such image.\n", 404)

    async def _news(self, request: Request) -> Response:
        page = request.query_params.get("page", "")
        if not (page.isascii() and page.isdigit() and len(page) < len(str(1 << 53))):
            raise UsageError("`page` is a whole number.")
        items, missing = await self._desk.look(_news, int(page))
        for item in items:
            item["hopeless"] = item["small"] is None and self._thumbnails.tried(item["id"])
        return _json({"items": items, "trouble": missing or self._thumbnails.trouble})

    async def _open(self, body: Asked) -> dict[str, Any]:
        return await self._page(review.current_page, body.visit())

    async def _next(self, body: Asked) -> dict[str, Any]:
        await self._desk.change(review_choices.finish, body.window(), body.page())
        return await self._page(review.next_page, body.visit())

    async def _over(self, body: Asked) -> dict[str, Any]:
        await self._desk.change(review.start_over)
        return await self._page(review.next_page, body.visit())

    async def _ahead(self, body: Asked) -> dict[str, Any]:
        return await self._page(review.page_ahead, body.visit())

    async def _mark(self, body: Asked) -> dict[str, Any]:
        number = await self._desk.change(review_choices.mark, body.window(), body.page(), body.marks())
        return {"marked": number}

    async def _commit(self, body: Asked) -> dict[str, Any]:
        commit = Commit(body.window(), body.page(), body.number("yes"), body.number("no"))
        visit = body.visit()
        done = await self._desk.change(review_choices.commit, commit)
        return {"done": done, **await self._page(review.next_page, visit)}

    async def _decide(self, body: Asked) -> dict[str, Any]:
        decision = cast('Literal["approved", "rejected"]', body.decision())
        choice = Choice(body.window(), body.page(), body.image(), decision)
        elsewhere = await self._desk.change(review_choices.choose, choice)
        return {"elsewhere": elsewhere, "tally": self._desk.tally()}

    async def _skip(self, body: Asked) -> dict[str, Any]:
        await self._desk.change(review_choices.skip, (body.window(), body.page(), body.image()))
        return {"tally": self._desk.tally()}

    async def _look(self, body: Asked) -> dict[str, Any]:
        position = body.number("position", -(1 << 53))
        await self._desk.change(review_choices.look_at, body.window(), body.page(), position)
        return {}

    async def _undo(self, body: Asked) -> dict[str, Any]:
        visit = body.visit()
        undone = await self._desk.change(review_choices.undo, visit)
        return {"undone": undone, **await self._page(review.current_page, visit)}

    async def _page(self, which: Callable[[Sitting, Visit], int | None], visit: Visit) -> dict[str, Any]:
        def find(session: Sitting) -> dict[str, Any]:
            return review_view.page_data(session, which(session, visit))

        data = await self._desk.change(find)
        if data["page"] is not None:
            self._thumbnails.ask([item["id"] for item in data["page"]["items"] if item["small"] is None])
        return {**data, "title": self._title}


def _news(library: Library, page_id: int) -> tuple[list[dict[str, Any]], str | None]:
    """What is new on a page, and why its pictures cannot be shown."""
    try:
        library.require_art()
        missing = None
    except ArtpipeError as error:
        missing = str(error)
    return review_view.news(library.db, page_id), missing


def _change(answer: Answering) -> Callable[[Request], Awaitable[Response]]:
    """A change, with the time it took until it was durable."""

    async def endpoint(request: Request) -> Response:
        began = time.perf_counter()
        data = await answer(await asked(request))
        took = (time.perf_counter() - began) * 1000
        return _json(data, {"Server-Timing": f"durable;dur={took:.2f}"})

    return endpoint


def _json(data: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=list).encode("utf-8", "replace")
    return Response(content, media_type="application/json", headers=headers)


async def _refused(_request: Request, error: Exception) -> Response:
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    return PlainTextResponse(f"{error}\n", status)


async def _failed(_request: Request, error: Exception) -> Response:
    if os.environ.get("ARTPIPE_DEBUG") == "1":
        traceback.print_exception(error)
    what = f"This is a bug in artpipe ({type(error).__name__}: {error})."
    return PlainTextResponse(f"{what} Nothing was decided. Run it again with ARTPIPE_DEBUG=1 and report it.\n", 500)
