"""How the review page looks: on a phone, with odd shapes, where there is nothing to show."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, expect
from support.library import TestLibrary
from support.looking import PHONE, looking, visit
from support.photos import small
from support.reviewing import serving
from web.conftest import Fill


def is_seen_whole(text: Locator) -> bool:
    fits: bool = text.evaluate("one => one.scrollWidth <= one.clientWidth && one.textContent !== ''")
    return fits


def test_what_is_said_is_seen_whole_on_a_phone(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    fill(30)
    with serving(library, "--page", 20) as server, looking(chromium, viewport=PHONE) as context:
        page = visit(context, server, 20)
        status, commit = page.locator("#status"), page.locator("#commit")
        before = commit.bounding_box()
        page.keyboard.press("u")
        expect(status).to_have_text("There is nothing to undo")
        assert is_seen_whole(status)
        assert commit.bounding_box() == before
        page.keyboard.press("c")
        page.keyboard.press("Enter")
        expect(status).to_contain_text("U takes it back")
        assert is_seen_whole(status)


@pytest.mark.parametrize("width", [390, 800, 1100])
def test_the_name_of_the_picture_is_seen(library: TestLibrary, chromium: Browser, width: int) -> None:
    small(library.img / "wallpaper-batch-07-0001.jpg", 1)
    library.ok("register", "img")
    with serving(library) as server, looking(chromium, viewport={"width": width, "height": 800}) as context:
        page = visit(context, server, 1)
        page.keyboard.press("Enter")
        expect(page.locator("#where")).to_have_text("1 of 1 · wallpaper-batch-07-0001")
        assert is_seen_whole(page.locator("#where"))


def test_five_neighbours_stand_under_a_picture_on_a_phone(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    fill(12)
    with serving(library) as server, looking(chromium, viewport=PHONE) as context:
        page = visit(context, server, 12)
        page.keyboard.press("Enter")
        expect(page.locator(".strip button")).to_have_count(5)
        assert page.locator(".strip").evaluate("one => one.scrollWidth <= one.clientWidth")


def test_help_begins_at_its_beginning(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    fill(2)
    with serving(library) as server, looking(chromium, viewport={"width": 320, "height": 500}) as context:
        page = visit(context, server, 2)
        page.keyboard.press("?")
        expect(page.locator("#help")).to_be_visible()
        assert page.locator("#help").evaluate("one => [one.scrollTop, one.scrollHeight > one.clientHeight]") == [0, True]


def test_what_is_left_for_others_is_not_called_nothing(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    fill(4)
    with serving(library) as server, looking(chromium) as first, looking(chromium) as second:
        visit(first, server, 4)
        page = visit(second, server, 0)
        expect(page.locator("#end")).to_contain_text("4 are left")
        expect(page.locator("#end")).to_contain_text("start `artpipe review` again")
        expect(page.locator("#end h2")).to_have_text("No more pages for this window")


def test_extreme_shapes_are_seen_whole(library: TestLibrary, chromium: Browser) -> None:
    """Nobody can decide on a picture of which a hundredth is shown."""
    small(library.img / "a-line.png", 1, size=(900, 9))
    small(library.img / "b-photo.png", 2, size=(90, 60))
    library.ok("register", "img")
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 2)
        fits = page.locator(".tile img").evaluate_all("all => all.map(one => getComputedStyle(one).objectFit)")
        assert fits == ["contain", "cover"]


@pytest.mark.parametrize("picture", [".tile.in img", "#large"])
def test_dark_drawings_without_a_ground_are_seen(library: TestLibrary, chromium: Browser, picture: str) -> None:
    drawing = Image.new("RGBA", (90, 60), (0, 0, 0, 0))
    ImageDraw.Draw(drawing).rectangle((30, 15, 60, 45), fill=(0, 0, 0, 255))
    library.img.mkdir(exist_ok=True)
    drawing.save(library.img / "sketch.png")
    library.ok("register", "img")
    library.ok("run")
    with serving(library) as server, looking(chromium, reduced_motion="reduce") as context:
        page = visit(context, server, 1)
        if picture == "#large":
            page.keyboard.press("Enter")
        expect(page.locator(picture)).to_be_visible()
        seen = Image.open(BytesIO(page.locator(picture).screenshot())).convert("L")
        middle, side = (seen.getpixel((round(seen.width * x), seen.height // 2)) for x in (0.5, 0.2))
        assert isinstance(middle, int)
        assert isinstance(side, int)
        assert middle < 10
        assert 90 < side < 190
