"""Who may ask: the browser that was given the token, from a page of ours, under the address we serve."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSRF_HEADER = "x-artpipe-review"
_HEADERS = {
    # Nothing but our own files; no inline script or style, no markup made from text.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_STRANGER = "Open the address that `artpipe review` printed: paste it into the address bar.\n"


@dataclass(frozen=True, slots=True)
class Session:
    """One browser.

    Args:
        csrf: what its pages send along with every change.
    """

    browser: str
    csrf: str


class Keys:
    """The secrets of one server; they end with it."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self._tickets: set[str] = set()
        self._sessions: dict[str, Session] = {}

    def ticket(self) -> str:
        """A token for one use: starting a browser shows its arguments to everybody on the machine."""
        ticket = secrets.token_urlsafe(32)
        self._tickets.add(ticket)
        return ticket

    def admits(self, given: str) -> bool:
        """Whether this is the token, or a ticket; a ticket is used up by asking."""
        if secrets.compare_digest(given.encode(), self.token.encode()):
            return True
        known = given in self._tickets
        self._tickets.discard(given)
        return known

    def begin(self) -> str:
        """A cookie for a new browser."""
        cookie = secrets.token_urlsafe(32)
        self._sessions[cookie] = Session(secrets.token_hex(8), secrets.token_urlsafe(32))
        return cookie

    def session(self, cookie: str) -> Session | None:
        return self._sessions.get(cookie)


class Gate:
    """Lets through what passes every check; answers all else itself.

    Args:
        port: part of the one address that is served.
    """

    def __init__(self, app: ASGIApp, keys: Keys, port: int) -> None:
        self._app, self._keys = app, keys
        self._host = f"127.0.0.1:{port}"
        self._cookie = f"artpipe-review-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        answer = self._refusal(request) or self._first_visit(request) or self._no_session(request)
        await (answer or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, request: Request) -> Response | None:
        headers = request.headers
        if headers.getlist("host") != [self._host]:
            # A name that leads here is somebody else's page (DNS rebinding).
            return PlainTextResponse(f"This is http://{self._host} and nothing else.\n", 421)
        if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return PlainTextResponse(f"Another site asked for this. {_STRANGER}", 403)
        if request.method == "POST":
            return self._change_refusal(request)
        return None if request.method in {"GET", "HEAD"} else PlainTextResponse("Not that.\n", 405)

    def _change_refusal(self, request: Request) -> Response | None:
        headers = request.headers
        if headers.getlist("origin") != [f"http://{self._host}"]:
            return PlainTextResponse("Changes are made from the page itself.\n", 403)
        if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            return PlainTextResponse("Changes are sent as JSON.\n", 415)
        return None

    def _first_visit(self, request: Request) -> Response | None:
        """Turn the token in the address into a cookie, and take it out of the address."""
        given = parse_qs(request.url.query).get("token")
        if request.url.path != "/" or request.method != "GET" or not given:
            return None
        if not self._keys.admits(given[0]):
            return PlainTextResponse(f"This address is not valid any more. {_STRANGER}", 403)
        answer = RedirectResponse("/", 303)
        if self._session(request) is None:
            answer.set_cookie(self._cookie, self._keys.begin(), httponly=True, samesite="strict")
        return answer

    def _no_session(self, request: Request) -> Response | None:
        session = self._session(request)
        if session is None:
            return PlainTextResponse(_STRANGER, 403)
        if request.method == "POST":
            sent = request.headers.get(CSRF_HEADER, "")
            if not secrets.compare_digest(sent.encode(), session.csrf.encode()):
                return PlainTextResponse("Changes are made from the page itself. Reload it.\n", 403)
        request.state.session = session
        return None

    def _session(self, request: Request) -> Session | None:
        return self._keys.session(request.cookies.get(self._cookie, ""))


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(_HEADERS)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
