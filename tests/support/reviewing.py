"""A real `artpipe review` server, and a client that speaks to it as the page does."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from support.library import TestLibrary, tool

Headers = dict[str, str]


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        assert self.status == 200, self
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Server:
    """A running server.

    Args:
        address: what it printed, token and all.
    """

    process: subprocess.Popen[bytes]
    address: str
    said: bytes = b""
    out: bytes = b""

    @property
    def port(self) -> int:
        return int(self.address.split(":")[2].partition("/")[0])

    @property
    def start(self) -> str:
        return self.address.partition(str(self.port))[2]

    def ask(
        self, path: str, *, method: str = "GET", body: bytes | None = None, headers: Headers | None = None
    ) -> Answer:
        """One request with exactly these headers; `Host` is right unless given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            sent = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
            if body is not None:
                sent["Content-Length"] = str(len(body))
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.out, said = self.process.communicate(timeout=30)
        self.said += said
        return self.process.returncode


@contextmanager
def serving(library: TestLibrary, *arguments: object, stdin: str = "") -> Iterator[Server]:
    """A server on a library, ended when this ends."""
    process = subprocess.Popen(
        tool("review", "--no-open", *arguments),
        cwd=library.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(stdin.encode())
    process.stdin.close()
    process.stdin = None
    assert process.stderr is not None
    line = process.stderr.readline()
    match = re.search(rb"http://\S+", line)
    if match is None:
        raise AssertionError(line + process.communicate(timeout=30)[1])
    server = Server(process, match[0].decode(), line)
    try:
        yield server
    finally:
        if process.poll() is None:
            server.stop()


def after_a_kill(library: TestLibrary) -> None:
    """What a killed server had in hand is taken up by the next run; a server that came after it may have ended before."""
    library.ok("run")


@dataclass
class Browser:
    """What one browser keeps: its cookie, and the secret that its pages send with changes."""

    server: Server
    cookie: str = ""
    csrf: str = ""

    def __post_init__(self) -> None:
        answer = self.server.ask(self.server.start)
        assert answer.status == 303, answer
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        page = self.get("/")
        match = re.search(r'name="artpipe-csrf" content="([^"]+)"', page.text)
        assert match is not None
        self.csrf = match[1]

    def get(self, path: str, **headers: str) -> Answer:
        return self.server.ask(path, headers={"Cookie": self.cookie, **headers})

    def headers(self) -> Headers:
        return {
            "Cookie": self.cookie,
            "Origin": f"http://127.0.0.1:{self.server.port}",
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/json",
            "X-Artpipe-Review": self.csrf,
        }

    def post(self, path: str, fields: object, **headers: str) -> Answer:
        body = json.dumps(fields).encode()
        return self.server.ask(path, method="POST", body=body, headers={**self.headers(), **headers})


@dataclass
class Window:
    """One window of a browser, used the way the page uses the server."""

    browser: Browser
    name: str = field(default_factory=lambda: token_hex(16))
    page: Any = None

    def ask(self, path: str, **fields: object) -> Answer:
        return self.browser.post(path, {"window": self.name, **fields})

    def open(self, *others: Window) -> list[str]:
        """Show a page; returns the ids on it. `others` are the windows that this browser has open too."""
        return self._show(self.ask("/open", windows=[self.name, *(one.name for one in others)]).data)

    def _show(self, data: Any) -> list[str]:
        self.page = data["page"]
        return [item["id"] for item in self.items]

    @property
    def items(self) -> list[Any]:
        return list(self.page["items"]) if self.page else []

    @property
    def marked(self) -> list[str]:
        return [item["id"] for item in self.items if item["marked"]]

    def mark(self, *ids: str, marked: bool = True) -> Answer:
        return self.ask("/mark", page=self.page["id"], marks=dict.fromkeys(ids, marked))

    def commit(self, yes: int, no: int) -> Answer:
        answer = self.ask("/commit", page=self.page["id"], yes=yes, no=no, windows=[self.name])
        if answer.status == 200:
            self._show(answer.data)
        return answer

    def decide(self, image: str, decision: str) -> Answer:
        return self.ask("/decide", page=self.page["id"], image=image, decision=decision)

    def skip(self, image: str) -> Answer:
        return self.ask("/skip", page=self.page["id"], image=image)

    def next(self) -> list[str]:
        return self._show(self.ask("/next", page=self.page["id"], windows=[self.name]).data)

    def undo(self, *others: Window) -> Any:
        """Take the last back and show where it was; returns what was undone."""
        data = self.ask("/undo", windows=[self.name, *(one.name for one in others)]).data
        self._show(data)
        return data["undone"]


def window(server: Server) -> Window:
    """A window of a browser of its own."""
    return Window(Browser(server))
