"""artpipe why: what stands in the way, down to where it begins."""

from __future__ import annotations

import json

from support.library import TestLibrary
from support.photos import small

FAILS = json.dumps(["sh", "-c", "exit 3", "{input}", "{output}"])
COPIES = json.dumps(["cp", "{input}", "{output}"])


def fill(library: TestLibrary, *names: str) -> None:
    for seed, name in enumerate(names):
        small(library.img / f"{name}.png", seed)
    library.ok("register", "--approve", "img")


def test_what_waits_names_the_stage_where_it_begins(library: TestLibrary) -> None:
    fill(library, "a")
    library.settings(
        f'[stages.first]\ncommand = {FAILS}\nextension = "png"\nretries = 0\n'
        f'[stages.second]\ninput = "first"\ncommand = {COPIES}\nextension = "png"\n'
        f'[stages.third]\ninput = "second"\ncommand = {COPIES}\nextension = "png"\n'
    )
    answer = library.json("why", "a", "third")
    assert (answer["would_run"], answer["reason"]) == (True, "missing")
    assert answer["waits_for"]["waits_for"]["stage"] == "first"
    assert library.run("run", "third").code == 1
    answer = library.json("why", "a", "third")
    assert (answer["would_run"], answer["reason"], answer["job"]) == (False, "waiting", None)
    first = answer["waits_for"]["waits_for"]
    assert (first["stage"], first["reason"]) == ("first", "failed-before")
    assert "command-failed" in answer["message"]
    assert library.ok("why", "a", "first").lines[0] == first["message"]


def test_stale_and_failed_is_not_called_up_to_date(library: TestLibrary) -> None:
    fill(library, "a")
    library.settings(f'[stages.copy]\ncommand = {COPIES}\nextension = "png"\n')
    library.ok("run", "copy")
    library.settings(f'[stages.copy]\ncommand = {FAILS}\nextension = "png"\nretries = 0\n')
    assert library.run("run", "copy").code == 1
    answer = library.json("why", "a", "copy")
    assert (answer["would_run"], answer["reason"]) == (False, "failed-before")
    assert answer["job"]["error_code"] == "command-failed"


def test_changes_are_shown_as_a_table(library: TestLibrary) -> None:
    fill(library, "a")
    library.ok("run", "web-optimized")
    library.settings("[stages.web-optimized]\nwidth = 30\nquality = 60\n")
    assert library.json("why", "a", "web-optimized")["changes"] == {"width": [400, 30], "quality": [90, 60]}
    lines = library.ok("why", "a", "web-optimized").lines
    assert ["width", "400", "30"] in [line.split() for line in lines]
    assert ["upstream", "upstream", "a", "yes", "no"] in [line.split() for line in lines]


def test_new_version_of_a_maker_is_named(library: TestLibrary) -> None:
    fill(library, "a")
    library.ok("run", "web-optimized")
    params = json.loads(library.value("SELECT processing_params FROM artifacts WHERE stage = 'web-optimized'"))
    version = params["maker_version"]
    params["maker_version"] = version - 1
    library.sql(
        "UPDATE artifacts SET recipe = 'older', processing_params = ? WHERE stage = 'web-optimized'",
        (json.dumps(params),),
    )
    answer = library.json("why", "a", "web-optimized")
    assert answer["changes"] == {"maker_version": [version - 1, version]}
    library.sql("UPDATE artifacts SET processing_params = '{}' WHERE stage = 'web-optimized'")
    library.sql("UPDATE artifacts SET processing_params = NULL WHERE stage = 'web-optimized'")
    assert "width" in library.json("why", "a", "web-optimized")["changes"]


def test_other_kind_of_work_is_named(library: TestLibrary) -> None:
    fill(library, "a")
    library.ok("run", "web-optimized")
    library.settings(f'[stages.web-optimized]\ncommand = {COPIES}\nextension = "webp"\n')
    assert library.json("why", "a", "web-optimized")["changes"] == {"kind": ["resize", "command"]}


def test_image_without_an_original_says_so(library: TestLibrary) -> None:
    library.ok("init")
    library.sql("INSERT INTO images (id, approved) VALUES ('name-only', TRUE)")
    answer = library.json("why", "name-only", "web-optimized")
    assert (answer["reason"], answer["waits_for"]["reason"]) == ("waiting", "no-original")
    assert "known by its name alone" in answer["message"]


def test_tool_that_is_missing_here_is_named(library: TestLibrary) -> None:
    fill(library, "a", "b")
    library.settings('[stages.gone]\ncommand = ["no-such-program-here", "{output}"]\n')
    assert library.run("run", "gone").code == 69
    for name in "ab":
        answer = library.json("why", name, "gone")
        assert answer["would_run"]
        assert "no-such-program-here" in answer["blocked"]["message"]
    library.settings(f'[stages.gone]\ncommand = {COPIES}\nextension = "png"\n')
    library.ok("run", "gone")
    answer = library.json("why", "a", "gone")
    assert (answer["blocked"], answer["job"]["error_code"]) == (None, None)


def test_work_in_hand_is_named(library: TestLibrary) -> None:
    fill(library, "a")
    library.ok("start-job", "--keep", "a", "web-optimized")
    assert "another program is at it now" in library.json("why", "a", "web-optimized")["message"]


def test_what_another_program_made_is_said_to_be_so(library: TestLibrary) -> None:
    fill(library, "a")
    library.ok("log-artifact", "a", "web-optimized", "img/a.png")
    answer = library.json("why", "a", "web-optimized")
    assert answer["reason"] == "fresh"
    assert "made by another program" in answer["message"]
