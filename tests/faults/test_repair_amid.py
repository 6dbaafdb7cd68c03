"""repair that is killed, comes after a killed run, or works beside one."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from support.damage import STAGES, as_it_was, fill, in_background, take_quarantine
from support.faultpoints import Forge, Point, forge_in, wait_until_nobody_in
from support.library import TestLibrary
from support.repairing import counts, repair, replace_file, sound


def test_what_a_run_had_in_hand_when_it_died_is_swept_and_made_again(
    library: TestLibrary, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fill(library, 4)
    library.settings('[stages.thumbnails-small]\nformat = "jpeg"\n')
    with forge_in(tmp_path_factory.mktemp("forge")) as forge:
        assert forge.kill(library.folder, Point("rename", 2), "run", "thumbnails-small")
    wait_until_nobody_in(library.folder)
    findings = library.json("verify")["findings"]
    assert {finding["code"] for finding in findings} >= {"file-unrecorded", "run-died", "job-orphaned", "scratch-left"}
    assert {finding["repair"] for finding in findings} == {"reclaim", "sweep"}
    planned = counts(repair(library, 0, "--dry-run"))
    assert counts(repair(library)) == planned
    assert take_quarantine(library) == {}
    sound(library)


def break_it(library: TestLibrary, files: dict[str, bytes]) -> None:
    """Something of every kind that repair moves files or rows for."""
    replace_file(library.art / "upstream/00.png", b"damaged")
    library.sql("DELETE FROM artifacts WHERE image_id = '01' AND stage = 'upstream'")
    library.sql("UPDATE artifacts SET sha256 = 'wrong' WHERE image_id = '02' AND stage = 'upstream'")
    replace_file(library.art / "upstream/02.png", files["upstream/03.png"])
    replace_file(library.art / "upstream/03.png", files["upstream/02.png"])
    (library.art / "thumbnails-small/00.webp").write_bytes(b"damaged")
    (library.art / "web-optimized/01.webp").unlink()
    (library.art / "web-optimized/stray.webp").write_bytes(b"stray")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestLibrary, dict[str, bytes], Forge]]:
    """A library with all kinds of damage, and the files it had before; tests leave it as it is."""
    library = TestLibrary(tmp_path_factory.mktemp("broken"))
    files = fill(library, 4)
    break_it(library, files)
    with forge_in(tmp_path_factory.mktemp("forge")) as forge:
        yield library, files, forge


def test_everything_at_once_is_brought_back(broken: tuple[TestLibrary, dict[str, bytes], Forge]) -> None:
    library, files, _ = broken
    with as_it_was(library):
        assert counts(repair(library)) == {"repaired": 4, "adopted": 2, "queued": 3, "quarantined": 1}
        take_quarantine(library)
        library.ok("run", *STAGES)
        assert library.files() == files


@pytest.mark.parametrize("kind", ["rename", "link", "unlink", "fsync", "commit", "committed"])
def test_repair_that_is_killed_is_finished_by_the_next(
    broken: tuple[TestLibrary, dict[str, bytes], Forge], kind: str
) -> None:
    library, _, forge = broken
    before = {*library.files().values()}
    with as_it_was(library):
        calls = forge.run(library.folder, "repair").calls[kind]
    assert calls > 0
    for number in random.Random(kind).sample(range(1, calls + 1), min(calls, 4)):  # noqa: S311 - repeatable
        with as_it_was(library):
            forge.kill(library.folder, Point(kind, number), "repair")
            assert before - {*library.files().values()} == set(), "something that was there is gone"
            repair(library)
            assert library.json("verify")["findings"] == []
            assert before - {*library.files().values()} == set()


WORK = """
until [ -e enough ]; do
  for format in jpeg webp jpeg; do
    printf '[stages.%s]\\nformat = "%s"\\n' thumbnails-small $format web-optimized $format > artpipe.toml
    artpipe run -q -j 2 thumbnails-small web-optimized blurhash phash
  done
done
"""


def test_repair_takes_nothing_from_a_run_that_works(library: TestLibrary) -> None:
    fill(library, 12)
    worker = in_background(library, WORK)
    rounds = 0
    while worker.poll() is None:
        (library.art / f"thumbnails-small/stray-{rounds}.webp").write_bytes(b"stray")
        assert counts(repair(library, 0, *(["--quick"] if rounds % 2 else []))) == {"quarantined": 1}
        rounds += 1
        if rounds > 3:
            (library.folder / "enough").touch()
    assert worker.communicate() == (b"", b"")
    assert rounds > 3
    assert list(take_quarantine(library).values()) == [b"stray"] * rounds
    library.settings("")
    sound(library)
