"""The review page in a real browser, and what it complained about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from support.reviewing import Server

WIDE, PHONE = {"width": 1600, "height": 1000}, {"width": 390, "height": 844}
# Machines that run tests are busy.
expect.set_options(timeout=20_000)


@contextmanager
def looking(chromium: Browser, complaints: list[str] | None = None, **options: Any) -> Iterator[BrowserContext]:
    """A browser with nothing in it; whatever its pages complain about fails the test.

    Args:
        complaints: collects them instead.
    """
    heard: list[str] = [] if complaints is None else complaints
    context = chromium.new_context(**{"viewport": WIDE, **options})
    context.set_default_timeout(20_000)
    context.on("console", lambda said: heard.append(said.text) if said.type in {"error", "warning"} else None)
    context.on("weberror", lambda error: heard.append(str(error.error)))
    try:
        yield context
    finally:
        context.close()
    if complaints is None:
        assert heard == []


def visit(context: BrowserContext, server: Server, tiles: int | None = None) -> Page:
    """A new window with the page as the printed address opens it."""
    page = context.new_page()
    page.goto(server.address)
    if tiles is not None:
        expect(page.locator(".tile")).to_have_count(tiles)
    return page


def marked(page: Page) -> Locator:
    return page.locator(".tile[aria-pressed=true]")


def ids(tiles: Locator) -> list[str]:
    """What is shown, by the labels that a screen reader speaks."""
    return [str(label).partition(",")[0] for label in tiles.evaluate_all("all => all.map(one => one.ariaLabel)")]


def counts(page: Page, yes: int, no: int) -> None:
    """What the page counts; all of it kept by the server."""
    expect(page.locator("#counts")).to_have_text(f"{yes} yes · {no} no")
    expect(page.locator(".tile.unsaved")).to_have_count(0)


def choose(page: Page, key: str, done: int) -> None:
    """Press a key in single mode and wait until the counted decisions are in the database."""
    page.keyboard.press(key)
    expect(page.locator("#session")).to_contain_text(f"{done} seen")
