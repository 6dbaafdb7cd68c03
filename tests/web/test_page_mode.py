"""Page mode of the review page, in a real browser."""

from __future__ import annotations

import signal

from playwright.sync_api import Browser, expect
from support.library import TestLibrary
from support.looking import counts, ids, looking, marked, visit
from support.reviewing import after_a_kill, serving
from web.conftest import Fill


def yes_and_no(library: TestLibrary) -> tuple[list[str], int]:
    yes = [row[0] for row in library.sql("SELECT id FROM images WHERE approved ORDER BY id")]
    return yes, library.value("SELECT count(*) FROM images WHERE rejected AND rejection_reason = 'page'")


def test_five_hundred_by_mouse_and_keys(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    names = fill(501)
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 500)
        tiles = page.locator(".tile")
        tiles.nth(2).click()
        tiles.nth(4).click()
        counts(page, 2, 498)
        tiles.nth(4).click()
        counts(page, 1, 499)
        # From here by keys: the next two yes, one on, space marks and takes back.
        for key in ("y", "y", "n", "Space", "ArrowRight", "Space", "Space", "End", "Space"):
            page.keyboard.press(key)
        wanted = [names[index] for index in (2, 4, 5, 7, 499)]
        assert ids(marked(page)) == wanted
        tiles.nth(10).click()
        tiles.nth(13).click(modifiers=["Shift"])
        wanted[4:4] = names[10:14]
        assert ids(marked(page)) == wanted
        page.keyboard.press("c")
        expect(page.locator("#preview-list")).to_contain_text("491no")
        page.keyboard.press("Enter")
        expect(tiles).to_have_count(1)
        assert yes_and_no(library) == (wanted, 491)
        assert library.value("SELECT count(DISTINCT batch_id) FROM decisions") == 1
        page.keyboard.press("u")
        expect(tiles).to_have_count(500)
        assert ids(marked(page)) == wanted
        assert yes_and_no(library) == ([], 0)


def test_a_commit_can_be_thought_better_of(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    fill(3)
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 3)
        page.locator("#commit").click()
        expect(page.locator("#preview")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#preview")).to_be_hidden()
        page.keyboard.press("y")
        counts(page, 1, 2)
        assert yes_and_no(library) == ([], 0)


def test_undo_takes_back_marks_before_pages(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    names = fill(8)
    with serving(library, "--page", 4) as server, looking(chromium) as context:
        page = visit(context, server, 4)
        page.keyboard.press("c")
        page.keyboard.press("Enter")
        expect(page.locator("#session")).to_contain_text("4 seen")
        page.locator(".tile").nth(0).click()
        page.locator(".tile").nth(2).click(modifiers=["Shift"])
        page.locator(".tile").nth(1).click()
        counts(page, 2, 2)
        page.keyboard.press("u")
        counts(page, 3, 1)
        page.keyboard.press("u")
        counts(page, 1, 3)
        page.keyboard.press("u")
        counts(page, 0, 4)
        assert yes_and_no(library) == ([], 4)
        page.keyboard.press("u")
        expect(page.locator("#status")).to_have_text("4 taken back")
        assert ids(page.locator(".tile")) == names[:4]
        assert yes_and_no(library) == ([], 0)


def test_marks_survive_a_reload_and_a_killed_server(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    names = fill(40)
    said: list[str] = []
    with looking(chromium, said) as context:
        with serving(library) as server:
            page = visit(context, server, 40)
            page.locator(".tile").nth(3).click()
            page.keyboard.press("ArrowRight")
            page.keyboard.press("y")
            # At once: what was not sent yet is sent on leaving.
            page.reload()
            expect(marked(page)).to_have_count(2)
            page.locator(".tile").nth(20).click()
            counts(page, 3, 37)
            server.stop(signal.SIGKILL)
            page.locator(".tile").nth(21).click()
            expect(page.locator("#trouble")).to_contain_text("The server does not answer")
        with serving(library) as server:
            page = visit(context, server, 40)
            assert ids(marked(page)) == [names[3], names[4], names[20]]
    after_a_kill(library)


def test_marks_made_while_the_server_was_gone_are_kept(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    """Under the address that the window knows, it goes on where it was."""
    names = fill(6)
    said: list[str] = []
    with looking(chromium, said) as context:
        with serving(library) as server:
            page = visit(context, server, 6)
            page.locator(".tile").nth(1).click()
            counts(page, 1, 5)
            server.stop(signal.SIGKILL)
            page.locator(".tile").nth(4).click()
            expect(page.locator("#trouble")).to_be_visible()
        with serving(library, "--port", server.port) as server:
            page.goto(server.address)
            expect(marked(page)).to_have_count(2)
            assert ids(marked(page)) == [names[1], names[4]]
            counts(page, 2, 4)
    assert not any("409" in complaint for complaint in said)
    after_a_kill(library)


def test_two_windows_have_two_pages(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    names = fill(18)
    with serving(library, "--page", 3) as server, looking(chromium) as context:
        first = visit(context, server, 3)
        first.locator(".tile").nth(1).click()
        counts(first, 1, 2)
        second = visit(context, server, 3)
        assert ids(first.locator(".tile")) + ids(second.locator(".tile")) == names[:3] + names[6:9]
        # A duplicated tab has the storage of the first one, but not its page.
        copy = context.new_page()
        copy.goto(server.address)
        name = first.evaluate("sessionStorage.getItem('window')")
        copy.evaluate("name => sessionStorage.setItem('window', name)", name)
        copy.reload()
        expect(copy.locator(".tile")).to_have_count(3)
        assert not set(ids(copy.locator(".tile"))) & set(ids(first.locator(".tile")))
        copy.close()
        first.close()
        third = visit(context, server, 3)
        assert ids(third.locator(".tile")) == names[:3]
        expect(marked(third)).to_have_count(1)


def test_a_decision_from_elsewhere_shows_and_stays(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    names = fill(4)
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 4)
        library.ok("approve", names[1])
        expect(page.locator(".tile").nth(1)).to_contain_text("yes, decided elsewhere")
        counts(page, 0, 3)
        page.keyboard.press("c")
        expect(page.locator("#preview-list")).to_contain_text("1decided already")
        page.keyboard.press("Enter")
        expect(page.locator("#end")).to_be_visible()
    assert yes_and_no(library) == ([names[1]], 3)


def test_thumbnails_come_while_one_looks(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    fill(30)
    with serving(library) as server, looking(chromium) as context:
        page = visit(context, server, 30)
        expect(page.locator(".tile.in")).to_have_count(30)
        assert page.locator(".tile img").first.evaluate("one => one.naturalWidth") == 60
        # The second time the colours are there before the pictures.
        page.reload()
        expect(page.locator(".tile.in")).to_have_count(30)
    assert library.value("SELECT count(*) FROM blurhash_cache") == 30


def test_nothing_moves_when_pictures_come(library: TestLibrary, fill: Fill, chromium: Browser) -> None:
    fill(30)
    with serving(library) as server, looking(chromium) as context:
        page = context.new_page()
        page.add_init_script(
            "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries())"
            " window.shift += entry.value; }).observe({ type: 'layout-shift', buffered: true })"
        )
        page.goto(server.address)
        expect(page.locator(".tile.in")).to_have_count(30)
        assert page.evaluate("window.shift") < 0.02
