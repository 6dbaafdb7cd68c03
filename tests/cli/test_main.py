"""Exit codes, streams, JSON: what every command does alike."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.library import TestLibrary, tool
from support.photos import small


def test_no_library(library: TestLibrary) -> None:
    for command in (["stats"], ["run"], ["approve", "x"], ["find-ready", "a", "b"]):
        result = library.run(*command)
        assert result.code == 4
        assert "artpipe init" in result.err
    assert not library.db.exists()


def test_library_is_found_upwards_and_named(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    library.ok("init")
    below = library.folder / "a/b"
    below.mkdir(parents=True)
    done = subprocess.run(tool("stats", "--json"), cwd=below, capture_output=True, check=True)
    assert json.loads(done.stdout)["ok"] is True
    monkeypatch.setenv("ARTPIPE_DB", str(library.folder / "nowhere.db"))
    assert library.run("stats").code == 4
    assert library.run("stats", "--db", library.db).code == 0
    assert library.run("--db", library.db, "stats").code == 0


def test_init_makes_a_commented_settings_file_that_changes_nothing(library: TestLibrary) -> None:
    library.ok("init")
    text = (library.folder / "artpipe.toml").read_text()
    assert "[stages.ersgan-enhanced]" in text
    active = "\n".join(
        line[2:] if line.startswith("# ") and " = " in line.split("#")[1] else line for line in text.splitlines()
    )
    library.settings(active)
    small(library.img / "a.png")
    library.ok("register", "--approve", "img")
    library.ok("run", "web-optimized")
    library.settings("")
    assert library.json("run", "web-optimized", "--dry-run")["would_run"] == 0


def test_foreign_database_is_refused_and_left_alone(library: TestLibrary) -> None:
    with closing(sqlite3.connect(library.folder / "other.db")) as db:
        db.execute("CREATE TABLE images (id INTEGER PRIMARY KEY, state TEXT)")
        db.commit()
    before = (library.folder / "other.db").read_bytes()
    for command in ("init", "stats", "run"):
        assert library.run("--db", "other.db", command).code == 4
    assert (library.folder / "other.db").read_bytes() == before
    (library.folder / "text.db").write_text("this is no database, but long enough to look at " * 40)
    assert library.run("--db", "text.db", "stats").code == 4


def test_newer_database_is_refused(library: TestLibrary) -> None:
    library.ok("init")
    library.sql("PRAGMA user_version = 999")
    result = library.run("stats")
    assert result.code == 4
    assert "newer" in result.err
    library.sql("PRAGMA user_version = 1")


def test_usage_errors(library: TestLibrary) -> None:
    library.ok("init")
    for command in (
        ["nonsense"],
        ["stats", "--nonsense"],
        ["list", "--status", "nice"],
        ["run", "--until", "25:00"],
        ["run", "--time-limit", "soon"],
        ["show"],
        ["jobs", "--limit", "-1"],
    ):
        assert library.run(*command).code == 2, command


def test_json_is_one_document_also_for_failures(library: TestLibrary) -> None:
    failed = library.run("stats", "--json")
    assert failed.code == 4
    document = json.loads(failed.out)
    assert document["command"] == "stats"
    assert document["ok"] is False
    assert document["errors"][0]["code"] == "no-library"
    wrong = library.run("stats", "--json", "--nonsense")
    assert wrong.code == 2
    assert json.loads(wrong.out)["errors"][0]["code"] == "usage"
    library.ok("init")
    partly = json.loads(library.run("approve", "--json", "nobody").out)
    assert (partly["ok"], partly["errors"][0]["item"]) == (False, "nobody")


def test_results_on_stdout_all_else_on_stderr(library: TestLibrary) -> None:
    small(library.img / "a.png")
    registered = library.ok("register", "img")
    assert registered.out == ""
    assert "1 registered" in registered.err
    assert library.ok("register", "-q", "img").err == ""
    assert library.ok("list").out == "a\n"
    assert library.ok("find-ready", "upstream", "web-optimized").out == ""


def test_list_by_status_and_stage(library: TestLibrary) -> None:
    for seed, name in enumerate("abc"):
        small(library.img / f"{name}.png", seed)
    library.ok("register", "img")
    library.ok("approve", "a")
    library.ok("reject", "b")
    library.ok("run", "thumbnails-small")
    assert library.ok("list", "--status", "approved").lines == ["a"]
    assert library.ok("list", "--status", "rejected").lines == ["b"]
    assert library.ok("list", "--status", "pending").lines == ["c"]
    assert library.ok("list", "--stage", "thumbnails-small").lines == ["c", "a"]
    assert library.ok("list", "--limit", "2").lines == ["c", "b"]
    first = library.json("list", "--status", "rejected")["images"][0]
    assert (first["id"], first["status"], first["rejection_reason"]) == ("b", "rejected", "manual")


def test_stats(library: TestLibrary) -> None:
    for seed, name in enumerate("abc"):
        small(library.img / f"{name}.png", seed)
    library.ok("register", "img")
    library.ok("approve", "a")
    library.ok("reject", "b")
    library.ok("run", "web-optimized")
    data = library.json("stats")
    assert data["images"] == {"total": 3, "approved": 1, "rejected": 1, "pending": 1}
    assert data["artifacts"] == {"upstream": 3, "web-optimized": 1}
    assert (
        data["jobs"] == {"pending": 2 * 3, "running": 0, "completed": 1, "failed": 0} or data["jobs"]["completed"] == 1
    )
    text = library.ok("stats").out
    assert "approved" in text
    assert "web-optimized" in text


def test_show(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("register", "img")
    library.ok("approve", "a")
    library.ok("run", "web-optimized", "blurhash")
    data = library.json("show", "a.png")
    assert data["image"]["status"] == "approved"
    assert {artifact["stage"] for artifact in data["artifacts"]} == {"upstream", "web-optimized", "thumbnails-small"}
    assert data["artifacts"][1]["processing_params"]["width"] == 400
    assert data["blurhashes"][0]["stage"] == "web-optimized"
    assert "a.png" in library.ok("show", "a").out
    assert library.run("show", "nobody").code == 1


def test_closed_pipe_ends_quietly(library: TestLibrary) -> None:
    library.ok("init")
    library.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
        " INSERT INTO images (id, approved) SELECT printf('image-number-%08d', i), 1 FROM n"
    )
    library.sql(
        "INSERT INTO artifacts (image_id, stage, file_path) SELECT id, 'web-optimized', 'web-optimized/' || id FROM images"
    )
    result = library.shell("artpipe find-ready web-optimized ersgan-enhanced | head -1; echo ${PIPESTATUS[0]}")
    library.sql("DELETE FROM artifacts")
    assert result.out == "image-number-00000001\n0\n"
    assert result.err == ""


def test_no_traceback_except_on_request(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    library.ok("init")
    monkeypatch.setattr("artpipe.actions.stats.stats", lambda _: 1 / 0)
    result = library.run("stats")
    assert result.code == 70
    assert "Traceback" not in result.err
    assert "ARTPIPE_DEBUG" in result.err
    monkeypatch.setenv("ARTPIPE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        library.run("stats")


def test_version_and_help(library: TestLibrary) -> None:
    assert library.ok("--version").out.startswith("artpipe ")
    assert "find-ready" in library.ok("--help").out


def test_terminal_escapes_never_reach_the_screen(library: TestLibrary) -> None:
    library.ok("init")
    library.sql("INSERT INTO images (id, rejected, rejection_reason) VALUES ('x', 1, 'evil \x1b[2J')")
    assert "\x1b" not in library.ok("history").out
    assert "\x1b" not in library.ok("show", "x").out


@pytest.mark.parametrize(
    ("command", "not_needed"),
    [
        ("find-ready a b", {"json", "artpipe.model"}),
        ("stats", set()),
        ("approve x", {"artpipe.db.artifacts"}),
        ("list --status pending", set()),
    ],
)
def test_questions_load_no_more_than_they_need(library: TestLibrary, command: str, not_needed: set[str]) -> None:
    library.ok("init")
    library.sql("INSERT INTO images (id) VALUES ('x')")
    heavy = {"numpy", "PIL", "ncnn", "rich", "cv2", "scipy", "imagehash", "multiprocessing", "artpipe.stages"}
    slow = {"dataclasses", "hashlib", "tomllib", "getpass", "unicodedata"}
    script = (
        "import sys, typer; before = set(sys.modules); from artpipe.cli.main import main; code = main(sys.argv[1:]);"
        f"loaded = {heavy | slow | not_needed} & (set(sys.modules) - before);"
        "sys.exit(f'{code} {loaded}' if code or loaded else 0)"
    )
    start = [sys.executable, "-c", script, *command.split()]
    done = subprocess.run(start, cwd=library.folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_options_may_stand_before_the_name_of_the_command(library: TestLibrary) -> None:
    library.ok("init")
    assert library.ok("--json", "stats").out == library.ok("stats", "--json").out
    library.ok("--db", "run", "init")
    assert library.ok("--db", "run", "stats").out == library.ok("stats").out
    assert "find-ready" in library.ok("--json", "--help", "stats").out


def test_doctor_works_without_a_library(library: TestLibrary) -> None:
    data = library.json("doctor")
    topics = {check["topic"] for check in data["checks"]}
    assert {"system", "package", "engine", "network", "codec", "library"} <= topics
    assert {check["level"] for check in data["checks"] if check["name"].startswith("realesr-animevideov3")} == {"ok"}


def test_read_only_database_is_named(library: TestLibrary) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    library.ok("init")
    library.db.chmod(0o400)
    assert library.run("approve", "x").code in {1, 74}


def test_unknown_home_of_settings(library: TestLibrary) -> None:
    library.ok("--db", "sub/folder/my.db", "init")
    assert (library.folder / "sub/folder/my.db").exists()
    assert (library.folder / "sub/folder/artpipe.toml").exists()
    assert Path(library.folder / "sub/folder/art").is_dir()


def test_streams_that_cannot_be_written(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("register", "img")
    for command in ("list", "list --json", "stats"):
        full = library.shell(f"artpipe {command} > /dev/full")
        assert full.code == 74, command
        assert "Traceback" not in full.err
        closed = library.shell(f"artpipe {command} >&-")
        assert closed.code == 0, closed
        assert closed.err == ""


def test_ctrl_c_is_quiet_while_the_tool_is_still_being_loaded(library: TestLibrary) -> None:
    script = (
        "import signal, sys; from artpipe.__main__ import run\n"
        # A shell's background jobs, this test perhaps among them, ignore it.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Early:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'artpipe.cli.main': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Early())\n"
        "run()"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=library.folder, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"")


def test_bare_command_shows_the_help(library: TestLibrary) -> None:
    result = library.run()
    assert result.code == 2
    assert "find-ready" in result.err
    assert "Try" not in result.err
