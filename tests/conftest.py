"""Every test that uses a library ends with a look at all its invariants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from stages.engines import ENGINES, using
from support import browser
from support.invariants import violations
from support.library import TestLibrary

# What takes longest comes first, so that no process is left with it at the end.
LONG = ("faults/test_locked.py", "faults/test_state_machine.py", "faults/test_kill")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Nothing else changes its place."""
    items.sort(key=lambda item: not any(part in item.nodeid for part in LONG))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the person who runs the tests."""
    for name in ("ARTPIPE_DB", "ARTPIPE_ART", "ARTPIPE_MAX_PIXELS", "ARTPIPE_DEBUG", "ARTPIPE_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ARTPIPE_USER", "tester")
    # A worker takes longer to start than most tests' pictures take; who wants more says so.
    monkeypatch.setenv("ARTPIPE_JOBS", "1")
    # Some tests work on file systems of a few MiB.
    monkeypatch.setenv("ARTPIPE_RESERVE", "0")


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The tests of a module that uses this run twice: with libvips and without it."""
    if request.param == "libvips":
        pytest.importorskip("pyvips")
    with using(request.param):
        yield request.param


@pytest.fixture
def library(tmp_path: Path) -> Iterator[TestLibrary]:
    """An empty folder to make a library in; what is in it afterwards must be sound."""
    made = TestLibrary(tmp_path)
    yield made
    if made.db.exists():
        assert violations(made.db, made.art, repeats=made.repeats) == []


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One real browser for all tests of a process, which cannot have two; without any they are skipped, but never in CI."""
    path = browser.found()
    if path is None:
        message = (
            "NO BROWSER: pages were not tested. Run `python tests/support/browser.py` as root, or install Chromium."
        )
        (pytest.fail if browser.required() else pytest.skip)(message)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=browser.flags())
        yield started
        started.close()
