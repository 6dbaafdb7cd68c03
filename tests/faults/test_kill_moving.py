"""Moving in and out, killed anywhere: starting it again gives what an undisturbed one gives."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from support import oldtree
from support.faultpoints import COMMIT, COMMITTED, Forge, Point, forge_in, wait_until_nobody_in
from support.invariants import violations
from support.library import TestLibrary
from support.olddatabases import old_database
from support.oldpictures import picture
from support.states import State, broken, differences, state_of

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found through /proc")

ROUNDS = int(os.environ.get("ARTPIPE_SOAK", "12"))
SOAK = "ARTPIPE_SOAK" in os.environ
PICTURES = 60
KINDS = ("link", "mkdir", "fsync", COMMIT, COMMITTED)


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    with forge_in(tmp_path_factory.mktemp("forge")) as made:
        yield made


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> oldtree.OldTree:
    made = oldtree.build(tmp_path_factory.mktemp("tree") / "old", PICTURES)
    rows = [(made.id(number), ("yes", "no", None)[number % 3]) for number in range(0, PICTURES, 7)]
    old_database(made.root / "old.db", rows)
    return made


def migrate(tree: oldtree.OldTree) -> tuple[str, ...]:
    return ("migrate", str(tree.root), "--old-root", tree.earlier, "--db-from", str(tree.root / "old.db"))


def fresh(folder: Path, forge: Forge) -> TestLibrary:
    library = TestLibrary(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    assert forge.run(folder, "init").code == 0
    return library


def points(calls: Mapping[str, int], kinds: Sequence[str] = KINDS) -> list[Point]:
    """The first, the last, and some in between of every kind."""
    step = 1 if SOAK else 2
    chosen = []
    for kind in kinds:
        total = calls[kind]
        numbers = range(1, total + 1) if SOAK else {1, total, *range(1, total + 1, max(1, total // step))}
        chosen += [Point(kind, number) for number in sorted(numbers) if 0 < number <= total]
    return chosen


@pytest.mark.soak
def test_migrate_killed_at_any_call(tree: oldtree.OldTree, tmp_path: Path, forge: Forge) -> None:
    expected, calls = undisturbed(tree, tmp_path / "undisturbed", forge)
    for point in points(calls):
        library = fresh(tmp_path / "library", forge)
        forge.kill(library.folder, point, *migrate(tree))
        assert broken(library.db, library.art) == [], point
        assert forge.run(library.folder, *migrate(tree)).code == 0
        assert violations(library.db, library.art) == [], point
        assert differences(state_of(library.db, library.art), expected) == [], point
        assert library.value("SELECT count(*) FROM batches") == 1, "one undo takes back all of it"


@pytest.mark.soak
def test_migrate_killed_again_and_again(tree: oldtree.OldTree, tmp_path: Path, forge: Forge) -> None:
    expected, _ = undisturbed(tree, tmp_path / "undisturbed", forge)
    stamps = oldtree.stamps_of(tree.root)
    chance = random.Random(1)  # noqa: S311 - has to be repeatable, not secret
    library = fresh(tmp_path / "library", forge)
    for _ in range(ROUNDS):
        pid = forge.start(library.folder, *migrate(tree))
        time.sleep(chance.uniform(0, 0.4))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        forge.wait()
        wait_until_nobody_in(library.folder)
        assert broken(library.db, library.art) == []
    assert forge.run(library.folder, *migrate(tree)).code == 0
    assert violations(library.db, library.art) == []
    assert differences(state_of(library.db, library.art), expected) == []
    assert forge.run(library.folder, "migrate", "--verify", str(tree.root)).code == 0
    assert oldtree.stamps_of(tree.root) == stamps


@pytest.mark.soak
def test_renewal_killed_at_any_call(tmp_path: Path, forge: Forge) -> None:
    """A thumbnail that old scripts made anew, of another type, takes the place of the one before."""
    old = tmp_path / "old"
    for folder in ("img", "thumbs"):
        (old / folder).mkdir(parents=True)
    (old / "img/a.jpeg").write_bytes(picture(1, "JPEG"))

    def begin() -> TestLibrary:
        library = fresh(tmp_path / "library", forge)
        (old / "thumbs/a.png").unlink(missing_ok=True)
        (old / "thumbs/a.png").write_bytes(picture(2, "PNG"))
        assert forge.run(library.folder, "migrate", "../old").code == 0
        (old / "thumbs/a.png").unlink()
        (old / "thumbs/a.png").write_bytes(picture(3, "JPEG"))
        return library

    calls = forge.run(begin().folder, "migrate", "../old").calls
    for point in points(calls, (COMMIT, COMMITTED, "rename", "unlink", "fsync")):
        library = begin()
        forge.kill(library.folder, point, "migrate", "../old")
        assert broken(library.db, library.art) == [], point
        assert forge.run(library.folder, "migrate", "../old").code == 0, point
        assert violations(library.db, library.art) == [], point
        assert library.files() == {
            "upstream/a.jpeg": picture(1, "JPEG"),
            "thumbnails-small/a.jpeg": picture(3, "JPEG"),
        }, point


@pytest.mark.soak
def test_letting_go_of_what_was_emptied_killed_at_any_call(tmp_path: Path, forge: Forge) -> None:
    """Old scripts have emptied an original and a thumbnail; the original's bytes have a second name in the tree."""
    old = tmp_path / "old"

    def begin() -> TestLibrary:
        library = fresh(tmp_path / "library", forge)
        shutil.rmtree(old, ignore_errors=True)
        for name, seed in (("img/a.jpeg", 1), ("yes/a.jpeg", 1), ("img/b.jpeg", 2), ("thumbs/b.png", 3)):
            (old / name).parent.mkdir(parents=True, exist_ok=True)
            (old / name).write_bytes(picture(seed, "JPEG"))
        assert forge.run(library.folder, "migrate", "../old").code == 0
        for name in ("img/a.jpeg", "img/b.jpeg", "thumbs/b.png"):
            os.truncate(old / name, 0)
        return library

    calls = forge.run(begin().folder, "migrate", "../old").calls
    for point in points(calls, (COMMIT, COMMITTED, "unlink", "fsync", "link")):
        library = begin()
        forge.kill(library.folder, point, "migrate", "../old")
        assert forge.run(library.folder, "migrate", "../old").code == 0, point
        assert violations(library.db, library.art) == [], point
        assert library.files() == {"upstream/a.jpeg": picture(1, "JPEG")}, point
        contents = library.sql("SELECT id, content FROM images ORDER BY id")
        assert contents == [("a", "present"), ("b", "truncated")], point


