"""The review page for everybody: narrow and wide, by screen reader, with hostile names in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from support.library import TestLibrary
from support.looking import PHONE, WIDE, looking, visit
from support.photos import small
from support.reviewing import serving
from web.conftest import Fill


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["390", "1600"])
def test_axe_finds_nothing_serious_and_nothing_overflows(
    library: TestLibrary, fill: Fill, chromium: Browser, size: dict[str, Any]
) -> None:
    fill(12)
    # The policy of the page keeps axe out too.
    with serving(library, "--page", 10) as server, looking(chromium, viewport=size, bypass_csp=True) as context:
        page = visit(context, server, 10)
        expect(page.locator(".tile.in")).to_have_count(10)
        page.locator(".tile").nth(1).click()
        assert serious(page) == []
        page.keyboard.press("?")
        assert serious(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("c")
        assert serious(page) == []
        page.keyboard.press("Escape")
        page.locator("#to-single").click()
        page.keyboard.press("i")
        expect(page.locator("#details")).to_contain_text("Picture")
        page.keyboard.press("z")
        assert serious(page) == []
        page.keyboard.press("y")
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.evaluate("document.documentElement.scrollHeight") <= size["height"]
        page.keyboard.press("g")
        page.keyboard.press("c")
        page.keyboard.press("Enter")
        expect(page.locator(".tile")).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_names_and_metadata_are_text(library: TestLibrary, chromium: Browser) -> None:
    name = "<img src=x onerror=alert(1)>&amp;\"'"
    small(library.img / f"{name}.jpg")
    library.ok("register", "img")
    library.sql(
        "UPDATE images SET username = ?, original_url = ?", ("<script>alert(2)</script>", "javascript:alert(3)")
    )
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 1)
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        expect(page.locator(".tile.in")).to_have_count(1)
        page.keyboard.press("Enter")
        page.keyboard.press("i")
        expect(page.locator("#details")).to_contain_text("<script>alert(2)</script>")
        expect(page.locator("#where")).to_have_text(f"1 of 1 · {name}")
        assert page.locator("#details a, #details img, #details script").count() == 0


def test_keys_alone_reach_everything(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    fill(3)
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 3)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "commit"
        for _ in range(2):
            page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement.id") == "help-button"
        page.keyboard.press("Enter")
        expect(page.locator("#help")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#help")).to_be_hidden()


def test_another_site_sees_nothing(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    """A page of somebody else, in the browser that holds our cookie, on this very machine."""
    names = fill(2)
    said: list[str] = []
    with serving(library) as server, somebody_else() as theirs, looking(chromium, said) as context:
        visit(context, server, 2)
        stranger = context.new_page()
        stranger.goto(theirs)
        seen = stranger.evaluate(ATTACK, [f"http://127.0.0.1:{server.port}", names[0]])
        assert seen == ["rejected", "rejected", "refused"]
    assert library.value("SELECT count(*) FROM decisions") == 0


ATTACK = """async ([origin, image]) => {
    const asked = [
        fetch(`${origin}/undo`, { method: "POST", mode: "no-cors", credentials: "include", body: "{}" }),
        fetch(`${origin}/picture?size=large&image=${image}`, { credentials: "include" }),
    ];
    const shown = new Promise((done) => {
        const picture = new Image();
        picture.onload = () => done("shown");
        picture.onerror = () => done("refused");
        picture.src = `${origin}/picture?size=large&image=${image}`;
    });
    const answers = await Promise.allSettled(asked);
    return [answers[0].value?.type ?? answers[0].status, answers[1].status, await shown];
}"""


@contextmanager
def somebody_else() -> Iterator[str]:
    """The address of another program's page."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<p>somebody else</p>")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
