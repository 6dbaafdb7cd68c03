"""repair brings back what can be brought back, loses nothing, and says what it cannot mend."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.damage import STAGES, Vandal, as_it_was, fill, in_background, put_back, take_quarantine, undone
from support.disks import can_mount, small_disk
from support.faultpoints import Forge, Point, forge_in, wait_until_nobody_in
from support.library import TestLibrary
from support.photos import small
from support.states import differences, state_of

from artpipe.actions.repair_plan import Plan, Step

DERIVED = ("thumbnails-small", "web-optimized")


def repair(library: TestLibrary, code: int = 0, *options: str) -> Any:
    library.repeats = True
    result = library.run("repair", "--json", *options)
    assert result.code == code, result
    return result.data


def counts(data: Any) -> dict[str, int]:
    return {key: value for key, value in data.items() if type(value) is int and value}


def decisions(library: TestLibrary) -> list[tuple[Any, ...]]:
    return library.sql("SELECT * FROM decisions ORDER BY id")


def sound(library: TestLibrary) -> None:
    library.ok("run", *STAGES)
    assert library.json("verify")["findings"] == []


def replace_file(path: Path, data: bytes) -> None:
    """As a new file: what was linked to the old one keeps its bytes."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def test_brings_back_every_derived_file_byte_for_byte(library: TestLibrary) -> None:
    files = fill(library, 60)
    before, damaged = decisions(library), Vandal(library.art, 3, only=DERIVED).damage(40)
    present = {path: data for path, data in library.files().items() if path in damaged}
    done = Counter(damaged.values())
    planned = repair(library, 0, "--dry-run")
    assert library.files() != files
    data = repair(library)
    expected = {"queued": len(damaged) - done["stray"], "quarantined": done["stray"]}
    assert counts(data) == counts(planned) == expected
    assert [{**item, "detail": ""} for item in planned["items"]] == [{**item, "detail": ""} for item in data["items"]]
    # Nothing that was there is gone.
    assert take_quarantine(library) == present
    library.ok("run", *STAGES)
    assert library.files() == files
    assert counts(repair(library)) == {}
    assert decisions(library) == before


def test_dry_run_changes_nothing(library: TestLibrary) -> None:
    files = fill(library, 4)
    Vandal(library.art, 5).damage(8)
    library.sql("UPDATE blurhash_cache SET input_sha256 = 'other' WHERE image_id = '00'")
    before = state_of(library.db, library.art), library.sql("SELECT * FROM artifacts ORDER BY id")
    library.run("repair", "--dry-run")
    assert differences(state_of(library.db, library.art), before[0]) == []
    assert library.sql("SELECT * FROM artifacts ORDER BY id") == before[1]
    put_back(library, files)
    repair(library)
    sound(library)


def test_folder_that_was_thrown_away_is_made_again(library: TestLibrary) -> None:
    files = fill(library, 4)
    for stage in DERIVED:
        for file in (library.art / stage).iterdir():
            file.unlink()
        (library.art / stage).rmdir()
    assert counts(repair(library, 0, "--quick")) == {"queued": 8}
    library.ok("run", *STAGES)
    assert library.files() == files


@pytest.mark.parametrize("copy", [(), ("--copy",)])
def test_originals_come_back_from_where_they_were_registered(library: TestLibrary, copy: tuple[str, ...]) -> None:
    files = fill(library, 4, *copy)
    names = [f"upstream/{number:02}.png" for number in range(4)]
    replace_file(library.art / names[0], b"\0" + files[names[0]][1:])
    replace_file(library.art / names[1], files[names[1]][:50])
    (library.art / names[2]).unlink()
    (library.art / names[3]).unlink()
    library.sql("DELETE FROM artifacts WHERE image_id = '03' AND stage = 'upstream'")
    # The row was lost before the blurhash knew; it fits again as soon as the row is back.
    assert counts(repair(library)) == {"repaired": 3, "adopted": 1}
    assert take_quarantine(library) == {names[0]: b"\0" + files[names[0]][1:], names[1]: files[names[1]][:50]}
    assert library.files() == files
    assert library.json("run", *STAGES)["completed"] == 0
    assert library.value("SELECT count(*) FROM artifacts WHERE stage = 'upstream' AND width = 60") == 4


