"""Single mode of the review page, in a real browser."""

from __future__ import annotations

import os
import signal

import pytest
from playwright.sync_api import Browser, expect
from support.library import TestLibrary
from support.looking import choose, looking, visit
from support.reviewing import after_a_kill, serving
from web.conftest import Fill


def decided(library: TestLibrary) -> dict[str, str]:
    rows = library.sql("SELECT id, approved FROM images WHERE approved OR rejected ORDER BY id")
    return {row[0]: "yes" if row[1] else "no" for row in rows}


def test_keys(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    names = fill(8)
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 8)
        page.keyboard.press("Enter")
        where = page.locator("#where")
        expect(where).to_have_text(f"1 of 8 · {names[0]}")
        expect(page.locator("#large")).to_be_visible()
        choose(page, "y", 1)
        choose(page, "n", 2)
        choose(page, "s", 3)
        expect(where).to_have_text(f"4 of 8 · {names[3]}")
        page.keyboard.press("ArrowRight")
        choose(page, "y", 4)
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        expect(where).to_have_text(f"4 of 8 · {names[3]}")
        assert decided(library) == {names[0]: "yes", names[1]: "no", names[4]: "yes"}
        page.keyboard.press("u")
        expect(where).to_have_text(f"5 of 8 · {names[4]}")
        page.keyboard.press("u")
        expect(where).to_have_text(f"2 of 8 · {names[1]}")
        assert decided(library) == {names[0]: "yes"}
        page.keyboard.press("i")
        expect(page.locator("#details")).to_contain_text(names[1])
        page.keyboard.press("z")
        expect(page.locator("#stage")).to_have_class("stage zoomed")
        page.keyboard.press("Escape")
        expect(page.locator("#stage")).to_have_class("stage")
        page.keyboard.press("g")
        expect(page.locator(".tile").first).to_contain_text("yes")


def test_a_zoomed_picture_is_moved_by_keys(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    names = fill(2)
    with serving(library) as server, looking(chromium, viewport={"width": 600, "height": 500}) as context:
        page = visit(context, server, 2)
        page.keyboard.press("Enter")
        expect(page.locator("#large")).to_be_visible()
        page.keyboard.press("z")
        stage = page.locator("#stage")
        page.keyboard.press("ArrowDown")
        before = stage.evaluate("one => [one.scrollLeft, one.scrollTop]")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowLeft")
        left, top = stage.evaluate("one => [one.scrollLeft, one.scrollTop]")
        assert left < before[0]
        assert top > before[1]
        expect(page.locator("#where")).to_have_text(f"1 of 2 · {names[0]}")
        page.keyboard.press("z")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#where")).to_have_text(f"2 of 2 · {names[1]}")


def test_the_place_is_kept_when_the_server_is_killed(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    names = fill(6)
    said: list[str] = []
    with looking(chromium, said) as context:
        with serving(library) as server:
            page = visit(context, server, 6)
            page.locator("#to-single").click()
            choose(page, "y", 1)
            choose(page, "n", 2)
            server.stop(signal.SIGKILL)
            page.keyboard.press("y")
            expect(page.locator("#trouble")).to_contain_text("nothing is lost")
            # What could not be saved is not shown as decided; the page goes back to it.
            expect(page.locator("#where")).to_have_text(f"3 of 6 · {names[2]}")
            expect(page.locator("#stamp")).to_be_hidden()
        with serving(library) as server:
            page = visit(context, server, 6)
            page.locator("#to-single").click()
            expect(page.locator("#where")).to_have_text(f"3 of 6 · {names[2]}")
    after_a_kill(library)
    assert decided(library) == {names[0]: "yes", names[1]: "no"}


def test_what_was_decided_elsewhere_is_passed_over(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    names = fill(4)
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 4)
        library.ok("reject", names[1])
        expect(page.locator(".tile").nth(1)).to_contain_text("no, decided elsewhere")
        page.keyboard.press("Enter")
        choose(page, "y", 1)
        expect(page.locator("#where")).to_have_text(f"3 of 4 · {names[2]}")


def test_a_decision_made_a_moment_before_is_shown_before_it_is_overruled(
    library: TestLibrary, fill: Fill, chromium: Browser
) -> None:
    names = fill(2)
    said: list[str] = []
    with serving(library) as server, looking(chromium, said) as context:
        page = visit(context, server, 2)
        page.keyboard.press("Enter")
        # No news before the key: the server finds out.
        page.route("**/news*", lambda route: route.abort())
        library.ok("approve", names[0])
        page.keyboard.press("n")
        expect(page.locator("#trouble")).to_contain_text("decided elsewhere")
        assert decided(library) == {names[0]: "yes"}
        expect(page.locator("#where")).to_have_text(f"1 of 2 · {names[0]}")
        choose(page, "n", 1)
        assert decided(library) == {names[0]: "no"}


def test_the_page_says_it_only_when_it_is_in_the_database(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    fill(3)
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 3)
        page.keyboard.press("Enter")
        with library.holding_the_lock():
            page.keyboard.press("y")
            expect(page.locator(".strip .saving")).to_have_count(1)
            expect(page.locator("#session")).to_be_empty()
            expect(page.locator(".strip .saved-yes")).to_have_count(0)
            assert decided(library) == {}
        expect(page.locator(".strip .saved-yes")).to_have_count(1)
        assert len(decided(library)) == 1


@pytest.mark.soak
def test_hundreds_by_keyboard(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    """A thousand in the soak; `benchmarks/review.py` times as many."""
    number = 1000 if "ARTPIPE_SOAK" in os.environ else 150
    names = fill(number)
    wanted = {name: "yes" if index % 3 == 0 else "no" for index, name in enumerate(names)}
    half = number // 2
    narrow = {"width": 480, "height": 360}
    with serving(library, "--page", half) as server, looking(chromium, viewport=narrow) as context:
        page = visit(context, server, half)
        page.keyboard.press("Enter")
        for index, choice in enumerate(wanted.values()):
            page.keyboard.press("y" if choice == "yes" else "n")
            if index == half - 1:
                expect(page.locator("#where")).to_have_text(f"1 of {half} · {names[half]}", timeout=300_000)
        expect(page.locator("#end-session")).to_contain_text(f"{number} seen", timeout=300_000)
    assert decided(library) == wanted
    assert library.value("SELECT count(*) FROM decisions") == number
