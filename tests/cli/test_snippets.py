"""The old scripts' functions and recipes, done by artpipe."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from support.damage import fill
from support.library import Result, TestLibrary
from support.photos import small
from support.seeds import NAMES

JUST = shutil.which("just")
HASH = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"


@pytest.fixture
def tree(library: TestLibrary) -> TestLibrary:
    """An old tree: a and b in yes/, c in no/, d undecided, b in both."""
    for seed, name in enumerate("abcd"):
        small(library.img / f"{name}.jpeg", seed)
    for path in ("yes/a.jpeg", "yes/b.jpeg", "no/c", "no/b.jpeg"):
        (library.folder / path).parent.mkdir(exist_ok=True)
        (library.folder / path).touch()
    library.ok("init")
    return library


def sh(library: TestLibrary, script: str) -> Result:
    return library.shell(f'eval "$(artpipe snippets --shell)"\n{script}')


def states(library: TestLibrary) -> dict[str, int]:
    return dict(library.sql("SELECT id, approved - rejected FROM images"))


def test_every_name_of_the_old_scripts_is_there(library: TestLibrary) -> None:
    shown = sh(library, "compgen -A function").lines
    assert set(NAMES) <= set(shown)
    both = library.json("snippets")["snippets"]
    assert list(both) == ["functions.sh", "Justfile"]
    assert library.ok("snippets", "--just").out == both["Justfile"]
    assert library.ok("snippets").out == both["functions.sh"] + both["Justfile"]
    assert library.run("snippets", "--shell", "--just").code == 2


def test_a_tree_of_markers(tree: TestLibrary) -> None:
    old = "ls img | cut -d. -f1 | sort | xargs -n 2 bash -c 'db-upsert-images \"$@\" | sqlite3 cv.db' _"
    new = old.replace(" | sqlite3 cv.db", "")
    assert sh(tree, old if shutil.which("sqlite3") else new).code == 0
    assert states(tree) == {"a": 1, "b": 1, "c": 0, "d": 0}
    assert sh(tree, "db-migrate-approval").code == 0
    assert states(tree) == {"a": 1, "b": 1, "c": -1, "d": 0}
    # What is decided outweighs the markers.
    tree.ok("reject", "a", "--reason", "blurry")
    assert sh(tree, "db-upsert-images a b c d; db-migrate-approval").code == 0
    assert states(tree) == {"a": -1, "b": 1, "c": -1, "d": 0}
    assert "img/nobody.*: no such file" in sh(tree, "db-upsert-images nobody").err


def test_a_script_that_works_on_what_is_ready(library: TestLibrary) -> None:
    fill(library, 3)
    work = (
        "db-find-ready web-optimized ersgan-enhanced | xargs -P3 -I{} bash -c '"
        "db-start-job {} ersgan-enhanced || exit 0\n"
        '[ {} != 02 ] || { db-fail-job {} ersgan-enhanced "-no memory"; exit 0; }\n'
        'db-log-artifact {} ersgan-enhanced img/{}.png "{\\"by\\": 1}" && db-complete-job {} ersgan-enhanced\''
    )
    assert sh(library, work).code == 0
    rows = library.sql("SELECT image_id, status, error_message FROM jobs WHERE stage = 'ersgan-enhanced' ORDER BY 1")
    assert rows == [("00", "completed", None), ("01", "completed", None), ("02", "failed", "-no memory")]
    assert library.ok("find-ready", "web-optimized", "ersgan-enhanced").lines == ["02"]
    assert library.json("verify")["findings"] == []


def test_the_other_functions(library: TestLibrary) -> None:
    fill(library, 3)
    assert sh(library, "db-sync-artifacts ersgan-enhanced img").code == 0
    assert sh(library, f"db-store-blurhash 00 web-optimized '{HASH}' 60 40").code == 0
    assert sh(library, "db-generate-blurhash web-optimized art/web-optimized; db-migrate-blurhash").code == 0
    assert "approved" in sh(library, "db-stats").out
    assert library.value("SELECT blurhash FROM blurhash_cache WHERE image_id = '00'") == HASH
    assert library.value("SELECT count(*) FROM artifacts WHERE stage = 'ersgan-enhanced'") == 3


def test_zsh_and_checks_of_the_text(library: TestLibrary) -> None:
    text = library.ok("snippets", "--shell").out
    done = subprocess.run(["bash", "-n"], input=text, text=True, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    for shell, options in (("zsh", ["-n"]), ("shellcheck", ["-s", "bash", "-"])):
        if shutil.which(shell):
            subprocess.run([shell, *options], input=text, text=True, check=True)


@pytest.mark.skipif(JUST is None, reason="just is not installed (pip install rust-just)")
def test_recipes(tree: TestLibrary) -> None:
    (tree.folder / "Justfile").write_text(tree.ok("snippets", "--just").out)
    listed = tree.shell("just --list").out
    assert all(f"\n    {name} " in listed for name in NAMES)
    script = f"""
        set -e
        just register
        just db-upsert-images a b
        just db-migrate-approval
        just run thumbnails-small web-optimized
        for id in $(just db-find-ready web-optimized ersgan-enhanced); do
            just db-start-job "$id" ersgan-enhanced
            just db-log-artifact "$id" ersgan-enhanced "img/$id.jpeg" '{{"by": "a b"}}'
            just db-complete-job "$id" ersgan-enhanced
        done
        just db-start-job c other
        just db-fail-job c other "out of memory"
        just db-sync-artifacts video-frames img
        just db-store-blurhash a web-optimized '{HASH}' 60 40
        just db-generate-blurhash
        just db-migrate-blurhash
        just db-stats
        just report
        just verify --quick
        just migrate
        just export-dirs ../old-dirs
        just export-dirs ../old-dirs
    """
    done = tree.shell(script)
    assert done.code == 0, done.err
    assert (tree.folder.parent / "old-dirs/yes/a.jpeg").exists()
    assert states(tree) == {"a": 1, "b": 1, "c": -1, "d": 0}
    assert tree.value("SELECT processing_params FROM artifacts WHERE stage = 'ersgan-enhanced'") == '{"by": "a b"}'
    assert tree.value("SELECT error_message FROM jobs WHERE stage = 'other'") == "out of memory"
    assert tree.value("SELECT count(*) FROM artifacts WHERE stage IN ('ersgan-enhanced', 'video-frames')") == 6
