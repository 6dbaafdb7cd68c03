"""repair brings originals back, and never takes the only copy of one."""

from __future__ import annotations

import hashlib
import os
import subprocess

import pytest
from support.damage import STAGES, fill, put_back, take_quarantine
from support.library import TestLibrary
from support.photos import small
from support.repairing import counts, repair, replace_file, sound

from artpipe.actions.repair_plan import Plan, Step


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
