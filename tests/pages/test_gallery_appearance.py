"""How pages of the gallery look: odd names, odd shapes, few pictures, on paper."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page
from support.library import TestLibrary
from support.shelf import shelve

Opener = Callable[..., Any]
HEBREW = "שלום עולם"

# Left edges of the first and the last letter of a text within an element.
_EDGES = """([element, wanted]) => {
    const walker = document.createTreeWalker(document.querySelector(element), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.data.indexOf(wanted);
        if (at < 0) continue;
        return [at, at + wanted.length - 1].map((from) => {
            const range = document.createRange();
            range.setStart(node, from);
            range.setEnd(node, from + 1);
            return range.getBoundingClientRect().left;
        });
    }
}"""


def address(library: TestLibrary, name: str = "index.html") -> str:
    return (library.art / "gallery-html" / name).as_uri()


def test_a_name_from_right_to_left_does_not_turn_the_count_around(library: TestLibrary, opened: Opener) -> None:
    shelve(library, ["a", HEBREW])
    library.ok("gallery")
    page = opened(address(library)).page
    page.locator(".grid a", has=page.locator(f'img[alt="{HEBREW}"]')).click()
    first, last = page.evaluate(_EDGES, [".viewer .bar p", "1 / 2"])
    assert first < last


def test_the_count_is_seen_beside_the_longest_name(library: TestLibrary, opened: Opener) -> None:
    shelve(library, ["n" * 180])
    library.ok("gallery")
    page = opened(address(library), 390, 844).page
    page.locator(".grid a").click()
    _, last = page.evaluate(_EDGES, [".viewer .bar p", "1 / 1"])
    assert last < 200


def test_the_viewer_offers_no_way_beyond_the_last_picture(library: TestLibrary, opened: Opener) -> None:
    shelve(library, ["a", "b", "c"])
    library.ok("gallery", "--page-size", "2")
    page = opened(address(library, "page-0002.html")).page
    page.locator(".grid a").click()
    named = page.locator(".viewer button").evaluate_all("(all) => all.map((one) => one.ariaLabel)")
    assert named == ["Zoom", "Details", "Close", "Previous picture", "Next picture"]
    assert page.get_by_label("Previous picture").is_hidden()
    page.get_by_label("Next picture").click()
    page.wait_for_url("**/page-0001.html#*")
    assert page.get_by_label("Previous picture").is_visible()
    page.keyboard.press("End")
    assert page.get_by_label("Next picture").is_hidden()


def test_on_paper_rows_fit_the_sheet(library: TestLibrary, opened: Opener) -> None:
    """A printer is as wide as it is, and no script is told."""
    shelve(library, [f"p{number}" for number in range(12)])
    library.ok("gallery")
    page = opened(address(library)).page
    page.emulate_media(media="print")
    looks = page.locator(".grid a").evaluate_all(
        "(links) => links.map((link) => [getComputedStyle(link).position, getComputedStyle(link.querySelector('img')).opacity])"
    )
    assert looks == [["relative", "1"]] * 12
    assert page.locator(".keys").is_hidden()


# As if the three seconds were over that a page waits for its script.
IMPATIENT = "const real = setTimeout; window.setTimeout = (call, ms) => real(call, ms / 30);"


def test_what_came_late_moves_nothing_that_is_seen(
    library: TestLibrary, opened: Opener, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The end of a page, and its script, come when its beginning has been shown already."""
    root = tmp_path_factory.mktemp("www") / "public"
    shelve(library, [f"p{number}" for number in range(90)])
    library.ok("gallery", "--to", root)
    with slowly(root) as url:
        watched = opened(f"{url}/index.html", script=IMPATIENT)
        watched.page.locator(".js .in").first.wait_for()
        assert watched.shifts() < 0.02
        watched.page.set_viewport_size({"width": 900, "height": 900})
        ends = watched.page.locator(".grid a").evaluate_all("(all) => all.map((a) => a.getBoundingClientRect().right)")
        assert max(ends) <= 900
        watched.page.context.close()


