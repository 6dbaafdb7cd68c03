"""repair that somebody stops while it mends."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Any

import pytest
from support.damage import STAGES, Vandal, fill, take_quarantine
from support.library import TestLibrary

from artpipe.actions import repair
from artpipe.actions.repair_plan import Step


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_between_two_steps_and_the_next_goes_on(
    library: TestLibrary, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    library.repeats = True
    fill(library, 8)
    Vandal(library.art, 5, only=("thumbnails-small", "web-optimized")).damage(6)
    stray = library.art / "thumbnails-small" / "stray.jpg"
    stray.write_bytes(b"somebody's")
    remake = repair._Mending._remake

    def interrupted(mending: Any, steps: Sequence[Step]) -> list[Step]:
        signal.raise_signal(number)
        return remake(mending, steps)

    with monkeypatch.context() as patch:
        patch.setattr(repair._Mending, "_remake", interrupted)
        assert library.run("repair").code == code
    # What was begun was done; what came after it was not.
    assert library.value("SELECT count(*) FROM artifacts WHERE stage <> 'upstream'") < 16
    assert stray.exists()
    assert library.run("repair").code == 0
    assert take_quarantine(library)
    library.ok("run", *STAGES)
    assert library.json("verify")["findings"] == []