def test_originals_that_stand_in_each_others_places_go_back(library: TestLibrary) -> None:
    files = fill(library, 4, "--copy")
    for file in library.img.iterdir():
        file.unlink()
    upstream = library.art / "upstream"
    (upstream / "00.png").rename(upstream / "x")
    for number in (1, 2):
        (upstream / f"0{number}.png").rename(upstream / f"0{number - 1}.png")
    (upstream / "x").rename(upstream / "02.png")
    assert counts(repair(library)) == {"repaired": 3}
    assert library.json("verify")["findings"] == []
    moved = take_quarantine(library)
    assert sorted(moved.values()) == sorted(files[f"upstream/0{number}.png"] for number in (0, 1, 2))
    assert library.files() == files


def test_originals_that_were_set_aside_before_come_back_from_there(library: TestLibrary) -> None:
    files = fill(library, 4, "--copy")
    for file in library.img.iterdir():
        file.unlink()
    aside = library.art / ".quarantine/2020-01-01/upstream"
    aside.mkdir(parents=True)
    (library.art / "upstream/00.png").rename(aside / "01.png~2")
    assert counts(repair(library)) == {"repaired": 1}
    assert take_quarantine(library) == {"upstream/01.png~2": files["upstream/00.png"]}
    assert library.files() == files


