"""repair brings back what can be brought back, loses nothing, and says what it cannot mend."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.damage import STAGES, Vandal, as_it_was, fill, put_back, take_quarantine, undone
from support.disks import can_mount, small_disk
from support.library import TestLibrary
from support.repairing import counts, repair, replace_file, sound
from support.states import differences, state_of

DERIVED = ("thumbnails-small", "web-optimized")


def decisions(library: TestLibrary) -> list[tuple[Any, ...]]:
    return library.sql("SELECT * FROM decisions ORDER BY id")


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
