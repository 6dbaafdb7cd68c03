"""What verify finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from artpipe.pipeline.stopping import Stop, Why
from support.library import TestLibrary


def found_in(library: TestLibrary, *options: str) -> dict[str, str]:
    """Findings as path (or item) -> code."""
    result = library.run("verify", "--json", *options)
    assert result.data, result
    findings = result.data["findings"]
    assert result.code == (3 if findings else 0), result
    return {finding["path"] or finding["item"]: finding["code"] for finding in findings}


def codes(library: TestLibrary) -> set[str]:
    return set(library.json("verify")["by_code"])


@contextmanager
def stopping_after(checks: int, monkeypatch: pytest.MonkeyPatch, why: Why = "time") -> Iterator[None]:
    """As if time were up (or somebody pressed Ctrl-C) at that look at the clock."""
    asked = 0

    def check(stop: Stop) -> bool:
        nonlocal asked
        asked += 1
        if asked >= checks:
            stop.ask(why)
        return stop.why is not None

    with monkeypatch.context() as patch:
        patch.setattr(Stop, "check", check)
        yield
