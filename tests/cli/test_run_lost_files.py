"""Runs where rows, files or whole folders are gone or are not what they were."""

from __future__ import annotations

from support.library import TestLibrary
from support.photos import small
from support.running import STAGES, made, three


def test_artifact_row_that_was_deleted_is_made_again(library: TestLibrary) -> None:
    library.repeats = True
    three(library)
    library.ok("run")
    before = library.files()
    library.sql("DELETE FROM artifacts WHERE stage = 'web-optimized'")
    assert set(library.json("run")["by_stage"]) == {"web-optimized"}
    assert library.files() == before


def test_missing_art_stops_everything(library: TestLibrary) -> None:
    three(library)
    library.ok("run")
    library.art.rename(library.folder / "unplugged")
    assert library.run("run").code == 4
    library.art.mkdir()
    assert library.run("run").code == 4
    assert library.run("register", "img").code == 4
    library.art.rmdir()
    (library.folder / "unplugged").rename(library.art)
    assert "up to date" in library.ok("run").err


def test_lost_and_damaged_derived_files_are_made_again_when_they_are_needed(library: TestLibrary) -> None:
    library.repeats = True
    three(library)
    library.ok("run", "web-optimized", "thumbnails-small")
    before = library.files()
    library.artifact("a", "web-optimized").unlink()
    library.artifact("b", "thumbnails-small").write_bytes(b"scribble")
    # Other files keep the folders from looking unmounted.
    (library.art / "web-optimized/keep").touch()
    data = library.json("run")
    (library.art / "web-optimized/keep").unlink()
    assert data["failed"] == 0
    assert {name: library.files()[name] for name in before} == before
    assert made(library)["a"] == STAGES
    assert library.sql("SELECT count(*) FROM jobs WHERE status <> 'completed'") == [(0,)]


def test_folder_that_is_gone_is_no_reason_to_make_everything_again(library: TestLibrary) -> None:
    three(library)
    library.ok("run", "web-optimized")
    (library.art / "web-optimized").rename(library.folder / "unplugged")
    result = library.run("run", "ersgan-enhanced")
    assert result.code == 4
    assert "web-optimized" in result.err
    (library.folder / "unplugged").rename(library.art / "web-optimized")
    assert library.json("run", "ersgan-enhanced")["completed"] == 1
    assert library.value("SELECT max(attempts) FROM jobs") == 1


def test_original_that_was_changed_in_place_is_noticed(library: TestLibrary) -> None:
    three(library)
    before = (library.img / "a.png").read_bytes()
    (library.img / "a.png").write_bytes(small(library.folder / "other.png", 50).read_bytes())
    assert library.run("run").code == 1
    assert {row[0] for row in library.sql("SELECT error_code FROM jobs WHERE status = 'failed'")} == {"input-damaged"}
    assert "a" not in made(library)
    (library.img / "a.png").write_bytes(before)
    library.ok("retry")
    library.ok("run")
    assert made(library)["a"] == STAGES


def test_lost_original_comes_back_by_registering(library: TestLibrary) -> None:
    three(library)
    (library.art / "upstream/a.png").unlink()
    assert library.run("run").code == 1
    library.ok("register", "--rehash", "img")
    library.ok("retry")
    library.ok("run")
    assert made(library)["a"] == STAGES


def test_no_value_outlives_the_file_it_describes(library: TestLibrary) -> None:
    three(library)
    library.ok("run")
    library.ok("approve", "b")
    library.ok("run")
    library.settings("[stages.thumbnails-small]\nwidth = 20\n")
    library.ok("run")
    stale = (
        "SELECT v.image_id, v.stage FROM blurhash_cache v JOIN artifacts a ON a.image_id = v.image_id AND a.stage = v.stage"
        " WHERE v.input_sha256 <> a.sha256"
    )
    assert library.sql(stale) == []
    assert library.ok("verify").code == 0
