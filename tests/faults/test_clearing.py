"""prune and truncate give back room and nothing else, also when they are killed anywhere."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.damage import STAGES
from support.faultpoints import COMMIT, COMMITTED, STATEMENT, Forge, Point, forge_in
from support.invariants import violations
from support.library import TestLibrary
from support.photos import small
from support.templates import prepared

COPY = json.dumps(["cp", "{input}", "{output}"])
BANNERS = f'[stages.banners]\ncommand = {COPY}\nextension = "png"\nfor = "all"\n'


@pytest.fixture
def made(library: TestLibrary) -> TestLibrary:
    library.repeats = True
    return prepared(library, make)


def make(library: TestLibrary) -> None:
    """Four images with copies of their own; two are rejected after everything was made."""
    for seed in range(4):
        small(library.img / f"p{seed}.png", seed)
    library.ok("register", "--approve", "--copy", "img")
    library.settings(BANNERS)
    library.ok("run", *STAGES, "banners")
    library.ok("reject", "p2", "p3", "--reason", "dull")


def names(library: TestLibrary, stage: str) -> set[str]:
    return {row[0] for row in library.sql("SELECT image_id FROM artifacts WHERE stage = ?", (stage,))}


def test_prune_lists_and_removes_what_rejected_images_had(made: TestLibrary) -> None:
    before = made.files()
    listed = made.ok("prune").lines
    expected = {f"{stage}/p{n}.webp" for stage in ("thumbnails-small", "web-optimized") for n in (2, 3)}
    assert expected == {line for line in listed if "/" in line}
    assert made.files() == before
    answer = made.json("prune", "--yes")
    assert answer["freed"] == sum(len(before[path]) for path in expected)
    assert made.files() == {path: data for path, data in before.items() if path not in expected}
    assert made.json("prune")["files"] == 0
    # What a stage makes for all images stays, and nothing comes back by itself.
    assert names(made, "banners") == {"p0", "p1", "p2", "p3"}
    assert made.json("run", *STAGES, "banners", "--dry-run")["would_run"] == 0
    made.ok("verify")
    made.ok("approve", "p2")
    assert made.json("run", *STAGES)["by_stage"]["web-optimized"]["completed"] == 1


def test_prune_removes_what_stages_made_that_are_gone(made: TestLibrary) -> None:
    made.settings("")
    answer = made.json("prune", "--yes", "--dry-run", "--stage", "banners")
    assert answer["by_stage"] == {"banners": {"stage-removed": 4}}
    assert made.json("prune", "--stage", "banners", "--limit", "1", "--yes")["removed"] == 1
    assert made.json("prune", "--stage", "banners", "--yes")["removed"] == 3
    assert not (made.art / "banners").exists()
    assert names(made, "web-optimized") == {"p0", "p1", "p2", "p3"}


def test_prune_keeps_what_other_programs_made_unless_named(made: TestLibrary) -> None:
    made.ok("log-artifact", "p0", "by-script", "img/p1.png")
    made.ok("log-artifact", "p2", "web-optimized", "img/p1.png")
    made.ok("prune", "--yes")
    assert names(made, "by-script") == {"p0"}
    assert names(made, "web-optimized") == {"p0", "p1", "p2"}
    assert made.json("prune", "--stage", "by-script", "--yes")["removed"] == 1


def test_prune_never_touches_an_original_whatever_rows_say(made: TestLibrary) -> None:
    original = made.artifact("p2", "upstream").relative_to(made.art)
    made.sql("UPDATE artifacts SET file_path = ? WHERE image_id = 'p2' AND stage = 'web-optimized'", (str(original),))
    made.ok("prune", "--yes")
    assert (made.art / original).exists()
    made.sql(
        "UPDATE artifacts SET file_path = 'web-optimized/p2.webp' WHERE image_id = 'p2' AND stage = 'web-optimized'"
    )
    # A row of one image that names the file of another.
    made.sql(
        "UPDATE artifacts SET file_path = 'web-optimized/p0.webp' WHERE image_id = 'p2' AND stage = 'web-optimized'"
    )
    made.ok("prune", "--yes")
    assert (made.art / "web-optimized/p0.webp").exists()
    (made.art / "web-optimized/p2.webp").unlink()


def test_truncate_gives_back_originals_and_nothing_else(made: TestLibrary) -> None:
    before, decided = made.files(), made.sql("SELECT * FROM decisions")
    hashes = made.sql("SELECT id, sha256, width, file_size FROM images ORDER BY id")
    assert made.ok("truncate").lines == ["p2", "p3"]
    assert made.files() == before
    answer = made.json("truncate", "--yes")
    assert (answer["truncated"], answer["freed"]) == (
        2,
        len(before["upstream/p2.png"]) + len(before["upstream/p3.png"]),
    )
    gone = {"upstream/p2.png", "upstream/p3.png"}
    assert made.files() == {path: data for path, data in before.items() if path not in gone}
    assert made.sql("SELECT id, content FROM images ORDER BY id") == [
        *(("p0", "present"), ("p1", "present"), ("p2", "truncated"), ("p3", "truncated"))
    ]
    assert made.sql("SELECT id, sha256, width, file_size FROM images ORDER BY id") == hashes
    assert made.sql("SELECT * FROM decisions") == decided
    for command in (["verify"], ["repair"], ["report"], ["stats"], ["show", "p2"], ["gallery"]):
        made.ok(*command)
    made.ok("export-dirs", "out")
    shutil.rmtree(made.folder / "out")
    assert made.json("run", *STAGES, "banners", "--dry-run")["would_run"] == 0


def test_only_what_was_named_and_rejected_is_given_back(made: TestLibrary) -> None:
    result = made.run("truncate", "p0", "p2", "--yes", "--json")
    assert result.code == 1
    assert result.data["truncated"] == 1
    assert made.sql("SELECT id FROM images WHERE content <> 'present'") == [("p2",)]
    # Once more changes nothing and is no failure.
    assert made.json("truncate", "p2", "--yes")["truncated"] == 0


def test_what_artpipe_rejected_by_itself_has_to_be_named(made: TestLibrary) -> None:
    (made.img / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    made.ok("register", "--copy", "img")
    assert made.ok("truncate").lines == ["p2", "p3"]
    assert made.ok("truncate", "broken").lines == ["broken"]


def test_truncate_proves_what_it_gives_up(made: TestLibrary) -> None:
    original = made.artifact("p2", "upstream")
    sound = original.read_bytes()
    original.write_bytes(sound + b"more")
    made.artifact("p3", "upstream").rename(made.folder / "aside")
    result = made.run("truncate", "--yes", "--json")
    assert (result.code, result.data["truncated"]) == (1, 0)
    assert {error["code"] for error in json.loads(result.out)["errors"]} == {"differs", "missing"}
    original.write_bytes(sound)
    (made.folder / "aside").rename(made.art / "upstream/p3.png")


def test_parent_of_what_is_not_rejected_stays(made: TestLibrary) -> None:
    made.sql("INSERT INTO lineage (child_id, parent_id, role) VALUES ('p0', 'p2', 'frame')")
    answer = made.json("truncate", "--yes")
    assert (answer["truncated"], answer["kept"]) == (1, {"parent": 1})
    assert made.run("truncate", "p2", "--yes").code == 1


def test_users_own_file_is_not_touched(made: TestLibrary) -> None:
    small(made.img / "linked.png", 9)
    made.ok("register", "img")
    made.ok("reject", "linked", "--reason", "dull")
    data = (made.img / "linked.png").read_bytes()
    answer = made.json("truncate", "linked", "--yes")
    assert (answer["bytes"], answer["freed"]) == (len(data), 0)
    assert (made.img / "linked.png").read_bytes() == data


def test_same_picture_is_known_when_it_turns_up_again(made: TestLibrary) -> None:
    made.ok("truncate", "--yes")
    shutil.copy(made.img / "p2.png", made.img / "again.png")
    os.utime(made.img / "p3.png")
    answer = made.json("register", "--approve", "--rehash", "img")
    assert (answer["registered"], answer["duplicates"]) == (0, 1)
    assert made.sql("SELECT content, rejected FROM images WHERE id = 'p2'") == [("truncated", 1)]
    assert not (made.art / "upstream/p2.png").exists()
    assert made.json("show", "again")["image"]["id"] == "p2"


def test_bytes_come_again_if_somebody_thinks_better_of_it(made: TestLibrary) -> None:
    made.ok("truncate", "--yes")
    made.ok("approve", "p2")
    answer = made.json("why", "p2", "web-optimized")
    assert answer["reason"] == "fresh" or "given back" in answer["message"]
    made.ok("prune", "--yes")
    assert made.json("register", "img", "--dry-run")["registered"] == 1
    assert made.json("register", "img")["registered"] == 1
    assert made.sql("SELECT content, approved FROM images WHERE id = 'p2'") == [("present", 1)]
    assert made.json("run", *STAGES)["failed"] == 0


COMMANDS = {"prune": ("prune", "--yes"), "truncate": ("truncate", "--yes")}


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    with forge_in(tmp_path_factory.mktemp("forge")) as made_forge:
        yield made_forge


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="as for the other kills")
@pytest.mark.parametrize("name", ["prune", "truncate"])
def test_killed_anywhere_the_next_one_ends_it(made: TestLibrary, forge: Forge, name: str, tmp_path: Path) -> None:
    template = tmp_path / "template"
    shutil.copytree(made.folder, template, ignore=shutil.ignore_patterns("template", "done"))
    done = tmp_path / "done"
    shutil.copytree(template, done)
    ended = forge.run(done, *COMMANDS[name])
    assert ended.code == 0, ended
    expected, wanted = TestLibrary(done).files(), rows(TestLibrary(done))
    killed = 0
    for kind in ("unlink", "rename", "fsync", "mkdir", STATEMENT, COMMIT, COMMITTED):
        for number in range(1, ended.calls[kind] + 1):
            trial = TestLibrary(tmp_path / f"trial-{kind}-{number}")
            shutil.copytree(template, trial.folder)
            killed += forge.kill(trial.folder, Point(kind, number), *COMMANDS[name])
            # Whatever was given up or not, every row stands over its bytes at once.
            assert [found for found in violations(trial.db, trial.art, repeats=True) if "row" in found[:4]] == []
            assert forge.run(trial.folder, *COMMANDS[name]).code == 0
            assert violations(trial.db, trial.art, repeats=True) == []
            assert trial.files() == expected, (kind, number)
            assert rows(trial) == wanted
            shutil.rmtree(trial.folder)
    assert killed > 10


def rows(library: TestLibrary) -> list[object]:
    return [
        library.sql("SELECT id, content, sha256, rejected FROM images ORDER BY id"),
        library.sql("SELECT image_id, stage, sha256 FROM artifacts ORDER BY 1, 2"),
        library.sql("SELECT count(*) FROM decisions"),
    ]
