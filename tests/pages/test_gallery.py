"""The gallery in a browser, from the disk, as a visitor uses it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from support.invariants import violations
from support.library import TestLibrary
from support.shelf import shelve

Opener = Callable[..., Any]
# All pictures that are in view have come.
IN_VIEW = (
    "() => [...document.querySelectorAll('.grid img')].filter((image) => {"
    " const box = image.getBoundingClientRect(); return box.top < innerHeight && box.bottom > 0; })"
    ".every((image) => image.complete && image.naturalWidth > 0)"
)


def until(page: Page, condition: str) -> None:
    """Wait for a condition, asked from outside: within the page its own policy forbids to evaluate text."""
    deadline = time.monotonic() + 30
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(20)


def address(library: TestLibrary, name: str = "index.html") -> str:
    return (library.art / "gallery-html" / name).as_uri()


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> TestLibrary:
    """Three pages of pictures, for everybody to look at."""
    library = TestLibrary(tmp_path_factory.mktemp("wall"))
    shelve(library, [f"picture-{number:02}" for number in range(60)])
    library.ok("gallery", "--page-size", "25")
    assert violations(library.db, library.art) == []
    return library


@pytest.mark.parametrize("width", [390, 820, 1600])
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_rows_are_justified_and_nothing_moves(wall: TestLibrary, opened: Opener, width: int, scheme: str) -> None:
    watched = opened(address(wall, "page-0001.html"), width, color_scheme=scheme)
    page = watched.page
    until(page, IN_VIEW)
    boxes = page.eval_on_selector_all(
        ".grid a",
        "(links) => links.map((link) => { const b = link.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })",
    )
    rows: dict[int, list[list[float]]] = {}
    for box in boxes:
        rows.setdefault(round(box[1]), []).append(box)
    ends = {round(row[-1][0] + row[-1][2]) for row in list(rows.values())[:-1]}
    assert len(ends) == 1
    assert max(ends) <= width
    assert all(max(box[3] for box in row) - min(box[3] for box in row) < 1 for row in rows.values())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.mouse.wheel(0, 4000)
    until(page, IN_VIEW)
    assert watched.shifts() < 0.02


def test_viewer_opens_turns_and_closes(wall: TestLibrary, opened: Opener) -> None:
    page = opened(address(wall, "page-0001.html")).page
    page.locator(".grid a").nth(2).click()
    dialog = page.locator("dialog")
    assert dialog.is_visible()
    assert "3 / 25 · picture-22" in dialog.inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    assert "picture-20" in dialog.inner_text()
    page.wait_for_url("**#picture-20")
    until(page, "document.querySelector('.stage img').src.includes('ersgan-enhanced')")
    page.keyboard.press("i")
    facts = dialog.locator("aside").inner_text()
    assert {"ersgan-enhanced", "web-optimized", "Original"} <= set(facts.splitlines())
    page.keyboard.press("z")
    assert page.locator(".stage.zoomed").count() == 1
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    # The dialog says a moment later that it is closed, and going back in the browser's history takes another.
    until(page, "document.activeElement.getAttribute('aria-label') == 'picture-20'")
    until(page, "!location.hash")


def test_an_address_names_a_picture_and_back_closes_it(wall: TestLibrary, opened: Opener) -> None:
    page = opened(address(wall, "page-0001.html") + "#picture-07").page
    assert "picture-07" in page.locator("dialog").inner_text()
    page.keyboard.press("Escape")
    page.locator(".grid a").first.click()
    page.go_back()
    until(page, "!document.querySelector('dialog').open")


def test_keys_lead_through_page_and_pages(wall: TestLibrary, opened: Opener) -> None:
    page = opened(address(wall, "page-0002.html")).page
    page.keyboard.press("ArrowRight")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "picture-49"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == "picture-48"
    page.keyboard.press("ArrowDown")
    below = page.evaluate(focused)
    assert below not in {"picture-48", "picture-49"}
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/page-0001.html#*")
    assert "picture-24" in page.locator("dialog").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.wait_for_url("**/page-0002.html")
    page.keyboard.press("d")
    page.wait_for_url("**/page-0001.html")


def test_s_scrolls_until_s(wall: TestLibrary, opened: Opener) -> None:
    page = opened(address(wall, "page-0001.html"), 390, 600).page
    page.keyboard.press("s")
    until(page, "scrollY > 10")
    page.keyboard.press("s")
    page.wait_for_timeout(50)
    before = page.evaluate("scrollY")
    page.wait_for_timeout(150)
    assert page.evaluate("scrollY") == before


def test_fingers_swipe_and_pinch(wall: TestLibrary, opened: Opener) -> None:
    watched = opened(address(wall, "page-0001.html"), 390, 844, has_touch=True, is_mobile=True)
    page = watched.page
    page.locator(".grid a").first.tap()
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[int, int]) -> None:
        finger.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]},
        )

    touch("touchStart", (300, 400))
    touch("touchMove", (200, 400))
    touch("touchMove", (100, 400))
    touch("touchEnd")
    page.wait_for_url("**#picture-23")
    touch("touchStart", (180, 400), (200, 400))
    touch("touchMove", (100, 400), (300, 400))
    touch("touchEnd")
    page.wait_for_selector(".stage.zoomed")
    page.keyboard.press("z")
    touch("touchStart", (200, 300))
    touch("touchMove", (200, 450))
    touch("touchMove", (200, 600))
    touch("touchEnd")
    until(page, "!document.querySelector('dialog').open")


def test_without_scripts_links_lead_everywhere(wall: TestLibrary, opened: Opener) -> None:
    watched = opened(address(wall), java_script_enabled=False)
    page = watched.page
    page.locator(".cards a").last.click()
    page.wait_for_url("**/page-0001.html")
    assert page.locator(".grid a").count() == 25
    heights = {round(box["height"]) for box in (page.locator(".grid a").nth(i).bounding_box() for i in range(3)) if box}
    assert len(heights) == 1
    page.locator("header nav a", has_text="Newer").click()
    page.wait_for_url("**/page-0002.html")
    page.locator(".grid a").first.click()
    page.wait_for_url("**/ersgan-enhanced/picture-49.webp")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious(wall: TestLibrary, opened: Opener, scheme: str) -> None:
    axe = Axe()
    for name in ("index.html", "page-0001.html"):
        page = opened(address(wall, name), color_scheme=scheme).page
        found = axe.run(page).response["violations"]
        assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found] == []
    page.locator(".grid a").first.click()
    page.keyboard.press("i")
    found = axe.run(page).response["violations"]
    assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found] == []


HOSTILE = ("<script>alert(1)<", "it's #1 100% & more?", "naïve ✨ 写真", "a\"b'c`d", "back\\slash", "a:b=c;d,e")


def test_hostile_names_load_open_and_stay_text(library: TestLibrary, opened: Opener) -> None:
    shelve(library, HOSTILE)
    library.ok("gallery", "--title", '<b>bold</b> & "quoted"')
    watched = opened(address(library))
    page = watched.page
    until(page, IN_VIEW)
    assert page.locator("h1").inner_text() == '<b>bold</b> & "quoted"'
    for number, name in enumerate(reversed(HOSTILE)):
        page.locator(".grid a").nth(number).click()
        page.keyboard.press("i")
        assert name in page.locator("dialog").inner_text()
        until(page, "document.querySelector('.stage img').src.includes('ersgan-enhanced')")
        page.reload()
        assert name in page.locator("dialog .bar").inner_text()
        page.keyboard.press("Escape")


def test_published_folder_works_below_any_path_of_a_server(
    library: TestLibrary, opened: Opener, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("www")
    shelve(library, HOSTILE)
    library.ok("gallery", "--to", root / "some/where")
    handler = partial(Silent, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = opened(f"http://127.0.0.1:{server.server_port}/some/where/index.html").page
        until(page, IN_VIEW)
        page.locator(".grid a").first.click()
        until(page, "document.querySelector('.stage img').src.includes('ersgan-enhanced')")
        page.context.close()
        server.shutdown()


class Silent(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def test_pages_of_lineage_are_found_from_a_picture(library: TestLibrary, opened: Opener) -> None:
    shelve(library, ["<!--<script>", "child"])
    library.sql("INSERT INTO lineage (child_id, parent_id, role) VALUES ('child', '<!--<script>', 'style')")
    library.ok("gallery")
    page = opened(address(library)).page
    page.locator(".grid a", has=page.locator("img[alt=child]")).click()
    page.keyboard.press("i")
    page.locator("dialog dd a", has_text="<!--<script>").click()
    page.wait_for_url("**/from-%3C*")
    assert page.locator(".grid a").count() == 2
    page.locator("header nav a", has_text="All sources").click()
    assert page.locator(".cards li").count() == 1


def test_colour_grids_are_drawn(library: TestLibrary, opened: Opener) -> None:
    shelve(library, ["one"])
    library.ok("gallery", "--placeholder", "grid20")
    page = opened(address(library)).page
    drawn = page.evaluate(
        "() => { const canvas = document.createElement('canvas');"
        " artpipeColourGrid(blurhashIndex['one.webp'].blurhash, canvas);"
        " return [...canvas.getContext('2d').getImageData(0, 0, 20, 20).data].filter((_, i) => i % 4 < 3); }"
    )
    assert bytes(drawn).hex() == page.evaluate("blurhashIndex['one.webp'].blurhash")


def test_placeholders_are_what_the_format_says(wall: TestLibrary, opened: Opener) -> None:
    blurhash = pytest.importorskip("blurhash")
    text = "LEL4EXog%N~V5WofadWB5]xZM{9b"
    page = opened(address(wall, "page-0001.html")).page
    drawn = page.evaluate(
        "(hash) => { const canvas = document.createElement('canvas'); canvas.width = 24; canvas.height = 16;"
        " artpipeBlurHash(hash, canvas); return [...canvas.getContext('2d').getImageData(0, 0, 24, 16).data]; }",
        text,
    )
    expected = blurhash.decode(text, 24, 16)
    for y in range(16):
        for x in range(24):
            at = 4 * (y * 24 + x)
            assert all(abs(a - b) <= 1 for a, b in zip(drawn[at : at + 3], expected.getpixel((x, y))[:3], strict=True))
