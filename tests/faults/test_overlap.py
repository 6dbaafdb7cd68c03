"""Runs that overlap do everything once: proved from the jobs table and from counted renames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.faultpoints import Forge, forge_in
from support.invariants import violations
from support.library import TestLibrary
from support.photos import small

ROUNDS = 10
RUNS = 4
IMAGES = 8
STAGES = ("thumbnails-small", "web-optimized", "blurhash", "phash")
FILES_PER_IMAGE = 2


@pytest.fixture(scope="module")
def forges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Forge]]:
    """As many commands at once; each forge runs one."""
    with ExitStack() as stack:
        yield [stack.enter_context(forge_in(tmp_path_factory.mktemp("forge"))) for _ in range(RUNS)]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_four_runs_at_once_share_the_work(forges: list[Forge], tmp_path: Path, number: int) -> None:
    library = TestLibrary(tmp_path)
    for seed in range(IMAGES):
        small(library.img / f"{seed}.png", seed + number * IMAGES, (40, 30))
    library.ok("register", "--approve", "img")
    for forge in forges:
        forge.start(library.folder, "run", "-j", "1", *STAGES)
    ended = [forge.wait() for forge in forges]
    assert [one.code for one in ended] == [0] * RUNS, [one.err for one in ended]
    # A run that found nothing left ends while another is still at work; after the last one all is done.
    rows = library.sql("SELECT image_id, stage, status, count(*) FROM jobs GROUP BY 1, 2, 3")
    assert len(rows) == IMAGES * len(STAGES)
    assert {(status, times) for _, _, status, times in rows} == {("completed", 1)}
    assert sum(one.calls["rename"] for one in ended) == IMAGES * FILES_PER_IMAGE
    assert violations(library.db, library.art) == []