@contextmanager
def slowly(root: Path) -> Iterator[str]:
    """Serves files, and stops for a moment in the middle of each page."""

    class Handler(SimpleHTTPRequestHandler):
        def copyfile(self, source: Any, outputfile: Any) -> None:
            data = source.read()
            middle = len(data) // 2 if self.path.endswith(".html") else len(data)
            outputfile.write(data[:middle])
            outputfile.flush()
            time.sleep(0.6 if middle < len(data) else 0)
            outputfile.write(data[middle:])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_keys_are_told_where_they_lead_somewhere(library: TestLibrary, opened: Opener) -> None:
    shelve(library, ["a", "b"])
    library.ok("gallery")
    library.ok("gallery", "--name", "many", "--page-size", "1")
    library.ok("gallery", "--name", "none", "--where", "id = 'z'")
    alone = opened(address(library)).page.locator("footer").inner_text()
    assert "move" in alone
    assert "page" not in alone
    assert "previous page" in opened(address(library, "many-page-0001.html")).page.locator("footer").inner_text()
    assert opened(address(library, "none-index.html")).page.locator("footer").inner_text() == ""


@pytest.mark.parametrize("count", [9, 13, 17, 33])
def test_no_picture_is_left_alone_in_the_last_row(library: TestLibrary, opened: Opener, count: int) -> None:
    shelve(library, ["a"])
    library.ok("gallery")
    rows = opened(address(library)).page.evaluate(f"artpipeRows(Array({count}).fill(1), 1000, 0, 250)")
    first, end, _ = rows[-1]
    assert end - first > 1


def test_covers_fill_their_card(library: TestLibrary, opened: Opener) -> None:
    shelve(library, ["wide", "tall"])
    library.ok("gallery", "--page-size", "1")
    page = opened(address(library)).page
    gaps = page.locator(".cards span").evaluate_all(
        "(cards) => cards.map((card) => card.clientWidth - card.firstElementChild.offsetWidth)"
    )
    assert gaps == [0, 0]


@pytest.mark.parametrize("selector", [".grid", ".stage"])
def test_dark_drawings_without_a_ground_are_seen_in_the_dark(
    library: TestLibrary, opened: Opener, selector: str
) -> None:
    shelve(library, ["sketch"])
    for stage in ("thumbnails-small", "web-optimized", "ersgan-enhanced"):
        _put(library, stage)
    library.ok("gallery")
    page = opened(address(library), color_scheme="dark").page
    page.locator(".grid .in").wait_for()
    if selector == ".stage":
        page.locator(".grid a").click()
    page.wait_for_timeout(500)
    dark, light = _levels(page, selector)
    assert light - dark > 60


def _put(library: TestLibrary, stage: str) -> None:
    """A black square and nothing around it, in the place of the picture."""
    sketch = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    ImageDraw.Draw(sketch).rectangle((20, 10, 40, 30), fill=(0, 0, 0, 255))
    path = library.art / stage / "sketch.webp"
    path.unlink()
    sketch.save(path)
    data = path.read_bytes()
    library.sql(
        "UPDATE artifacts SET sha256 = ?, file_size = ? WHERE stage = ?",
        (hashlib.sha256(data).hexdigest(), len(data), stage),
    )


def _levels(page: Page, selector: str) -> tuple[int, int]:
    """How bright the middle of a picture is, and what lies left of it."""
    seen = Image.open(BytesIO(page.locator(f"{selector} img").first.screenshot())).convert("L")
    levels = seen.tobytes()[seen.height // 2 * seen.width :]
    return levels[seen.width // 2], levels[seen.width // 6]


def test_what_others_were_made_from_is_told_apart(library: TestLibrary, opened: Opener) -> None:
    shelve(library, ["parent", "one", "two"])
    for child in ("one", "two"):
        library.sql("INSERT INTO lineage (child_id, parent_id, role) VALUES (?, 'parent', 'template')", (child,))
    library.ok("gallery")
    page = opened(address(library, "from-parent.html")).page
    assert page.locator(".grid a.source img").evaluate_all("(all) => all.map((one) => one.alt)") == ["parent"]
    assert page.locator(".grid a.source").get_attribute("aria-label") == "parent, source of the others"
    assert opened(address(library)).page.locator(".source").count() == 0
