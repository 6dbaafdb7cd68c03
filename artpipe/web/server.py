"""The review server, from its start to the summary at its end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import webbrowser
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import uvicorn

from artpipe.actions.ending import TERMINATED
from artpipe.actions.report import Problem, Report
from artpipe.errors import BusyError
from artpipe.web.app import ReviewApp
from artpipe.web.desk import open_desk
from artpipe.web.gate import Gate, Keys
from artpipe.web.thumbnails import thumbnails

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from starlette.types import ASGIApp

    from artpipe.actions.review import ReviewRequest
    from artpipe.library import Place

LOOPBACK = "127.0.0.1"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Serving:
    """One server.

    Args:
        port: 0 for any that is free.
        browse: open the page in a browser.
        announce: tells a person one line.
    """

    place: Place
    request: ReviewRequest
    announce: Callable[[str], None]
    port: int = 0
    browse: bool = True
    problems: list[Problem] = field(default_factory=list)


def serve(serving: Serving) -> Report:
    """Serve the review page until Ctrl-C; then report what was done.

    Raises:
        BusyError: the port is taken.
    """
    server = _Server()
    with server.until_signal(), _listening(serving.port) as listener, open_desk(serving.place, serving.request) as desk:
        port = listener.getsockname()[1]
        keys = Keys()
        address = f"http://{LOOPBACK}:{port}/?token="
        serving.announce(f"Review at {address}{keys.token}\nCtrl-C ends it; nothing is lost.")
        if serving.browse:
            _open_browser(address + keys.ticket())
        with thumbnails(serving.place) as making:
            app = ReviewApp(desk, making, _title(serving.request)).build()
            server.answer(Gate(app, keys, port), listener)
        return _report(desk.tally(), serving, server.stopped_by)


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError as error:
            raise BusyError(f"Port {port} cannot be had ({error.strerror}). Name another with --port.") from None
        # From now on browsers wait for an answer, however long the rest takes to start.
        listener.listen()
        yield listener


class _Server:
    """uvicorn, ended by a signal that is not raised once more, so that the summary can still be said."""

    def __init__(self) -> None:
        self.stopped_by = 0
        self._uvicorn: uvicorn.Server | None = None

    @contextmanager
    def until_signal(self) -> Iterator[None]:
        """From the first moment on, a signal ends the server and nothing else."""
        before = {number: signal.signal(number, self._stop) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopped_by = self.stopped_by or number
        if self._uvicorn is not None:
            self._uvicorn.handle_exit(number, frame)

    def answer(self, app: ASGIApp, listener: socket.socket) -> None:
        # What uvicorn would say is said by our answers; a browser that goes away is no news.
        logging.getLogger("uvicorn").addHandler(logging.NullHandler())
        logging.getLogger("uvicorn").propagate = False
        self._uvicorn = _Uvicorn(_config(app))
        self._uvicorn.should_exit = bool(self.stopped_by)
        asyncio.run(self._uvicorn.serve(sockets=[listener]))


class _Uvicorn(uvicorn.Server):
    """Leaves signals to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        loop="asyncio",
        http="h11",
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )


def _open_browser(address: str) -> None:
    """Where there is a screen; a browser in the terminal would take it from us."""
    if sys.platform.startswith("linux") and not {"DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"} & os.environ.keys():
        return
    with suppress(webbrowser.Error):
        webbrowser.open(address)


def _title(request: ReviewRequest) -> str:
    if request.ids is not None:
        return f"{len(request.ids)} named"
    return (request.status or "all") + (", chosen" if request.where else "")


def _report(tally: dict[str, int | float], serving: Serving, stopped_by: int) -> Report:
    minutes, seconds = divmod(round(tally["seconds"]), 60)
    parts = [f"{tally['seen']} seen", f"{tally['yes']} yes", f"{tally['no']} no"]
    parts += [f"{tally[name]} {name}" for name in ("skipped", "undone") if tally[name]]
    time = f" in {minutes}:{seconds:02} ({tally['per_minute']:g} a minute)" if tally["per_minute"] else ""
    ended_by_user = stopped_by in {0, signal.SIGINT}
    return Report(
        data=tally,
        notes=[", ".join(parts) + time],
        problems=serving.problems,
        exit_code=None if ended_by_user else TERMINATED,
    )
