"""Files that are registered together end as they would one by one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.library import Rows, TestLibrary
from support.photos import small

TABLES = {
    "images": "id, sha256, content, file_size, mime_type, width, height, approved, rejected, rejection_reason",
    "aliases": "name, image_id",
    "sources": "path, image_id, sha256, size, mtime_ns, inode",
    "artifacts": "image_id, stage, file_path, sha256, file_size, width, height, input_sha256, recipe",
    "decisions": "image_id, was, became, reason",
}


def state(library: TestLibrary) -> dict[str, Rows]:
    return {table: library.sql(f"SELECT {columns} FROM {table} ORDER BY 1, 2") for table, columns in TABLES.items()}


def same_content_under_two_names(folder: Path) -> list[Path]:
    return [small(folder / "a.png", 1), small(folder / "b.png", 1), small(folder / "sub/a.png", 1)]


def same_name_for_three_contents(folder: Path) -> list[Path]:
    return [small(folder / "a.png", 1), small(folder / "one/a.png", 2), small(folder / "two/a.png", 3)]


def name_that_another_file_was_given(folder: Path) -> list[Path]:
    """The third is called what the second one has to be called, and is of another type."""
    first, second = small(folder / "a.png", 1), small(folder / "one/a.png", 2)
    taken = TestLibrary(folder / "trial")
    taken.folder.mkdir()
    taken.ok("register", first, second)
    name = taken.value("SELECT id FROM images WHERE id LIKE 'a~%'")
    shutil.rmtree(taken.folder)
    return [first, second, small(folder / f"two/{name}.jpg", 3)]


def name_that_became_an_alias(folder: Path) -> list[Path]:
    return [small(folder / "a.png", 1), small(folder / "b.png", 1), small(folder / "sub/b.png", 2)]


def same_path_twice(folder: Path) -> list[Path]:
    file = small(folder / "a.png", 1)
    return [file, file]


def empty_file_and_its_bytes(folder: Path) -> list[Path]:
    (folder / "empty").mkdir(parents=True)
    (folder / "empty/a.png").touch()
    return [folder / "empty/a.png", small(folder / "a.png", 1), small(folder / "b.png", 2)]


def damaged_between_sound_ones(folder: Path) -> list[Path]:
    first, last = small(folder / "a.png", 1), small(folder / "c.png", 2)
    (folder / "b.png").write_bytes(first.read_bytes()[:60])
    shutil.copy(folder / "b.png", folder / "d.png")
    return [first, folder / "b.png", last, folder / "d.png"]


def stray_in_the_way(folder: Path) -> list[Path]:
    stray = folder.parent / "art/upstream/a.png"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"somebody else's")
    return [small(folder / "a.png", 1), small(folder / "b.png", 2)]


MIXTURES = [
    same_content_under_two_names,
    same_name_for_three_contents,
    name_that_another_file_was_given,
    name_that_became_an_alias,
    same_path_twice,
    empty_file_and_its_bytes,
    damaged_between_sound_ones,
    stray_in_the_way,
]


@pytest.mark.parametrize("mixture", MIXTURES, ids=lambda mixture: mixture.__name__)
def test_together_as_one_by_one(library: TestLibrary, mixture: object) -> None:
    assert callable(mixture)
    files = mixture(library.img)
    for file in files:
        library.ok("register", file)
    alone = state(library)
    strays = [path for path in library.art.glob("upstream/*") if path.stat().st_nlink == 1]
    for file in library.art.glob("upstream/*"):
        if file not in strays:
            file.unlink()
    library.db.unlink()
    for beside in library.folder.glob("cv.db-*"):
        beside.unlink()

    library.ok("register", *files)
    assert state(library) == alone
    for stray in strays:
        stray.unlink()


def test_hundreds_of_files_in_several_batches(library: TestLibrary) -> None:
    """More than one thread gets at a time, and more than one transaction takes."""
    first = small(library.img / "0.png", 0).read_bytes()
    for number in range(1, 1200):
        # What stands behind the end of a picture makes it another file.
        (library.img / f"{number}.png").write_bytes(first + number.to_bytes(2) * (number % 2) + bytes(number))
    library.ok("register", library.img)
    assert library.value("SELECT count(*) FROM sources") == 1200
    every = [
        row[0]
        for row in library.sql("SELECT i.id FROM images i JOIN artifacts a ON a.image_id = i.id ORDER BY i.rowid")
    ]
    assert len(every) == library.value("SELECT count(*) FROM images") == 1200
    assert every == sorted(every)
    assert library.json("register", library.img)["unchanged"] == 1200


def test_unchanged_files_with_very_many_others_between_them_are_not_read(
    library: TestLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, number in (("a", 70), ("b", 500), ("c", 70)):
        for index in range(number):
            small(library.img / folder / f"{index}.png", 1000 * ord(folder) + index, (8, 8))
    library.ok("register", "img")
    monkeypatch.setattr("artpipe.pipeline.intake.read", None)  # reading would fail loudly
    assert library.json("register", "img/a", "img/c")["unchanged"] == 140
    assert library.json("register", "img/b")["unchanged"] == 500
    assert library.json("register", "img")["unchanged"] == 640
