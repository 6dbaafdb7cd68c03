"""artpipe rebuild: make again although nothing has changed; --check: prove that it comes out the same."""

from __future__ import annotations

import hashlib
import json

import pytest
from support.films import film
from support.gates import Gate
from support.library import TestLibrary
from support.photos import small
from support.templates import prepared

DATES = json.dumps(["sh", "-c", 'cat "$1" > "$2"; date +%s%N >> "$2"', "sh", "{input}", "{output}"])
DATED = f'[stages.dated]\ncommand = {DATES}\nextension = "bin"\n'


@pytest.fixture
def made(library: TestLibrary) -> TestLibrary:
    library.repeats = True
    return prepared(library, make)


def make(library: TestLibrary) -> None:
    """Three approved images with the quick stages made, and one that is rejected since."""
    for seed in range(4):
        small(library.img / f"p{seed}.png", seed)
    library.ok("register", "--approve", "img")
    library.ok("run", "thumbnails-small", "web-optimized", "blurhash", "phash")
    library.ok("reject", "p3", "--reason", "bad")


def completed(library: TestLibrary) -> dict[tuple[str, str], int]:
    sql = "SELECT image_id, stage, count(*) FROM jobs WHERE status = 'completed' GROUP BY 1, 2"
    return {(row[0], row[1]): row[2] for row in library.sql(sql)}


def test_stage_is_made_again_for_every_image_that_it_is_for(made: TestLibrary) -> None:
    files = made.files()
    said = made.json("rebuild", "web-optimized", "--dry-run")
    assert said["by_stage"] == {"web-optimized": {"rebuild": 3}}
    assert made.value("SELECT count(*) FROM rebuilds") == 0
    assert made.json("rebuild", "web-optimized")["completed"] == 3
    # The same bytes: nothing that is made from them is made again.
    assert made.files() == files
    again = {key for key, number in completed(made).items() if number > 1}
    assert again == {(f"p{number}", "web-optimized") for number in range(3)}
    assert made.value("SELECT count(*) FROM rebuilds") == 0
    assert made.json("run", "--dry-run", "thumbnails-small", "web-optimized", "blurhash")["would_run"] == 0


def test_image_is_made_again_in_all_stages_that_it_has(made: TestLibrary) -> None:
    said = made.json("rebuild", "p1", "--dry-run")["by_stage"]
    assert {stage for stage, reasons in said.items() if reasons == {"rebuild": 1}} == {
        *("thumbnails-small", "web-optimized", "blurhash", "phash")
    }
    made.ok("rebuild", "thumbnails-small", "web-optimized", "blurhash", "phash", "p1")
    again = {key for key, number in completed(made).items() if number > 1}
    assert again == {("p1", stage) for stage in ("thumbnails-small", "web-optimized", "blurhash", "phash")}


def test_other_bytes_make_what_follows_anew(made: TestLibrary) -> None:
    copy = json.dumps(["cp", "{input}", "{output}"])
    made.settings(f'{DATED}[stages.after]\ninput = "dated"\ncommand = {copy}\nextension = "bin"\n')
    made.ok("run", "after")
    before = made.artifact("p0", "after").read_bytes()
    assert made.json("rebuild", "dated", "p0")["completed"] == 1
    assert made.artifact("p0", "dated").read_bytes() != before
    assert made.json("why", "p0", "after")["reason"] == "input-changed"
    assert made.json("run", "after")["completed"] == 1


def test_old_file_stays_until_the_new_one_is_there(made: TestLibrary) -> None:
    """Also when making it again fails."""
    made.settings(DATED)
    made.ok("run", "dated")
    before = made.artifact("p0", "dated").read_bytes()
    made.settings(
        DATED.replace("date +%s%N", f"test ! -e {made.folder}/broken; date +%s%N").replace('sh", "-c', 'sh", "-ec')
    )
    made.ok("run", "dated")
    (made.folder / "broken").touch()
    before = made.artifact("p0", "dated").read_bytes()
    assert made.run("rebuild", "dated", "p0").code == 1
    assert made.artifact("p0", "dated").read_bytes() == before
    assert made.value("SELECT count(*) FROM rebuilds") == 0
    # It failed once and is not tried for ever.
    assert made.json("run", "dated")["completed"] == 0


def test_what_is_interrupted_the_next_run_carries_on_with(made: TestLibrary) -> None:
    gate = Gate(made)
    gate.open()
    made.ok("run", gate.STAGE)
    gate.close()
    process = made.start("rebuild", gate.STAGE, "-j", "1")
    gate.wait(process)
    process.terminate()
    process.communicate()
    assert made.value("SELECT count(*) FROM rebuilds") == 4
    assert made.json("why", made.value("SELECT min(image_id) FROM rebuilds"), gate.STAGE)["reason"] == "rebuild"
    gate.open()
    assert made.json("run", gate.STAGE)["completed"] == 4
    assert made.value("SELECT count(*) FROM rebuilds") == 0


def test_limit_is_how_many_are_asked_for(made: TestLibrary) -> None:
    assert made.json("rebuild", "web-optimized", "--limit", "2")["completed"] == 2
    assert made.json("run", "web-optimized")["completed"] == 0