def test_what_changes_between_looking_and_mending_is_left_alone(
    library: TestLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = fill(library, 4)
    stray, damaged = library.art / "upstream/late.png", library.artifact("00", "web-optimized")
    stray.write_bytes(b"late")
    replace_file(damaged, b"damaged")
    decide = Plan.steps

    def meanwhile(plan: Plan) -> list[Step]:
        """Somebody logs the one file and makes the other again, in the moment between."""
        steps = decide(plan)
        library.sql("INSERT INTO images (id, sha256) VALUES ('late', 'x')")
        library.sql(
            "INSERT INTO artifacts (image_id, stage, file_path, sha256, file_size)"
            " VALUES ('late', 'upstream', 'upstream/late.png', ?, 4)",
            (hashlib.sha256(b"late").hexdigest(),),
        )
        replace_file(damaged, files["web-optimized/00.webp"])
        return steps

    monkeypatch.setattr(Plan, "steps", meanwhile)
    repair(library)
    assert take_quarantine(library) == {}
    assert library.files() == {**files, "upstream/late.png": b"late"}
    assert library.value("SELECT count(*) FROM artifacts WHERE image_id = '00' AND stage = 'web-optimized'") == 1


def test_original_that_another_repair_puts_back_meanwhile_is_not_set_aside(
    library: TestLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(library, 2, "--copy")
    original = library.art / "upstream" / "00.png"
    original.write_bytes(b"torn")
    decide, inodes = Plan.steps, []

    def meanwhile(plan: Plan) -> list[Step]:
        steps = decide(plan)
        library.start("repair").communicate()
        inodes.append(original.stat().st_ino)
        return steps

    monkeypatch.setattr(Plan, "steps", meanwhile)
    repair(library)
    assert [original.stat().st_ino] == inodes
    assert take_quarantine(library) == {"upstream/00.png": b"torn"}


def test_original_without_a_copy_is_left_as_it_is(library: TestLibrary) -> None:
    files = fill(library, 4, "--copy")
    for file in library.img.iterdir():
        file.unlink()
    damaged = library.art / "upstream/00.png"
    damaged.write_bytes(b"scratched")
    library.artifact("00", "thumbnails-small").write_bytes(b"scratched too")
    library.artifact("01", "thumbnails-small").write_bytes(b"scratched three")
    rows = library.sql("SELECT id, sha256, file_path FROM artifacts WHERE image_id = '00'")
    data = repair(library, 1)
    assert counts(data) == {"queued": 1, "unrepairable": 2}
    result = library.run("repair")
    assert (result.code, result.err.count("artpipe: file-differs: ")) == (1, 2)
    # What is made from it is not made from what is left of it.
    assert damaged.read_bytes() == b"scratched"
    assert library.artifact("00", "thumbnails-small").read_bytes() == b"scratched too"
    assert library.sql("SELECT id, sha256, file_path FROM artifacts WHERE image_id = '00'") == rows
    take_quarantine(library)
    put_back(library, files)
    sound(library)


def test_what_nobody_can_make_again_is_left_as_it_is(library: TestLibrary) -> None:
    fill(library, 4)
    library.settings('[stages.posters]\nkind = "resize"\ninput = "upstream"\nwidth = 30\n')
    library.ok("run", "posters")
    library.settings("")
    with as_it_was(library):
        library.artifact("00", "posters").unlink()
        assert counts(repair(library, 1)) == {"unrepairable": 1}
        assert library.value("SELECT count(*) FROM artifacts WHERE stage = 'posters'") == 4
    # Nor what is made from an original that was thrown away on purpose.
    with as_it_was(library):
        library.sql("UPDATE images SET content = 'truncated' WHERE id = '00'")
        library.artifact("00", "upstream").unlink()
        library.sql("DELETE FROM artifacts WHERE image_id = '00' AND stage = 'upstream'")
        replace_file(library.artifact("00", "web-optimized"), b"x")
        assert counts(repair(library, 1)) == {"unrepairable": 1}
        assert library.artifact("00", "web-optimized").read_bytes() == b"x"


def test_originals_without_rows_are_adopted(library: TestLibrary) -> None:
    files = fill(library, 4)
    # Lost in the database alone.
    library.sql("DELETE FROM artifacts WHERE image_id = '00' AND stage = 'upstream'")
    # Under another name.
    library.sql("DELETE FROM artifacts WHERE image_id = '01' AND stage = 'upstream'")
    (library.art / "upstream/01.png").rename(library.art / "upstream/lost.png")
    # As the seed's migration does it: rows by plain SQL, then `ln img/x art/upstream/x`.
    other = small(library.folder / "other.png", 77)
    digest = subprocess.check_output(["sha256sum", other]).split()[0].decode()
    library.sql("INSERT INTO images (id, sha256, approved) VALUES ('seed', ?, TRUE)", (digest,))
    os.link(other, library.art / "upstream/seed.png")
    assert counts(repair(library)) == {"adopted": 5}
    assert take_quarantine(library) == {}
    assert library.files() == {**files, "upstream/seed.png": other.read_bytes()}
    assert library.sql("SELECT content, file_size FROM images WHERE id = 'seed'") == [("present", other.stat().st_size)]
    sound(library)


def test_rows_of_originals_that_say_wrong_things_are_mended(library: TestLibrary) -> None:
    files = fill(library, 4)
    library.sql("UPDATE artifacts SET sha256 = 'wrong' WHERE image_id = '00' AND stage = 'upstream'")
    library.sql("UPDATE images SET content = 'absent', sha256 = NULL, width = NULL, height = NULL WHERE id = '01'")
    # While the row is wrong, the hash seems to be of another file; by the time of the run nothing is left to do.
    assert counts(repair(library)) == {"repaired": 3, "queued": 1}
    assert library.json("run", *STAGES)["completed"] == 0
    assert library.sql("SELECT content, width, height FROM images WHERE id = '01'") == [("present", 60, 40)]
    assert library.value("SELECT count(*) FROM images WHERE sha256 IS NULL") == 0
    assert library.files() == files
    sound(library)


def test_foreign_files_go_to_the_quarantine(library: TestLibrary) -> None:
    files = fill(library, 4)
    strays = {"upstream/holiday.png": b"1", "thumbnails-small/00.jpg": b"2", "foreign/x.png": b"3", "note.txt": b"4"}
    for name, data in strays.items():
        (library.art / name).parent.mkdir(exist_ok=True)
        (library.art / name).write_bytes(data)
    Path(os.fsdecode(os.fsencode(library.art) + b"/upstream/\xff.png")).write_bytes(b"5")
    (library.art / "upstream/nowhere").symlink_to("nowhere")
    os.mkfifo(library.art / "upstream/pipe")
    data = repair(library)
    assert counts(data) == {"quarantined": 7}
    day = next((library.art / ".quarantine").iterdir())
    assert (day / "upstream/nowhere").is_symlink()
    assert (day / "upstream/pipe").is_fifo()
    assert f".quarantine/{day.name}/upstream/holiday.png" in next(
        item["detail"] for item in data["items"] if item["path"] == "upstream/holiday.png"
    )
    # The same name on the same day.
    (library.art / "note.txt").write_bytes(b"6")
    assert counts(repair(library)) == {"quarantined": 1}
    moved = take_quarantine(library)
    assert {name: moved[name] for name in strays} == strays
    assert moved["note.txt~2"] == b"6"
    assert b"5" in moved.values()
    (library.art / "foreign").rmdir()
    assert library.files() == files


@pytest.mark.skipif(not can_mount(), reason="may not mount")
def test_foreign_files_on_another_disk_go_to_the_quarantine(library: TestLibrary) -> None:
    fill(library, 1)
    with small_disk(library.art / "video-frames", 64) as disk:
        stray = disk.folder / "odd.jpeg"
        stray.write_bytes(b"somebody's")
        os.mkfifo(disk.folder / "pipe")
        data = repair(library, 1)
        assert counts(data) == {"quarantined": 1, "unrepairable": 1}
        assert not stray.exists()
        assert (disk.folder / "pipe").exists()
    assert list(take_quarantine(library).values()) == [b"somebody's"]


def test_time_that_is_up_is_said_and_the_next_goes_on(library: TestLibrary) -> None:
    fill(library, 20)
    damaged = Vandal(library.art, 5, only=DERIVED).damage(10)
    assert repair(library, 5, "--time-limit", "0s")["complete"] is False
    data = repair(library, 0, "--time-limit", "1h")
    assert data["complete"] is True
    assert data["queued"] + data["quarantined"] == len(damaged)
    take_quarantine(library)
    sound(library)


def test_values_of_other_files_are_computed_again(library: TestLibrary) -> None:
    fill(library, 4)
    values = "SELECT image_id, stage, blurhash, input_sha256 FROM blurhash_cache ORDER BY 1, 2"
    before = library.sql(values)
    library.sql("UPDATE blurhash_cache SET input_sha256 = 'other', blurhash = 'LLLLLL'")
    library.sql("UPDATE perceptual_hashes SET input_sha256 = 'other', phash = '0' WHERE image_id = '00'")
    assert counts(repair(library)) == {"queued": 5}
    sound(library)
    assert library.sql(values) == before
    assert library.value("SELECT count(*) FROM perceptual_hashes WHERE phash <> '0'") == 4


def test_null_for_a_decision_becomes_what_it_means(library: TestLibrary) -> None:
    fill(library, 4)
    library.ok("reset", "00")
    library.sql("UPDATE images SET approved = NULL, rejected = NULL WHERE id = '00'")
    library.sql("UPDATE images SET rejected = NULL WHERE id = '01'")
    before = decisions(library)
    assert counts(repair(library)) == {"repaired": 2}
    assert library.sql("SELECT approved, rejected FROM images ORDER BY id") == [(0, 0), (1, 0), (1, 0), (1, 0)]
    assert decisions(library) == before


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT OR REPLACE INTO images (id, sha256, content) SELECT id, sha256, content FROM images WHERE id = '00'",
        "DELETE FROM images WHERE id = '00'",
        "UPDATE artifacts SET file_path = '/etc/passwd' WHERE image_id = '00' AND stage = 'blurhash'",
        "UPDATE images SET approved = 'yes' WHERE id = '00'",
    ],
)
def test_what_needs_a_person_is_left_to_a_person(library: TestLibrary, sql: str) -> None:
    fill(library, 4)
    with undone(library):
        library.sql(sql.replace("'blurhash'", "'web-optimized'"))
        strays = 1 if "passwd" in sql else 0
        before = library.sql("SELECT * FROM images"), decisions(library)
        data = repair(library, 1)
        assert data["unrepairable"] >= 1
        assert data["quarantined"] == strays
        assert (library.sql("SELECT * FROM images"), decisions(library)) == before
        for name, content in take_quarantine(library).items():
            (library.art / name).write_bytes(content)


