"""Stages of one's own: commands in artpipe.toml."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.photos import small

# Prints what it is given, and how it was started.
SHOW = """
import json, os, pathlib, shutil, sys
output, log, *rest = sys.argv[1:]
shutil.copy(rest[0], output)
facts = {"arguments": rest, "folder": os.getcwd(), "stdin": sys.stdin.read(), "session": os.getsid(0) == os.getpid()}
with open(log, "a") as file:
    file.write(json.dumps(facts) + "\\n")
"""
# Shrinks its input to a width.
SHRINK = """
import sys
from PIL import Image
picture = Image.open(sys.argv[1]).convert("RGB")
picture.thumbnail((int(sys.argv[3]), 1000))
picture.save(sys.argv[2])
"""


def fill(library: TestLibrary, number: int = 3) -> None:
    for seed in range(number):
        small(library.img / f"p{seed}.png", seed, (120, 80))
    library.ok("register", "--approve", "img")


def command(*arguments: str) -> str:
    return f"command = {json.dumps([sys.executable, *arguments])}\n"


def test_every_placeholder_arrives(library: TestLibrary) -> None:
    fill(library, 1)
    (library.folder / "show.py").write_text(SHOW)
    arguments = [
        "{library}/show.py",
        "{output}",
        "{library}/log",
        "{inputs.upstream}",
        "{id}",
        "--size={width}x{height}",
    ]
    arguments += ["{params.level}/{params.on}/{params.text}", "{{literal}}", "{input}"]
    library.settings(
        f"[stages.shown]\n{command(*arguments)}params = {{ level = 2.5, on = true, text = \"a 'b' $(c)\" }}\n"
    )
    library.ok("run", "shown")
    facts = json.loads((library.folder / "log").read_text())
    original = str(library.artifact("p0", "upstream"))
    assert facts["arguments"] == [original, "p0", "--size=120x80", "2.5/true/a 'b' $(c)", "{literal}", original]
    assert facts["stdin"] == ""
    assert facts["session"] is True
    assert Path(facts["folder"]).is_relative_to(library.art / ".scratch")
    row = library.sql(
        "SELECT width, height, json_extract(processing_params, '$.exit_status') FROM artifacts WHERE stage = 'shown'"
    )
    assert row == [(120, 80, 0)]


HOSTILE = [
    "-rf",
    "a b",
    "q'u\"o",
    "; touch hacked",
    "$(touch hacked)",
    "`touch hacked`",
    "--output=x",
    "{id}",
    "%s",
    "*",
    "|x",
    "ü\u202e",
]


def test_names_arrive_as_one_argument_whatever_they_hold(library: TestLibrary) -> None:
    (library.folder / "show.py").write_text(SHOW)
    for seed, name in enumerate(HOSTILE):
        small(library.img / f"{name}.png", seed, format="PNG")
    library.ok("register", "--approve", library.img)
    library.settings(f"[stages.shown]\n{command('{library}/show.py', '{output}', '{library}/log', '{input}', '{id}')}")
    library.ok("run", "shown", "-j", "1")
    found = [json.loads(line)["arguments"] for line in (library.folder / "log").read_text().splitlines()]
    ids = {row[0] for row in library.sql("SELECT id FROM images")}
    assert {one[1] for one in found} == ids
    assert len(ids) == len(HOSTILE)
    assert {len(one) for one in found} == {2}
    assert not any(one[1].startswith("-") for one in found)
    assert all(one[0] == str(library.artifact(one[1], "upstream")) for one in found)
    assert not list(library.folder.rglob("hacked"))


def test_id_that_another_program_made_up_is_not_handed_on(library: TestLibrary) -> None:
    small(library.img / "p0.png")
    library.ok("register", "img")
    library.sql("UPDATE images SET id = '-rf' WHERE id = 'p0'")
    library.sql("UPDATE artifacts SET image_id = '-rf'")
    library.sql("UPDATE sources SET image_id = '-rf'")
    library.settings('[stages.a]\nfor = "all"\ncommand = ["cp", "{id}", "{output}"]\n')
    assert library.run("run", "a").code == 1
    assert library.sql("SELECT error_code, failure_kind FROM jobs") == [("unsafe-id", "permanent")]


def chain(library: TestLibrary, width: int = 60, quality: int = 80) -> None:
    """A command, a command made of that, and a built-in stage made of the second."""
    (library.folder / "shrink.py").write_text(SHRINK)
    library.settings(
        f"[stages.first]\n{command('{library}/shrink.py', '{input}', '{output}', '{params.width}')}"
        f"params = {{ width = {width} }}\n"
        f"[stages.second]\ninput = 'first'\n{command('{library}/shrink.py', '{input}', '{output}', '30')}"
        f"extension = 'jpg'\n[stages.third]\nkind = 'resize'\ninput = 'second'\nwidth = 20\nquality = {quality}\n"
    )


def test_changed_parameter_makes_its_stage_and_what_follows_again(library: TestLibrary) -> None:
    fill(library)
    library.ok("reject", "--reason", "no", "p2")
    chain(library)
    library.ok("run")
    before = library.value("SELECT count(*) FROM jobs")
    assert library.json("run", "--dry-run")["would_run"] == 0
    chain(library, width=50)
    expected = {"first": {"recipe-changed": 2}, "second": {"input-remade": 2}, "third": {"input-remade": 2}}
    planned = library.json("run", "--dry-run")
    assert (planned["would_run"], planned["by_stage"]) == (6, expected)
    why = library.json("why", "p0", "first")
    assert why["changes"] == {"params.width": [60, 50]}
    assert "params.width from 60 to 50" in why["message"]
    done = library.json("run")
    assert done["by_stage"] == {name: {"completed": 2, "failed": 0} for name in ("first", "second", "third")}
    assert library.value("SELECT count(*) FROM jobs") == before + 6
    chain(library, width=50, quality=70)
    assert library.json("run", "--dry-run")["by_stage"] == {"third": {"recipe-changed": 2}}
    assert library.json("run")["completed"] == 2


def test_how_it_is_run_is_no_part_of_the_recipe(library: TestLibrary) -> None:
    fill(library, 1)
    base = '[stages.a]\ncommand = ["cp", "{input}", "{output}"]\n'
    library.settings(base)
    library.ok("run", "a")
    library.settings(base + "timeout = 7\nworkers = 3\nretries = 9\naccept_exit = [0, 4]\nallow_flat = true\n")
    assert library.json("run", "a", "--dry-run")["would_run"] == 0
    for line, key in (
        ("version = 2", "version"),
        ('extension = "ppm"', "extension"),
        ("[stages.a.params]\nx = 1", "params.x"),
    ):
        library.settings(f"{base}{line}\n")
        assert library.json("run", "a", "--dry-run")["by_stage"] == {"a": {"recipe-changed": 1}}
        assert list(library.json("why", "p0", "a")["changes"]) == [key]


def test_other_exit_statuses_can_mean_success(library: TestLibrary) -> None:
    fill(library, 1)
    library.settings(
        '[stages.a]\ncommand = ["sh", "-c", \'cp "$1" "$2"; exit 3\', "sh", "{input}", "{output}"]\naccept_exit = [0, 3]\n'
    )
    library.ok("run", "a")


def test_file_of_any_kind_can_be_made(library: TestLibrary) -> None:
    fill(library, 1)
    library.settings(
        '[stages.sum]\nextension = "txt"\ncommand = ["sh", "-c", "sha256sum < \\"$1\\" > \\"$2\\"", "sh", "{input}", "{output}"]\n'
    )
    library.ok("run", "sum")
    row = library.sql("SELECT file_path, width, height FROM artifacts WHERE stage = 'sum'")
    assert row == [("sum/p0.txt", None, None)]
    assert library.value("SELECT sha256 FROM images") in library.artifact("p0", "sum").read_text()
    assert library.ok("find-ready", "upstream", "sum").out == ""
    library.ok("verify")


def test_command_can_take_the_place_of_a_built_in_stage(library: TestLibrary) -> None:
    fill(library, 1)
    library.settings(
        '[stages.ersgan-enhanced]\ncommand = ["cp", "{inputs.web-optimized}", "{output}"]\nextension = "webp"\n'
    )
    library.ok("run")
    assert library.artifact("p0", "ersgan-enhanced").suffix == ".webp"
    assert library.artifact("p0", "ersgan-thumbnails").exists()


def test_changed_input_is_noticed_before_the_program_starts(library: TestLibrary) -> None:
    fill(library, 1)
    library.settings(
        '[stages.a]\ninput = "web-optimized"\ncommand = ["cp", "{input}", "{output}"]\nextension = "webp"\n'
    )
    library.ok("run", "web-optimized")
    library.repeats = True
    library.artifact("p0", "web-optimized").write_bytes(b"something else")
    library.ok("run", "a")
    assert library.artifact("p0", "a").read_bytes() == library.artifact("p0", "web-optimized").read_bytes()


WRONG = {
    'command = ["cp", "{input}"]': "stages.a.command must hold {output}",
    'command = ["cp", "{inptu}", "{output}"]': "stages.a.command holds '{inptu}'. Allowed are {height}, {id}, {input}",
    'command = ["cp", "{params.q}", "{output}"]': "holds '{params.q}'",
    'command = ["cp", "{inputs.nothing}", "{output}"]': "holds '{inputs.nothing}'",
    'command = ["cp", "{", "{output}"]': "a brace itself is written {{ or }}",
    'command = "cp {input} {output}"': "stages.a.command must be a list of texts",
    "command = []": "stages.a.command must be a list of texts",
    'command = ["", "{output}"]': "stages.a.command must be a list of texts",
    'command = ["cp", 3, "{output}"]': "stages.a.command must be a list of texts",
    'kind = "command"': "stages.a.command must be a list of texts",
    'kind = "resize"\ncommand = ["cp", "{output}"]': "stages.a.command is unknown",
    'kind = "resize"\npairs = "all"': "needs a command with two inputs",
    'kind = "resize"\ninput = { a = "upstream" }': "stages.a.input must be the name of a stage",
    'kind = "nonsense"': "stages.a.kind must be one of resize, blurhash, phash, upscale, command",
    'command = ["cp", "{output}"]\ninput = "nowhere"': "which is no stage",
    'command = ["cp", "{output}"]\ninput = []': "stages.a.input must be",
    'command = ["cp", "{output}"]\ninput = ["upstream", "upstream"]': "names a stage twice",
    'command = ["cp", "{output}"]\ninput = { "a b" = "upstream" }': "must be made of letters",
    'command = ["cp", "{output}"]\nextension = "../x"': "stages.a.extension must be text like png",
    'command = ["cp", "{output}"]\nextension = "PNG"': "stages.a.extension",
    'command = ["cp", "{output}"]\ntimeout = 0': "stages.a.timeout must be a number of seconds above 0",
    'command = ["cp", "{output}"]\ntimeout = inf': "stages.a.timeout",
    'command = ["cp", "{output}"]\nworkers = -1': "stages.a.workers must be a whole number from 0",
    'command = ["cp", "{output}"]\nworkers = true': "stages.a.workers",
    'command = ["cp", "{output}"]\nretries = 1.5': "stages.a.retries",
    'command = ["cp", "{output}"]\nversion = "2"': "stages.a.version must be",
    'command = ["cp", "{output}"]\nparams = [1]': "stages.a.params must be a table",
    'command = ["cp", "{output}"]\nparams = { x = [1] }': "stages.a.params.x must be a text, a number",
    'command = ["cp", "{output}"]\nparams = { x = nan }': "stages.a.params.x",
    'command = ["cp", "{output}"]\nparams = { "x y" = 1 }': "must be made of letters",
    'command = ["cp", "{output}"]\naccept_exit = [256]': "stages.a.accept_exit must be a list of exit statuses",
    'command = ["cp", "{output}"]\naccept_exit = "0"': "stages.a.accept_exit",
    'command = ["cp", "{output}"]\nallow_flat = 1': "stages.a.allow_flat must be true or false",
    'command = ["cp", "{output}"]\nfor = "some"': "stages.a.for must be one of approved, not-rejected, all",
    'command = ["cp", "{output}"]\nqualty = 3': "stages.a.qualty is unknown. Allowed here: accept_exit, allow_flat",
    'command = ["cp", "{output}"]\npairs = "all"': "needs a command with two inputs, not 1",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_bad_settings_say_file_key_and_what_is_allowed(library: TestLibrary, text: str) -> None:
    library.ok("init")
    library.settings(f"[stages.a]\n{text}\n")
    result = library.run("run")
    assert result.code == 78
    assert f"{library.folder}/artpipe.toml" in result.err
    assert WRONG[text] in result.err


@pytest.mark.parametrize("name", ["upstream", "Big", "a/b", "..", "-a"])
def test_names_of_stages_are_folder_names(library: TestLibrary, name: str) -> None:
    library.ok("init")
    library.settings(f'[stages."{name}"]\ncommand = ["cp", "{{output}}"]\n')
    assert library.run("run").code == 78


def test_circle_of_commands_is_refused(library: TestLibrary) -> None:
    library.ok("init")
    library.settings(
        '[stages.a]\ncommand = ["cp", "{output}"]\ninput = "b"\n[stages.b]\ncommand = ["cp", "{output}"]\ninput = "a"\n'
    )
    result = library.run("run")
    assert result.code == 78
    assert "in a circle: a, b" in result.err


def test_jobs_of_other_programs_can_change_own_parameters_and_never_the_command(library: TestLibrary) -> None:
    fill(library, 2)
    chain(library)
    job = "INSERT INTO jobs (image_id, stage, status, params) VALUES (?, 'first', 'pending', ?)"
    library.sql(job, ("p0", '{"params.width": 40}'))
    library.sql(job, ("p1", '{"command": "touch hacked {output}"}'))
    library.ok("run", "first")
    assert library.sql("SELECT image_id, error_code FROM jobs WHERE status = 'failed'") == [("p1", "bad-params")]
    assert library.value("SELECT width FROM artifacts WHERE stage = 'first'") == 40
    assert not list(library.folder.rglob("hacked"))


def test_relative_program_stands_beside_the_settings(library: TestLibrary) -> None:
    fill(library, 1)
    script = library.folder / "copy it.sh"
    script.write_text('#!/bin/sh\ncp "$1" "$2"\n')
    script.chmod(0o755)
    library.settings('[stages.a]\ncommand = ["./copy it.sh", "{input}", "{output}"]\n')
    before = Path.cwd()
    os.chdir("/")
    try:
        library.ok("--db", library.db, "run", "a")
    finally:
        os.chdir(before)