def test_files_of_other_programs_are_made_again_only_by_name(made: TestLibrary) -> None:
    made.ok("log-artifact", "p0", "web-optimized", "img/p1.png")
    assert made.json("rebuild", "web-optimized")["completed"] == 2
    assert made.value("SELECT recipe FROM artifacts WHERE stage = 'web-optimized' AND image_id = 'p0'") is None
    assert made.json("rebuild", "web-optimized", "p0")["completed"] == 1
    assert made.value("SELECT recipe FROM artifacts WHERE stage = 'web-optimized' AND image_id = 'p0'")


def test_parameters_given_by_hand_are_kept(made: TestLibrary) -> None:
    made.ok("blurhash", "p0", "--components-x", "6")
    hashed = made.value("SELECT blurhash FROM blurhash_cache WHERE image_id = 'p0' AND pinned")
    assert made.json("rebuild", "blurhash", "p0")["completed"] == 1
    assert made.value("SELECT blurhash FROM blurhash_cache WHERE image_id = 'p0' AND pinned") == hashed


def test_what_to_make_again_has_to_be_said(made: TestLibrary) -> None:
    assert made.run("rebuild").code == 2
    result = made.run("rebuild", "no-such-thing")
    assert result.code == 1
    assert "no stage and no image no-such-thing" in result.err


def test_check_proves_that_it_comes_out_the_same(made: TestLibrary) -> None:
    before = made.files(), made.sql("SELECT * FROM artifacts"), made.sql("SELECT * FROM jobs")
    answer = made.json("rebuild", "--check", "thumbnails-small", "web-optimized", "blurhash", "phash")
    assert (answer["same"], answer["different"], answer["complete"]) == (15, 0, True)
    # The blurhash of the rejected one is that of a file that it would not be made from today.
    assert answer["stale"] == 1
    assert (made.files(), made.sql("SELECT * FROM artifacts"), made.sql("SELECT * FROM jobs")) == before
    assert made.json("rebuild", "--check", "web-optimized", "--limit", "2")["checked"] == 2
    assert made.json("rebuild", "--check", "web-optimized", "p1")["checked"] == 1


def test_check_finds_what_comes_out_otherwise(made: TestLibrary) -> None:
    path = made.artifact("p0", "web-optimized")
    path.write_bytes(b"other")
    made.sql(
        "UPDATE artifacts SET sha256 = 'd9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa', file_size = 5"
        " WHERE image_id = 'p0' AND stage = 'web-optimized'"
    )
    made.sql("UPDATE perceptual_hashes SET phash = '0000000000000000' WHERE image_id = 'p1'")
    result = made.run("rebuild", "--check", "web-optimized", "phash", "--json")
    assert result.code == 3
    assert {(item["image"], item["stage"], item["verdict"]) for item in result.data["items"]} == {
        ("p0", "web-optimized", "different"),
        ("p1", "phash", "different"),
    }
    assert path.read_bytes() == b"other"


def test_check_promises_nothing_for_programs_of_the_user(made: TestLibrary) -> None:
    made.settings(DATED)
    made.ok("run", "dated")
    result = made.run("rebuild", "--check", "dated", "--json")
    assert (result.code, result.data["not_promised"]) == (0, 3)
    made.settings(DATED + "[stages.web-optimized]\nwidth = 20\n")
    assert made.json("rebuild", "--check", "web-optimized")["stale"] == 4


def test_check_sees_a_file_that_is_not_what_its_row_says(made: TestLibrary) -> None:
    file = made.artifact("p1", "web-optimized")
    whole = file.read_bytes()
    file.write_bytes(whole + b"x")
    result = made.run("rebuild", "--check", "web-optimized")
    assert result.code == 3
    assert "web-optimized/p1.webp" in result.out
    assert made.json("rebuild", "--check", "web-optimized")["damaged"] == 1
    assert file.read_bytes() == whole + b"x"
    file.write_bytes(whole)
    made.ok("rebuild", "--check", "web-optimized")


def test_check_compares_the_frames_of_a_video_too(library: TestLibrary) -> None:
    film(library.img / "clip.mp4", 25)
    library.ok("register", "img")
    library.ok("run", "video-frames")
    library.ok("approve", "v-clip-0003")
    said = library.json("rebuild", "--check", "video-frames")
    assert {key: said[key] for key in ("checked", "same", "stale", "complete")} == {
        "checked": 1,
        "same": 1,
        "stale": 0,
        "complete": True,
    }
    file = library.artifact("v-clip-0002", "video-frames")
    whole = file.read_bytes()
    file.write_bytes(whole + b"x")
    assert library.json("rebuild", "--check", "video-frames")["damaged"] == 1
    file.write_bytes(whole)
    other = "UPDATE artifacts SET sha256 = ? WHERE image_id = 'v-clip-0002'"
    library.sql(other, ("0" * 64,))
    assert library.json("rebuild", "--check", "video-frames")["same"] == 0
    assert not list(library.art.glob(".scratch/*"))
    library.sql(other, (hashlib.sha256(whole).hexdigest(),))