def test_what_was_asked_for_by_hand_is_made_as_it_was_asked_for(library: TestLibrary) -> None:
    fill(library, 1)
    library.ok("blurhash", "00")
    library.settings('[stages.ersgan-enhanced]\nmodel = "realesr-animevideov3"\n')
    library.ok("upscale", "00", "--scale", "2")
    file = library.artifact("00", "ersgan-enhanced")
    before = file.read_bytes()
    file.write_bytes(b"x")
    repair(library)
    take_quarantine(library)
    library.ok("run", "ersgan-enhanced")
    assert file.read_bytes() == before
    assert library.value("SELECT pinned FROM artifacts WHERE stage = 'ersgan-enhanced'") == 1


def test_what_a_run_had_in_hand_when_it_died_is_swept_and_made_again(
    library: TestLibrary, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fill(library, 4)
    library.settings('[stages.thumbnails-small]\nformat = "jpeg"\n')
    with forge_in(tmp_path_factory.mktemp("forge")) as forge:
        assert forge.run(library.folder, "run", "thumbnails-small", kill=Point("rename", 2)).killed
    wait_until_nobody_in(library.folder)
    findings = library.json("verify")["findings"]
    assert {finding["code"] for finding in findings} >= {"file-unrecorded", "run-died", "job-orphaned", "scratch-left"}
    assert {finding["repair"] for finding in findings} == {"reclaim", "sweep"}
    planned = counts(repair(library, 0, "--dry-run"))
    assert counts(repair(library)) == planned
    assert take_quarantine(library) == {}
    sound(library)


def break_it(library: TestLibrary, files: dict[str, bytes]) -> None:
    """Something of every kind that repair moves files or rows for."""
    replace_file(library.art / "upstream/00.png", b"damaged")
    library.sql("DELETE FROM artifacts WHERE image_id = '01' AND stage = 'upstream'")
    library.sql("UPDATE artifacts SET sha256 = 'wrong' WHERE image_id = '02' AND stage = 'upstream'")
    replace_file(library.art / "upstream/02.png", files["upstream/03.png"])
    replace_file(library.art / "upstream/03.png", files["upstream/02.png"])
    (library.art / "thumbnails-small/00.webp").write_bytes(b"damaged")
    (library.art / "web-optimized/01.webp").unlink()
    (library.art / "web-optimized/stray.webp").write_bytes(b"stray")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestLibrary, dict[str, bytes], Forge]]:
    """A library with all kinds of damage, and the files it had before; tests leave it as it is."""
    library = TestLibrary(tmp_path_factory.mktemp("broken"))
    files = fill(library, 4)
    break_it(library, files)
    with forge_in(tmp_path_factory.mktemp("forge")) as forge:
        yield library, files, forge