@pytest.mark.soak
def test_export_killed_at_any_call(tree: oldtree.OldTree, tmp_path: Path, forge: Forge) -> None:
    """First while it fills a folder, then while it brings one up to date."""
    library = fresh(tmp_path / "library", forge)
    assert forge.run(library.folder, "migrate", str(tree.root)).code == 0
    expected = oldtree.files_of(tree.root)
    undecided = tree.id(4)
    for number, point in enumerate(points(forge.run(library.folder, "export-dirs", "../probe").calls)):
        out = tmp_path / f"out{number}"
        forge.kill(library.folder, point, "export-dirs", str(out))
        assert forge.run(library.folder, "export-dirs", str(out)).code == 0, point
        assert oldtree.files_of(out) == expected, point
        if number % 5 == 0:
            changed_and_killed(library, forge, out, undecided)
            assert oldtree.files_of(out) == expected, point


def changed_and_killed(library: TestLibrary, forge: Forge, out: Path, image_id: str) -> None:
    """A decision is made and shown, then taken back, with a kill on each way."""
    for command, marks in ((("approve", image_id), 1), (("reset", image_id), 0)):
        assert forge.run(library.folder, *command).code == 0
        for kind in (COMMIT, COMMITTED, "unlink"):
            forge.run(library.folder, "export-dirs", str(out), kill=Point(kind, 2))
        assert forge.run(library.folder, "export-dirs", str(out)).code == 0
        assert (out / f"yes/{image_id}.jpeg").exists() == bool(marks)


def undisturbed(tree: oldtree.OldTree, folder: Path, forge: Forge) -> tuple[State, dict[str, int]]:
    library = fresh(folder, forge)
    ended = forge.run(folder, *migrate(tree))
    assert ended.code == 0, ended
    return state_of(library.db, library.art), dict(ended.calls)
