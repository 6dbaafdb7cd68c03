"""How the review page looks: on a phone, with odd shapes, where there is nothing to show."""

from __future__ import annotations

from io import BytesIO

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


def test_the_name_of_the_picture_is_seen_at_any_width(library: TestLibrary, chromium: Browser) -> None:
    small(library.img / "wallpaper-batch-07-0001.jpg", 1)
    library.ok("register", "img")
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 1)
        page.keyboard.press("Enter")
        expect(page.locator("#where")).to_have_text("1 of 1 · wallpaper-batch-07-0001")
        for width in (390, 768, 1100):
            page.set_viewport_size({"width": width, "height": 800})
            assert is_seen_whole(page.locator("#where")), width


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
        top, hidden = page.locator("#help").evaluate("one => [one.scrollTop, one.scrollHeight - one.clientHeight]")
        assert top == 0 < hidden


def test_what_is_left_for_others_is_not_called_nothing(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    fill(4)
    with serving(library) as server, looking(chromium) as first, looking(chromium) as second:
        visit(first, server, 4)
        page = visit(second, server, 0)
        expect(page.locator("#end")).to_contain_text("4 are left")
        expect(page.locator("#end")).to_contain_text("start `artpipe review` again")
        expect(page.locator("#end h2")).to_have_text("No more pages for this window")


def test_a_folder_that_went_away_is_named_until_it_is_back(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    """Pictures that do not come need a reason; nobody should decide on small ones from memory."""
    fill(2)
    away = library.folder / "away"
    said: list[str] = []
    with serving(library) as server, looking(chromium, said) as context:
        # The page asks for news as often as a test likes.
        context.add_init_script("const real = setTimeout; window.setTimeout = (call, ms) => real(call, ms / 20);")
        page = visit(context, server, 2)
        expect(page.locator(".tile.in")).to_have_count(2)
        library.art.rename(away)
        try:
            expect(page.locator("#trouble")).to_contain_text("Mount its disk")
        finally:
            away.rename(library.art)
        expect(page.locator("#trouble")).to_be_hidden()


def test_extreme_shapes_are_seen_whole(library: TestLibrary, chromium: Browser) -> None:
    """Nobody can decide on a picture of which a hundredth is shown."""
    small(library.img / "a-line.png", 1, size=(900, 9))
    small(library.img / "b-photo.png", 2, size=(90, 60))
    library.ok("register", "img")
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 2)
        fits = page.locator(".tile img").evaluate_all("all => all.map(one => getComputedStyle(one).objectFit)")
        assert fits == ["contain", "cover"]


def test_dark_drawings_without_a_ground_are_seen(library: TestLibrary, chromium: Browser) -> None:
    drawing = Image.new("RGBA", (90, 60), (0, 0, 0, 0))
    ImageDraw.Draw(drawing).rectangle((30, 15, 60, 45), fill=(0, 0, 0, 255))
    library.img.mkdir(exist_ok=True)
    drawing.save(library.img / "sketch.png")
    library.ok("register", "img")
    library.ok("run")
    with serving(library) as server, looking(chromium, reduced_motion="reduce") as context:
        page = visit(context, server, 1)
        assert_black_on_grey(page.locator(".tile.in img"))
        page.keyboard.press("Enter")
        assert_black_on_grey(page.locator("#large"))


def assert_black_on_grey(picture: Locator) -> None:
    expect(picture).to_be_visible()
    seen = Image.open(BytesIO(picture.screenshot())).convert("L")
    levels = seen.tobytes()[seen.height // 2 * seen.width :]
    assert levels[seen.width // 2] < 10
    assert 90 < levels[seen.width // 5] < 190
