"""How long a person waits for `artpipe review`, in a real browser.

    python benchmarks/review.py [--pictures 1500] [--decisions 1000]

"key to durable" is measured in the server, from the request to the answer that follows the commit, with the disk synced; "usable" in the
browser, from the navigation to the moment when all tiles of a page of 500 are set and the first pictures are on the screen.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from playwright.sync_api import Page, Response, expect, sync_playwright
from support import browser
from support.library import TestLibrary
from support.looking import looking, visit
from support.photos import small
from support.reviewing import Server, serving, window

PAGE = 500
_PATIENCE = 600_000


def library_of(folder: Path, pictures: int) -> TestLibrary:
    """Registered pictures with their thumbnails and blurhashes: a warm start."""
    library = TestLibrary(folder)
    for number in range(pictures):
        small(library.img / f"p{number:05}.jpg", number, size=(640, 480 + number % 3 * 200))
    library.ok("register", "img")
    library.ok("run", "thumbnails-small", "blurhash")
    return library


def said(name: str, values: list[float]) -> None:
    ordered = sorted(values)
    p95 = ordered[int(len(ordered) * 0.95)]
    print(f"{name}: median {statistics.median(ordered):.1f} ms, p95 {p95:.1f} ms, most {ordered[-1]:.1f} ms")


def durable(header: str | None) -> float:
    return float((header or "").partition("dur=")[2] or "nan")


def by_requests(server: Server, decisions: int) -> None:
    here, took = window(server), []
    here.open()
    while len(took) < decisions and here.items:
        for item in here.items[: decisions - len(took)]:
            answer = here.decide(item["id"], "approved" if len(took) % 3 else "rejected")
            took.append(durable(answer.headers["server-timing"]))
        if len(took) < decisions:
            here.next()
    said(f"key to durable, {len(took)} decisions by requests", took)
    for _ in range(len(took)):
        here.undo()


def by_keyboard(page: Page, decisions: int) -> None:
    took: list[float] = []

    def note(response: Response) -> None:
        if response.url.endswith("/decide"):
            took.append(durable(response.headers.get("server-timing")))

    page.on("response", note)
    page.keyboard.press("Enter")
    began = time.monotonic()
    for number in range(decisions):
        page.keyboard.press("y" if number % 3 else "n")
        if (number + 1) % PAGE == 0:
            expect(page.locator("#session")).to_contain_text(f"{number + 1} seen", timeout=_PATIENCE)
            expect(page.locator("#where")).not_to_be_empty(timeout=_PATIENCE)
    expect(page.locator("#session")).to_contain_text(f"{decisions} seen", timeout=_PATIENCE)
    print(f"{decisions} decisions by keyboard: {decisions / (time.monotonic() - began):.0f} a second")
    said("key to durable, by keyboard", took)


_USABLE = """() => new Promise((done) => {
    const look = () => {
        const tiles = [...document.querySelectorAll(".tile")];
        const seen = tiles.filter((one) => one.getBoundingClientRect().top < innerHeight - 60);
        if (tiles.length && seen.every((one) => one.classList.contains("in"))) done([window.set, performance.now()]);
        else requestAnimationFrame(look);
    };
    look();
})"""
_SET = """new MutationObserver(() => { if (!window.set && document.querySelectorAll(".tile").length) window.set = performance.now(); })
    .observe(document, { childList: true, subtree: true })"""


def page_of_500(page: Page, server: Server) -> None:
    page.add_init_script(_SET)
    times = []
    for _ in range(5):
        page.goto(server.address, wait_until="commit")
        times.append(page.evaluate(_USABLE))
    for name, index in (("set", 0), ("usable", 1)):
        print(f"page of {PAGE} {name} after {', '.join(f'{one[index]:.0f}' for one in times)} ms")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=1500)
    parser.add_argument("--decisions", type=int, default=1000)
    asked = parser.parse_args()
    path = browser.found()
    if path is None:
        sys.exit("This needs Chromium.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        library = library_of(Path(folder), asked.pictures)
        chromium = playwright.chromium.launch(executable_path=path, args=browser.flags())
        with serving(library) as server:
            by_requests(server, asked.decisions)
        with serving(library) as server, looking(chromium) as context:
            page = visit(context, server)
            page_of_500(page, server)
            by_keyboard(page, asked.decisions)
        chromium.close()
        counted = library.value("SELECT count(*) FROM images WHERE approved OR rejected")
        print(f"{counted} of {asked.decisions} decisions by keyboard are in the database")
    return 0 if counted == asked.decisions else 1


if __name__ == "__main__":
    sys.exit(main())
