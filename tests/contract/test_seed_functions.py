"""The main seed's shell functions and migration one-liners, run by bash with the sqlite3 shell on our file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from support import seeds
from support.damage import fill
from support.library import TestLibrary
from support.photos import small

DOCUMENT = seeds.document()
SOURCES = [pytest.param(None, id="our-equivalents"), pytest.param(DOCUMENT, id="the-seed")][: 2 if DOCUMENT else 1]
HASH = "L9AB23~q^+IA4;xDRjSh{9s:O9M}"


class Shell:
    """bash with the functions loaded, in the library's folder."""

    def __init__(self, library: TestLibrary, source: Path | None) -> None:
        self.library = library
        self._prelude = seeds.functions(source) + seeds.exported()
        self._path = seeds.tools(library.folder / ".tools")

    def __call__(self, script: str, errors: str = "") -> list[str]:
        """Lines on stdout; what stands on stderr must hold `errors`, or nothing."""
        done = subprocess.run(
            ["bash", "-c", f"{self._prelude}\n{script}"],
            cwd=self.library.folder,
            env=os.environ | {"PATH": self._path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (errors in done.stderr) if errors else (done.stderr == ""), done.stderr
        return done.stdout.splitlines()


@pytest.fixture(params=SOURCES)
def sh(library: TestLibrary, request: pytest.FixtureRequest) -> Shell:
    return Shell(library, request.param)


@pytest.fixture
def old_tree(library: TestLibrary) -> TestLibrary:
    """As the seed's author has it: a and b in yes/, c in no/, d undecided."""
    for seed, name in enumerate("abcd"):
        small(library.img / f"{name}.jpeg", seed)
        small(library.folder / "thumbs" / f"{name}.png", seed, (30, 20))
    for path in ("yes/a.jpeg", "yes/b.jpeg", "no/c"):
        (library.folder / path).parent.mkdir(exist_ok=True)
        (library.folder / path).touch()
    library.ok("init")
    return library


def codes(library: TestLibrary) -> dict[str, int]:
    found: dict[str, int] = library.json("verify")["by_code"]
    return found


def test_jobs(sh: Shell, library: TestLibrary) -> None:
    fill(library, 3)
    sh("db-start-job 00 ersgan-enhanced; db-start-job 01 ersgan-enhanced")
    assert library.run("start-job", "00", "ersgan-enhanced").code == 75
    sh("db-complete-job 00 ersgan-enhanced; db-fail-job 01 ersgan-enhanced 'no memory'")
    rows = library.sql("SELECT image_id, status, error_message, retry_count FROM jobs WHERE stage = 'ersgan-enhanced'")
    assert rows == [("00", "completed", None, 0), ("01", "failed", "no memory", 1)]
    library.ok("start-job", "01", "ersgan-enhanced")
    sh("db-complete-job 01 ersgan-enhanced")
    assert library.value("SELECT count(*) FROM jobs WHERE claimed_by IS NOT NULL") == 0
    assert codes(library) == {}


def test_artifacts_that_lie_in_their_place(sh: Shell, library: TestLibrary) -> None:
    """The function stores the path as it is seen from the library's folder."""
    fill(library, 3)
    for seed in range(2):
        small(library.art / f"ersgan-enhanced/0{seed}.png", 10 + seed, (240, 160))
    sh("""db-log-artifact 00 ersgan-enhanced art/ersgan-enhanced/00.png '{"model": "x"}'""")
    sh("db-sync-artifacts ersgan-enhanced art/ersgan-enhanced")
    assert sh("db-find-ready web-optimized ersgan-enhanced") == ["02"]
    assert library.ok("find-ready", "web-optimized", "ersgan-enhanced").lines == ["02"]
    assert codes(library) == {}
    assert library.json("run", "ersgan-thumbnails", "00", "01")["completed"] == 2
    sh("db-sync-artifacts ersgan-enhanced art/ersgan-enhanced")
    assert codes(library) == {}


def test_blurhashes(sh: Shell, library: TestLibrary) -> None:
    fill(library, 3)
    library.sql("DELETE FROM blurhash_cache")
    sh(f"db-store-blurhash 00 web-optimized '{HASH}' 60 40")
    # It asks ImageMagick for the size, with a path that leads nowhere from here.
    identify = library.folder / ".tools" / "identify"
    identify.write_text("#!/bin/sh\necho 60 40\n")
    identify.chmod(0o755)
    sh("db-generate-blurhash web-optimized art/web-optimized")
    assert library.value("SELECT count(*) FROM blurhash_cache WHERE blurhash = ? AND width = 60", (HASH,)) == 3
    assert codes(library) == {}
    assert library.json("run", "--dry-run", "blurhash")["would_run"] == 0


def test_statistics(sh: Shell, library: TestLibrary) -> None:
    fill(library, 3)
    text = "\n".join(sh("db-stats"))
    for line in ("Total Images", "web-optimized", "upstream"):
        assert line in text


PHASE_1 = """
find img/ -name "*.jpeg" | cut -d/ -f2 | cut -d. -f1 | sort | xargs -n 100 bash -c 'db-upsert-images "$@" | sqlite3 cv.db' _
db-migrate-approval | sqlite3 cv.db
db-sync-artifacts "thumbnails-small" "thumbs/"
"""
PHASE_2 = """
mkdir -p art/upstream
find img/ -name "*.jpeg" | while read f; do
    id=$(basename "$f" .jpeg)
    ln "$f" "art/upstream/${id}.jpeg"
done
"""


def test_migration_of_a_tree(sh: Shell, old_tree: TestLibrary) -> None:
    sh(PHASE_1)
    decided: dict[str, int] = dict(old_tree.sql("SELECT id, approved - rejected FROM images"))
    assert decided == {"a": 1, "b": 1, "c": -1, "d": 0}
    assert old_tree.value("SELECT count(*) FROM decisions") == 3
    # Their thumbnails lie outside of art/, which no seed command says is right.
    assert codes(old_tree) == {"outside-art": 4}
    sh(PHASE_2)
    assert codes(old_tree) == {"outside-art": 4, "file-unrecorded": 4}
    assert old_tree.json("repair")["adopted"] == 4
    assert old_tree.json("sync-artifacts", "thumbnails-small", "thumbs")["logged"] == 4
    assert codes(old_tree) == {}
    assert old_tree.json("report")["quality"]["approved_without_dimensions"]["count"] == 2
    old_tree.ok("register", "--rehash", "img")
    assert old_tree.value("SELECT count(*) FROM images WHERE content = 'present' AND width = 60") == 4
    assert old_tree.json("run", "web-optimized")["completed"] == 2


def test_migration_of_a_tree_that_is_both_in_yes_and_no(sh: Shell, old_tree: TestLibrary) -> None:
    (old_tree.folder / "no/a").touch()
    sh(PHASE_1, errors="CHECK constraint failed")
    assert old_tree.sql("SELECT approved, rejected FROM images WHERE id = 'a'") == [(1, 0)]
    old_tree.ok("sync-artifacts", "thumbnails-small", "thumbs")


def test_registering_again_takes_decisions_which_verify_names(sh: Shell, library: TestLibrary) -> None:
    for seed in range(3):
        small(library.img / f"{seed}.jpeg", seed)
    library.ok("register", "img")
    library.ok("approve", "0", "1")
    (library.folder / "yes").mkdir()
    (library.folder / "yes" / "1.jpeg").touch()
    sh("db-upsert-images 0 1 2 | sqlite3 cv.db")
    findings = library.json("verify")["findings"]
    assert [(finding["item"], finding["code"]) for finding in findings] == [("0", "decision-weakened")]
    library.ok("approve", "0")
    assert codes(library) == {}
    assert library.value("SELECT count(*) FROM images WHERE content = 'present' AND width = 60") == 3
