"""Write docs/images: the pages as a browser shows them, with the pictures of `artpipe demo`."""

from __future__ import annotations

import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
sys.path.insert(0, str(ROOT / "tests"))

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@dataclass(frozen=True)
class Shot:
    """One picture of a page; `keys` are pressed first."""

    name: str
    width: int
    height: int
    scheme: str
    keys: tuple[str, ...] = ()


SHOTS = (
    Shot("gallery", 1280, 800, "light"),
    Shot("gallery-phone", 390, 844, "dark"),
    Shot("gallery-viewer", 1280, 800, "dark", ("ArrowRight", "ArrowRight", "Enter", "i")),
)


def main() -> int:
    """Build the demonstration's gallery and take the pictures; returns an exit code."""
    from playwright.sync_api import sync_playwright
    from support.browser import flags, found

    program = found()
    if program is None:
        sys.stderr.write("There is no browser. Install Chromium: python tests/support/browser.py\n")
        return 69
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = _gallery(Path(folder) / "demo")
        browser = playwright.chromium.launch(executable_path=program, args=flags())
        for shot in SHOTS:
            _take(browser, shot, page)
        browser.close()
    return 0


def _gallery(demo: Path) -> str:
    """All pictures of the demonstration approved, processed and on a page."""
    from artpipe.actions.list_images import list_images
    from artpipe.cli.main import main
    from artpipe.library import Place, open_library

    main(["demo", str(demo), "--quiet"])
    with open_library(Place(demo / "cv.db")) as library:
        pending = list(list_images(library, "pending", None, None).lines)
    where = ["--db", str(demo / "cv.db"), "--quiet"]
    main(["approve", *pending, *where])
    main(["run", *where])
    main(["gallery", "--title", "artpipe demo", *where])
    return (demo / "art/gallery-html/index.html").as_uri()


def _take(browser: Browser, shot: Shot, url: str) -> None:
    from PIL import Image

    dark = shot.scheme == "dark"
    page = browser.new_page(
        viewport={"width": shot.width, "height": shot.height}, color_scheme="dark" if dark else "light"
    )
    page.goto(url)
    for key in shot.keys:
        page.keyboard.press(key)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(IMAGES / f"{shot.name}.webp", quality=80, method=6)
    page.close()
