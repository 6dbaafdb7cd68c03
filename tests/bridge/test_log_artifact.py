"""Files of other programs: checked, placed, recorded, in place of what was there."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from support.damage import fill
from support.library import TestLibrary
from support.photos import small

ENHANCE = "ersgan-enhanced"
COLUMNS = "file_path, sha256, file_size, width, height, processing_params, input_sha256, recipe"


@pytest.fixture
def filled(library: TestLibrary) -> TestLibrary:
    """Two approved pictures, everything made but the upscales."""
    fill(library, 2)
    return library


def row(library: TestLibrary, stage: str = ENHANCE, image: str = "00") -> dict[str, object]:
    rows = library.sql(f"SELECT {COLUMNS} FROM artifacts WHERE image_id = ? AND stage = ?", (image, stage))
    return dict(zip(COLUMNS.split(", "), rows[0], strict=True))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sound(library: TestLibrary) -> bool:
    return bool(library.json("verify")["findings"] == [])


def test_everything_about_a_file_is_recorded(filled: TestLibrary) -> None:
    made = small(filled.folder / "out" / "x.png", 5, (240, 160))
    data = filled.json("log-artifact", "00", ENHANCE, "out/x.png", '{"model": "x4plus"}')
    assert data["file_path"] == "ersgan-enhanced/00.png"
    assert row(filled) == {
        "file_path": "ersgan-enhanced/00.png",
        "sha256": sha256(made),
        "file_size": made.stat().st_size,
        "width": 240,
        "height": 160,
        "processing_params": '{"model": "x4plus"}',
        "recipe": None,
        "input_sha256": sha256(filled.artifact("00", "web-optimized")),
    }
    assert sound(filled)
    assert filled.json("run", "--dry-run", ENHANCE, "00")["would_run"] == 0


def test_a_file_that_is_written_over_later_does_no_harm_unless_it_is_linked(filled: TestLibrary) -> None:
    out = small(filled.folder / "out.png", 5)
    first = out.read_bytes()
    filled.ok("log-artifact", "00", ENHANCE, "out.png")
    out.write_bytes(small(filled.folder / "other.png", 6).read_bytes())
    filled.ok("log-artifact", "01", ENHANCE, "out.png", "--link")
    assert filled.artifact("00", ENHANCE).read_bytes() == first
    assert filled.artifact("00", ENHANCE).stat().st_nlink == 1
    assert filled.artifact("01", ENHANCE).samefile(out)
    assert sound(filled)


def test_a_file_in_its_place_is_taken_as_it_is(filled: TestLibrary) -> None:
    place = small(filled.art / ENHANCE / "00.png", 5)
    inode = place.stat().st_ino
    filled.ok("log-artifact", "00", ENHANCE, place)
    assert place.stat().st_ino == inode
    assert sound(filled)
    small(place, 6)
    filled.ok("log-artifact", "00", ENHANCE, f"art/../art/{ENHANCE}/00.png")
    assert row(filled)["sha256"] == sha256(place)
    other = small(filled.art / ENHANCE / "00.webp", 7)
    filled.ok("log-artifact", "00", ENHANCE, other)
    assert [path.name for path in other.parent.iterdir()] == ["00.webp"]
    assert sound(filled)


@pytest.mark.parametrize("name", ["x.webp", "x.png"], ids=["same-name", "other-name"])
def test_replacing_what_a_run_made(filled: TestLibrary, name: str) -> None:
    before = filled.value("SELECT blurhash FROM blurhash_cache WHERE image_id = '00'")
    made = small(filled.folder / name, 5)
    filled.ok("log-artifact", "00", "web-optimized", made)
    files = [path.name for path in (filled.art / "web-optimized").glob("00.*")]
    assert files == [f"00{made.suffix}"]
    assert sound(filled)
    # The blurhash was another file's; the web copy itself is taken as it is.
    assert filled.json("run", "web-optimized", "blurhash")["by_stage"] == {"blurhash": {"completed": 1, "failed": 0}}
    assert filled.value("SELECT blurhash FROM blurhash_cache WHERE image_id = '00'") != before


def test_it_gets_stale_when_its_input_changes(filled: TestLibrary) -> None:
    filled.ok("log-artifact", "00", ENHANCE, "img/01.png")
    filled.settings("[stages.web-optimized]\nwidth = 30\n")
    filled.ok("run", "web-optimized")
    assert filled.json("why", "00", ENHANCE)["reason"] == "input-changed"


def test_a_job_that_began_before_the_input_changed_made_it_from_the_old_one(filled: TestLibrary) -> None:
    seen = sha256(filled.artifact("00", "web-optimized"))
    filled.ok("start-job", "00", ENHANCE)
    filled.settings("[stages.web-optimized]\nwidth = 30\n")
    filled.ok("run", "web-optimized")
    filled.ok("log-artifact", "00", ENHANCE, "img/01.png")
    filled.ok("complete-job", "00", ENHANCE)
    assert row(filled)["input_sha256"] == seen
    assert filled.json("why", "00", ENHANCE)["reason"] == "input-changed"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.png", b"", "empty"),
        ("text.png", b"no picture", "invalid"),
        ("cut.png", None, "truncated"),
        ("cut.html", None, "truncated"),
        ("missing.png", ..., "unreadable"),
        ("folder.png", "folder", "unreadable"),
    ],
)
def test_what_is_no_sound_file_is_refused(filled: TestLibrary, name: str, data: object, code: str) -> None:
    path = filled.folder / name
    if data == "folder":
        path.mkdir()
    elif data is not ...:
        path.write_bytes(data if isinstance(data, bytes) else (filled.img / "00.png").read_bytes()[:200])
    before = filled.files()
    result = filled.run("log-artifact", "00", "web-optimized", path, "--json")
    document = json.loads(result.out)
    assert (result.code, [error["code"] for error in document["errors"]]) == (1, [code])
    assert filled.files() == before
    assert sound(filled)


def test_pages_and_other_files_keep_their_type(filled: TestLibrary) -> None:
    (filled.folder / "page.HTML").write_text("<html>")
    (filled.folder / "bare").write_text("x")
    filled.ok("log-artifact", "00", "gallery-html", "page.HTML")
    filled.ok("log-artifact", "01", "gallery-html", "bare")
    assert (row(filled, "gallery-html")["file_path"], row(filled, "gallery-html")["width"]) == (
        "gallery-html/00.html",
        None,
    )
    assert row(filled, "gallery-html", "01")["file_path"] == "gallery-html/01.bin"
    said = filled.ok("log-artifact", "00", "my-own", "page.HTML").err
    assert "no stage of artpipe.toml" in said
    assert sound(filled)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("nobody", ENHANCE, "img/00.png"), 1, "There is no image nobody. Take it in first: `artpipe register FILE`"),
        (("00", "upstream", "img/01.png"), 2, "`artpipe register FILE`"),
        (("00", "blurhash", "img/01.png"), 2, "store-blurhash"),
        (("00", "../x", "img/01.png"), 2, "cannot be the name of a stage"),
        (("00", ENHANCE, "img/01.png", "{no json"), 2, "must be JSON"),
        (("00", ENHANCE, "img/01.png", '{"a": NaN}'), 2, "must be JSON"),
    ],
)
def test_wrong_arguments_change_nothing(filled: TestLibrary, arguments: tuple[str, ...], code: int, says: str) -> None:
    before = filled.files()
    result = filled.run("log-artifact", *arguments)
    assert (result.code, says in result.err) == (code, True), result
    assert filled.files() == before


@pytest.mark.parametrize("params", ["null", "", "[1, 2]", '"text"', "4"])
def test_parameters_are_any_json(filled: TestLibrary, params: str) -> None:
    filled.ok("log-artifact", "00", ENHANCE, "img/01.png", params)
    assert row(filled)["processing_params"] == (None if params in {"", "null"} else params)


def test_a_row_that_names_a_file_elsewhere_is_replaced_and_that_file_let_be(filled: TestLibrary) -> None:
    for path in ("img/01.png", str(filled.img / "01.png"), "../img/01.png"):
        filled.sql("UPDATE artifacts SET file_path = ? WHERE image_id = '00' AND stage = 'web-optimized'", (path,))
        filled.ok("log-artifact", "00", "web-optimized", "img/00.png")
        assert (filled.img / "01.png").is_file()
    (filled.art / "web-optimized/00.webp").unlink()
    assert sound(filled)


@pytest.mark.parametrize("path", ["{folder}/img/01.png", "../img/01.png"])
def test_a_run_replaces_such_a_row_too(filled: TestLibrary, path: str) -> None:
    filled.sql(
        "UPDATE artifacts SET file_path = ?, input_sha256 = 'other' WHERE image_id = '00' AND stage = 'web-optimized'",
        (path.format(folder=filled.folder),),
    )
    filled.repeats = True
    assert filled.json("run", "web-optimized")["completed"] == 1
    assert (filled.img / "01.png").is_file()
    assert sound(filled)


def test_a_linked_stage_folder_on_another_disk(filled: TestLibrary) -> None:
    disk = filled.folder / "disk"
    disk.mkdir()
    (filled.art / "video-frames").symlink_to(disk)
    small(disk / "00.png", 8)
    filled.ok("log-artifact", "00", "video-frames", disk / "00.png")
    filled.ok("log-artifact", "01", "video-frames", "img/00.png")
    assert sorted(path.name for path in disk.iterdir()) == ["00.png", "01.png"]
    assert sound(filled)


def test_many_at_once_onto_the_same_place(filled: TestLibrary) -> None:
    for seed in range(6):
        small(filled.folder / f"{seed}.png", seed)
    commands = [filled.start("log-artifact", "00", ENHANCE, f"{seed}.png") for seed in range(6)]
    codes = [command.wait() for command in commands]
    for command in commands:
        command.communicate()
    # Two that meet while one has files in hand: the other is told to try again.
    assert set(codes) <= {0, 75}
    assert 0 in codes
    assert sound(filled)


def test_no_art_no_artifact(filled: TestLibrary) -> None:
    os.rename(filled.art, filled.folder / "away")
    assert filled.run("log-artifact", "00", ENHANCE, "img/00.png").code == 4
    os.rename(filled.folder / "away", filled.art)
