"""Every page is watched while it is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

_SHIFTS = (
    "window.shifts = 0; new PerformanceObserver((list) => { for (const shift of list.getEntries())"
    " window.shifts += shift.value; }).observe({type: 'layout-shift', buffered: true});"
)


@dataclass
class Watched:
    """An open page, and what it did that it should not."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def shifts(self) -> float:
        """How much of what was seen has moved by itself (Cumulative Layout Shift)."""
        value: float = self.page.evaluate("window.shifts")
        return value


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Any]:
    """A function that opens an address in a window of its own; nothing may be wrong with any at the end.

    Its `script` runs before those of the page.
    """
    contexts: list[BrowserContext] = []
    every: list[Watched] = []

    def opener(url: str, width: int = 1600, height: int = 1000, *, script: str = "", **options: Any) -> Watched:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        watched = Watched(context.new_page())
        every.append(watched)
        _watch(watched, own=url.rpartition("/")[0] if url.startswith("http") else "file:")
        watched.page.add_init_script(script)
        watched.page.goto(url)
        return watched

    yield opener
    complaints = [complaint for watched in every for complaint in watched.complaints]
    for context in contexts:
        context.close()
    assert complaints == []


def _watch(watched: Watched, own: str) -> None:
    page, complaints = watched.page, watched.complaints
    page.add_init_script(_SHIFTS)
    page.on("console", lambda message: complaints.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("requestfailed", lambda request: _note_failure(request, complaints))
    page.on("request", lambda request: _note_stranger(request, own, complaints))


def _note_failure(request: Request, complaints: list[str]) -> None:
    # Whoever goes to another page does not wait for the pictures of this one.
    if request.failure != "net::ERR_ABORTED":
        complaints.append(f"failed: {request.url}: {request.failure}")


def _note_stranger(request: Request, own: str, complaints: list[str]) -> None:
    if not request.url.startswith((own, "data:")):
        complaints.append(f"asked somebody: {request.url}")