def test_everything_at_once_is_brought_back(broken: tuple[TestLibrary, dict[str, bytes], Forge]) -> None:
    library, files, _ = broken
    with as_it_was(library):
        assert counts(repair(library)) == {"repaired": 4, "adopted": 2, "queued": 3, "quarantined": 1}
        take_quarantine(library)
        library.ok("run", *STAGES)
        assert library.files() == files


@pytest.mark.parametrize("kind", ["rename", "link", "unlink", "fsync", "commit", "committed"])
def test_repair_that_is_killed_is_finished_by_the_next(
    broken: tuple[TestLibrary, dict[str, bytes], Forge], kind: str
) -> None:
    library, _, forge = broken
    before = {*library.files().values()}
    with as_it_was(library):
        calls = forge.run(library.folder, "repair").calls[kind]
    assert calls > 0
    for number in random.Random(kind).sample(range(1, calls + 1), min(calls, 4)):  # noqa: S311 - repeatable
        with as_it_was(library):
            assert forge.run(library.folder, "repair", kill=Point(kind, number)).killed
            assert before - {*library.files().values()} == set(), "something that was there is gone"
            repair(library)
            assert library.json("verify")["findings"] == []
            assert before - {*library.files().values()} == set()


WORK = """
for format in jpeg webp jpeg; do
  printf '[stages.%s]\\nformat = "%s"\\n' thumbnails-small $format web-optimized $format > artpipe.toml
  artpipe run -q -j 2 thumbnails-small web-optimized blurhash phash
done
"""


def test_repair_takes_nothing_from_a_run_that_works(library: TestLibrary) -> None:
    fill(library, 12)
    worker = in_background(library, WORK)
    rounds = 0
    while worker.poll() is None:
        (library.art / f"thumbnails-small/stray-{rounds}.webp").write_bytes(b"stray")
        assert counts(repair(library, 0, *(["--quick"] if rounds % 2 else []))) == {"quarantined": 1}
        rounds += 1
    assert worker.communicate() == (b"", b"")
    assert rounds > 3
    assert list(take_quarantine(library).values()) == [b"stray"] * rounds
    library.settings("")
    sound(library)
