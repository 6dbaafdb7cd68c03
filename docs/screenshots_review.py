"""Write the pictures of `artpipe review` in docs/images, from a library of crops of the sample pictures."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent / "tests"))

from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402 - the tests' helpers are found only now
from support import browser  # noqa: E402
from support.library import TestLibrary  # noqa: E402
from support.looking import looking, visit  # noqa: E402
from support.reviewing import serving  # noqa: E402

from artpipe.samples.gallery import write_samples  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = {"width": 1280, "height": 800}
PICTURES = 120
SHAPES = (2 / 3, 1, 3 / 2, 3 / 4, 16 / 9, 4 / 5)
MARKED = (1, 4, 9, 15, 16)


def crops(folder: Path) -> Iterator[Image.Image]:
    """Pictures of many shapes, the same every time."""
    random = np.random.default_rng(11)
    paths = [path for path in write_samples(folder) if path.parent.name not in {"inbox", "favourites"}]
    while True:
        for path in random.permutation(np.array(paths, dtype=object)):
            picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
            shape = SHAPES[random.integers(len(SHAPES))]
            width = int(min(picture.width, picture.height * shape) * random.uniform(0.6, 1))
            height = int(width / shape)
            left, top = random.integers(picture.width - width + 1), random.integers(picture.height - height + 1)
            crop = picture.crop((left, top, left + width, top + height))
            yield ImageOps.mirror(crop) if random.random() < 0.5 else crop  # noqa: PLR2004 - half of them


def library(folder: Path) -> TestLibrary:
    made = TestLibrary(folder)
    made.img.mkdir()
    for number, crop in zip(range(PICTURES), crops(folder / "samples"), strict=False):
        crop.save(made.img / f"batch-07-{number:04}.jpg", quality=90)
    made.ok("register", "img")
    made.ok("run", "thumbnails-small", "blurhash")
    return made


def shoot(page: Page) -> None:
    """Both modes, in the middle of the work."""
    expect(page.locator(".tile.in").nth(20)).to_be_visible()
    for index in MARKED:
        page.locator(".tile").nth(index).click()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tile.unsaved")).to_have_count(0)
    save(page, "review-page")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    for number, key in enumerate("nynsyn", 1):
        page.keyboard.press(key)
        expect(page.locator("#session")).to_contain_text(f"{number} seen")
    expect(page.locator("#large")).to_be_visible()
    save(page, "review-single")


def save(page: Page, name: str) -> None:
    page.wait_for_timeout(700)
    page.screenshot(path=DOCS / "images" / f"{name}.jpg", type="jpeg", quality=82)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.found(), args=browser.flags())
        with serving(library(Path(folder))) as server, looking(chromium, viewport=SIZE) as context:
            shoot(visit(context, server, PICTURES))
        chromium.close()


if __name__ == "__main__":
    main()
