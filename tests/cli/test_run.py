"""artpipe run, upscale, blurhash, jobs, retry, why."""

from __future__ import annotations

import os

from PIL import Image
from support.library import TestLibrary
from support.photos import small
from support.running import STAGES, made, three


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
