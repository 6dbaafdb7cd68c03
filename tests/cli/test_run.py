"""artpipe run, upscale, blurhash, jobs, retry, why."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from PIL import Image
from support.library import TestLibrary
from support.photos import small

STAGES = {"thumbnails-small", "web-optimized", "blurhash", "phash", "ersgan-enhanced", "ersgan-thumbnails"}


def three(library: TestLibrary) -> None:
    """A is approved, b undecided, c rejected."""
    for seed, name in enumerate("abc"):
        small(library.img / f"{name}.png", seed)
    library.ok("register", "img")
    library.ok("approve", "a")
    library.ok("reject", "c")


def made(library: TestLibrary) -> dict[str, set[str]]:
    rows = library.sql("SELECT image_id, stage FROM artifacts WHERE stage <> 'upstream'")
    rows += library.sql("SELECT image_id, 'blurhash' FROM blurhash_cache")
    rows += library.sql("SELECT image_id, 'phash' FROM perceptual_hashes")
    found: dict[str, set[str]] = {}
    for image_id, stage in rows:
        found.setdefault(image_id, set()).add(stage)
    return found


def test_every_stage_for_whom_it_is_for(library: TestLibrary) -> None:
    three(library)
    data = library.json("run")
    assert made(library) == {"a": STAGES, "b": {"thumbnails-small", "blurhash", "phash"}}
    assert (data["completed"], data["failed"], data["remaining"]) == (9, 0, 0)
    assert data["by_stage"]["thumbnails-small"] == {"completed": 2, "failed": 0}
    assert library.sql("SELECT image_id, stage FROM blurhash_cache ORDER BY 1") == [
        ("a", "web-optimized"),
        ("b", "thumbnails-small"),
    ]


def test_second_run_does_nothing_and_says_so(library: TestLibrary) -> None:
    three(library)
    library.ok("run")
    before = library.files()
    for file in library.art.rglob("*.webp"):
        os.utime(file)
    result = library.ok("run")
    assert "up to date" in result.err
    assert library.files() == before
    assert library.value("SELECT count(*) FROM jobs") == 9
    assert library.value("SELECT count(*) FROM unsettled") == 0


def test_dry_run_says_what_the_run_then_does(library: TestLibrary) -> None:
    three(library)
    said = library.json("run", "--dry-run")
    assert said["would_run"] == 9
    assert library.value("SELECT count(*) FROM jobs") == 0
    assert library.json("run")["completed"] == 9
    assert library.json("run", "--dry-run")["would_run"] == 0


def test_changed_recipe_remakes_the_stage_and_what_is_made_from_it(library: TestLibrary) -> None:
    three(library)
    library.ok("run")
    thumbnails = library.artifact("a", "thumbnails-small").read_bytes()
    library.settings("[stages.web-optimized]\nwidth = 30\n")
    said = library.json("run", "--dry-run")
    assert {stage: sum(reasons.values()) for stage, reasons in said["by_stage"].items()} == {
        "web-optimized": 1,
        "blurhash": 1,
        "ersgan-enhanced": 1,
        "ersgan-thumbnails": 1,
    }
    assert library.json("run")["completed"] == said["would_run"] == 4
    assert library.sql("SELECT width, height FROM artifacts WHERE stage = 'ersgan-enhanced'") == [(120, 80)]
    assert library.artifact("a", "thumbnails-small").read_bytes() == thumbnails


def test_what_came_out_the_same_is_not_built_upon_again(library: TestLibrary) -> None:
    three(library)
    library.ok("run")
    # The pictures are 60 wide: the wider limit changes the recipe, yet not one byte.
    library.settings("[stages.web-optimized]\nwidth = 500\n")
    assert set(library.json("run")["by_stage"]) == {"web-optimized"}
    assert library.json("run")["completed"] == 0


def test_changed_format_leaves_no_old_file(library: TestLibrary) -> None:
    three(library)
    library.ok("run")
    library.settings('[stages.thumbnails-small]\nformat = "jpeg"\n')
    library.ok("run")
    assert sorted(name for name in library.files() if name.startswith("thumbnails")) == [
        "thumbnails-small/a.jpeg",
        "thumbnails-small/b.jpeg",
    ]


def test_changed_input_setting(library: TestLibrary) -> None:
    small(library.img / "a.png", size=(80, 40))
    library.ok("register", "--approve", "img")
    library.settings('[stages.web-optimized]\nwidth = 20\n[stages.ersgan-enhanced]\ninput = "upstream"\n')
    library.ok("run")
    assert library.sql("SELECT width, height FROM artifacts WHERE stage = 'ersgan-enhanced'") == [(320, 160)]


def test_stage_of_ones_own_from_a_built_in_maker(library: TestLibrary) -> None:
    three(library)
    library.settings('[stages.tiny]\nkind = "resize"\ninput = "thumbnails-small"\nfor = "not-rejected"\nwidth = 10\n')
    library.ok("run", "tiny")
    assert library.sql("SELECT image_id, width FROM artifacts WHERE stage = 'tiny' ORDER BY 1") == [
        ("a", 10),
        ("b", 10),
    ]
    assert made(library) == {"a": {"thumbnails-small", "tiny"}, "b": {"thumbnails-small", "tiny"}}


def test_named_stage_brings_what_it_is_made_from(library: TestLibrary) -> None:
    three(library)
    library.ok("run", "ersgan-thumbnails")
    assert made(library) == {"a": {"web-optimized", "ersgan-enhanced", "ersgan-thumbnails"}}


def test_ids_limit_the_run(library: TestLibrary) -> None:
    three(library)
    library.ok("run", "thumbnails-small", "-", stdin=b"b\n")
    assert made(library) == {"b": {"thumbnails-small"}}
    assert library.run("run", "nonsense").code == 1


def test_find_ready_feeds_upscale(library: TestLibrary) -> None:
    three(library)
    library.ok("run", "web-optimized")
    ready = library.ok("find-ready", "web-optimized", "ersgan-enhanced").out
    assert ready == "a\n"
    library.ok("upscale", "-", "-j", "2", stdin=ready.encode())
    assert library.ok("find-ready", "web-optimized", "ersgan-enhanced").out == ""


def test_upscale_by_hand_stays_until_its_input_changes(library: TestLibrary) -> None:
    three(library)
    library.ok("run")
    library.ok("upscale", "a", "--scale", "2")
    assert library.sql("SELECT width FROM artifacts WHERE stage = 'ersgan-enhanced'") == [(120,)]
    library.ok("run")
    assert library.sql("SELECT width FROM artifacts WHERE stage = 'ersgan-enhanced'") == [(120,)]
    assert library.json("why", "a", "ersgan-enhanced")["reason"] == "pinned"
    library.settings("[stages.web-optimized]\nwidth = 30\n")
    library.ok("run")
    assert library.sql("SELECT width FROM artifacts WHERE stage = 'ersgan-enhanced'") == [(120,)]
    assert library.value("SELECT pinned FROM artifacts WHERE stage = 'ersgan-enhanced'") == 0


def test_how_it_is_computed_makes_nothing_stale(library: TestLibrary) -> None:
    three(library)
    library.ok("run")
    assert library.json("upscale", "a", "--tile", "64", "--gpu", "-1")["completed"] == 0
    library.settings("[stages.ersgan-enhanced]\ntile = 64\n")
    assert library.json("run", "--dry-run")["would_run"] == 0


def test_blurhash_with_its_own_options(library: TestLibrary) -> None:
    three(library)
    library.ok("run")
    library.ok("blurhash", "a", "--components-x", "5")
    lengths: dict[str, int] = dict(library.sql("SELECT image_id, length(blurhash) FROM blurhash_cache"))
    assert lengths == {"a": 4 + 2 * 5 * 3, "b": 4 + 2 * 4 * 3}


def test_bad_picture_fails_its_own_jobs_and_is_not_tried_again(library: TestLibrary) -> None:
    three(library)
    whole = bytearray(Path(small(library.folder / "x.png", 7, (300, 300))).read_bytes())
    middle = whole.find(b"IDAT") + 200
    whole[middle : middle + 40] = bytes(40)  # header and end are sound: only decoding can tell
    (library.img / "bad.png").write_bytes(whole)
    library.ok("register", "img")
    result = library.run("run")
    assert result.code == 1
    assert "bad" in result.err
    failed = (
        "SELECT image_id, stage, status, failure_kind, retry_count FROM jobs WHERE status <> 'completed' ORDER BY 2"
    )
    assert library.sql(failed) == [("bad", stage, "failed", "permanent", 1) for stage in ("phash", "thumbnails-small")]
    assert len(made(library)["a"]) == len(STAGES)
    again = library.json("run")
    assert (again["completed"], again["failed"]) == (0, 0)
    assert library.json("why", "bad", "thumbnails-small")["reason"] == "failed-before"
    listed = library.json("jobs")["jobs"]
    assert [(job["image_id"], job["error_code"]) for job in listed] == [("bad", "invalid")] * 2


def test_retry_makes_failed_jobs_due_again(library: TestLibrary) -> None:
    test_bad_picture_fails_its_own_jobs_and_is_not_tried_again(library)
    assert library.json("retry", "--dry-run")["retried"] == 2
    assert library.json("retry", "thumbnails-small")["retried"] == 1
    assert library.run("run").code == 1
    assert library.sql("SELECT count(*), max(retry_count) FROM jobs WHERE status = 'failed'") == [(2, 2)]


def test_failed_job_is_tried_again_when_the_recipe_changes(library: TestLibrary) -> None:
    test_bad_picture_fails_its_own_jobs_and_is_not_tried_again(library)
    library.settings("[stages.thumbnails-small]\nwidth = 20\n")
    assert library.json("run")["failed"] == 1


def test_limit_is_exact_and_ends_well(library: TestLibrary) -> None:
    three(library)
    data = library.json("run", "--limit", "2")
    assert (data["completed"], data["remaining"]) == (2, 7)
    assert library.json("run", "--limit", "0")["completed"] == 0
    assert library.ok("run").code == 0
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == 9


def test_time_limit_leaves_work_and_says_so(library: TestLibrary) -> None:
    three(library)
    result = library.run("run", "--time-limit", "0s")
    assert result.code == 5
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'running'") == 0
    assert library.ok("run", "--time-limit", "10m").code == 0


def test_rejected_meanwhile_is_not_worked_on(library: TestLibrary) -> None:
    three(library)
    library.run("run", "--time-limit", "0s")
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'pending'") > 0
    library.ok("reject", "a", "b")
    assert library.json("run")["completed"] == 0
    assert made(library) == {}
    assert library.value("SELECT count(*) FROM jobs") == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_the_run_cleanly(library: TestLibrary, number: signal.Signals, code: int) -> None:
    for seed in range(12):
        small(library.img / f"{seed}.png", seed, (160, 120))
    library.ok("register", "--approve", "img")
    process = library.start("run", "-j", "2")
    while library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") < 3:
        time.sleep(0.02)
        assert process.poll() is None
    process.send_signal(number)
    process.communicate(timeout=180)
    assert process.returncode == code
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'running'") == 0
    assert library.value("SELECT outcome FROM runs") in {"interrupted", "terminated"}
    library.ok("run")
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == 12 * 6


def test_killed_run_is_reclaimed_by_the_next(library: TestLibrary) -> None:
    for seed in range(6):
        small(library.img / f"{seed}.png", seed, (160, 120))
    library.ok("register", "--approve", "img")
    process = library.start("run", "-j", "2")
    while library.value("SELECT count(*) FROM jobs WHERE status = 'running'") == 0:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    library.ok("run")
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == 6 * 6
    assert [row[0] for row in library.sql("SELECT outcome FROM runs ORDER BY id")] == ["died", "finished"]


def test_artifact_row_that_was_deleted_is_made_again(library: TestLibrary) -> None:
    library.repeats = True
    three(library)
    library.ok("run")
    before = library.files()
    library.sql("DELETE FROM artifacts WHERE stage = 'web-optimized'")
    assert set(library.json("run")["by_stage"]) == {"web-optimized"}
    assert library.files() == before


def test_why_names_the_key(library: TestLibrary) -> None:
    three(library)
    assert library.json("why", "a", "ersgan-enhanced")["reason"] == "missing"
    assert library.json("why", "b", "ersgan-enhanced")["reason"] == "not-approved"
    assert library.json("why", "c", "thumbnails-small")["reason"] == "rejected"
    library.ok("run")
    assert library.json("why", "a", "web-optimized")["reason"] == "fresh"
    library.settings("[stages.web-optimized]\nwidth = 30\n")
    answer = library.json("why", "a", "web-optimized")
    assert (answer["reason"], answer["changes"]) == ("recipe-changed", {"width": [400, 30]})
    assert library.json("why", "a", "blurhash")["reason"] == "input-remade"
    assert library.run("why", "a", "nonsense").code == 2


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


def test_bad_settings(library: TestLibrary) -> None:
    three(library)
    for text in (
        "[stages.web-optimized]\nwidth = 'wide'\n",
        "[stages.web-optimized]\nwidht = 3\n",
        "[stages.web-optimized]\ninput = 'nowhere'\n",
        "[stages.x]\nkind = 'nonsense'\n",
        "[stages.upstream]\nkind = 'resize'\n",
        "[nonsense]\n",
        "[library]\nmax_pixels = 0\n",
        "not toml",
        "[stages.a]\nkind='resize'\ninput='b'\n[stages.b]\nkind='resize'\ninput='a'\n",
    ):
        library.settings(text)
        result = library.run("run", "--dry-run")
        assert result.code == 78, text
        assert "artpipe.toml" in result.err


def test_image_can_be_opened(library: TestLibrary) -> None:
    three(library)
    library.ok("run")
    for path, width, height in library.sql("SELECT file_path, width, height FROM artifacts"):
        with Image.open(library.art / path) as picture:
            picture.load()
            assert picture.size == (width, height)


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
