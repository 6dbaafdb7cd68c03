"""Directories out of any library, brought up to date again and again, touching nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.oldpictures import picture
from support.photos import small
from support.templates import prepared


@pytest.fixture
def filled(library: TestLibrary) -> TestLibrary:
    return prepared(library, fill)


def fill(library: TestLibrary) -> None:
    """Two images, one with all that a run makes; never migrated."""
    for seed, name in enumerate("ab"):
        small(library.img / f"{name}.png", seed)
    library.ok("register", "img")
    library.ok("approve", "a")
    library.ok("run")


def names(library: TestLibrary, folder: str = "out") -> list[str]:
    root = library.folder / folder
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def counts(library: TestLibrary, *arguments: str) -> tuple[int, int, int]:
    data = library.json("export-dirs", "out", *arguments)
    return data["made"], data["replaced"], data["removed"]


def test_library_that_never_was_a_tree(filled: TestLibrary) -> None:
    filled.ok("export-dirs", "out")
    assert names(filled) == [
        "img/a.png",
        "img/b.png",
        "replicate/img/a.png",
        "replicate/js/a.json",
        "replicate/t2/a.webp",
        "t2/a.webp",
        "thumbs/a.webp",
        "thumbs/b.webp",
        "yes/a.png",
    ]
    out = filled.folder / "out"
    assert (out / "yes/a.png").stat().st_size == 0
    assert (out / "img/a.png").samefile(filled.artifact("a", "upstream"))
    params = filled.value("SELECT processing_params FROM artifacts WHERE stage = 'ersgan-enhanced'")
    assert (out / "replicate/js/a.json").read_text() == params
    assert filled.ok("migrate", "--dry-run", "out").code == 0


def test_only_what_changed_is_changed(filled: TestLibrary) -> None:
    filled.ok("export-dirs", "out")
    assert counts(filled) == (0, 0, 0)
    filled.ok("reject", "a")
    filled.ok("approve", "b")
    assert counts(filled, "--dry-run") == (2, 0, 1)
    assert counts(filled) == (2, 0, 1)
    assert [name for name in names(filled) if name.startswith(("yes/", "no/"))] == ["no/a.png", "yes/b.png"]
    filled.settings("[stages.thumbnails-small]\nwidth = 30\n")
    filled.repeats = True
    filled.ok("run", "thumbnails-small")
    assert counts(filled) == (0, 1, 0), "the thumbnail of b; a is rejected"
    assert (filled.folder / "out/thumbs/b.webp").samefile(filled.artifact("b", "thumbnails-small"))


def test_forms_of_decisions(filled: TestLibrary) -> None:
    out = filled.folder / "out"
    filled.ok("export-dirs", "--links", "out")
    assert (out / "yes/a.png").samefile(out / "img/a.png")
    assert counts(filled, "--markers") == (0, 1, 0)
    assert (out / "yes/a.png").stat().st_size == 0
    assert (out / "img/a.png").stat().st_size
    assert filled.run("export-dirs", "--links", "--markers", "out").code == 2


def test_copies_are_nobodys_originals(filled: TestLibrary) -> None:
    filled.ok("export-dirs", "--copy", "out")
    for path in (filled.folder / "out").rglob("*.png"):
        path.write_bytes(b"") if path.parent.name == "img" else None
    filled.ok("verify")


def test_files_of_others_stay(filled: TestLibrary) -> None:
    out = filled.folder / "out"
    (out / "img").mkdir(parents=True)
    (out / "img/a.png").write_text("mine")
    (out / "img/other.png").write_text("mine too")
    (out / "yes").mkdir()
    (out / "yes/a.png").touch()
    result = filled.run("export-dirs", "out")
    assert result.code == 1
    assert "img/a.png" in result.err
    assert (out / "img/a.png").read_text() == "mine"
    (out / "thumbs/b.webp").unlink()
    (out / "thumbs/b.webp").write_text("replaced by a script")
    filled.sql("UPDATE artifacts SET stage = 'custom' WHERE stage = 'thumbnails-small'")
    assert filled.run("export-dirs", "out").code == 1
    assert (out / "thumbs/b.webp").read_text() == "replaced by a script"
    assert not (out / "thumbs/a.webp").exists()
    assert (out / "img/other.png").read_text() == "mine too"
    filled.sql("UPDATE artifacts SET stage = 'thumbnails-small' WHERE stage = 'custom'")


def test_last_copy_of_an_original_is_kept(filled: TestLibrary) -> None:
    filled.ok("export-dirs", "out")
    (filled.img / "b.png").unlink()
    filled.artifact("b", "upstream").unlink()
    filled.sql("DELETE FROM artifacts WHERE image_id = 'b' AND stage = 'upstream'")
    filled.sql("UPDATE images SET content = 'truncated' WHERE id = 'b'")
    result = filled.run("export-dirs", "out")
    assert result.code == 1
    assert "last copy" in result.err
    assert (filled.folder / "out/img/b.png").stat().st_size


def test_original_that_is_gone(filled: TestLibrary) -> None:
    path = filled.artifact("b", "upstream")
    away = path.rename(filled.folder / "away")
    result = filled.run("export-dirs", "out")
    assert result.code == 1
    assert "art/upstream/b.png is gone" in result.err
    away.rename(path)
    assert counts(filled) == (1, 0, 0)


@pytest.mark.parametrize("folder", ["art", "art/upstream", "old", "old/sub", "elsewhere"])
def test_where_originals_are_nothing_is_exported(folder: str, library: TestLibrary) -> None:
    """`elsewhere/img` is the folder that the old tree's img/ links to."""
    small(library.folder / "elsewhere/img/a.png", 1)
    (library.folder / "old").mkdir()
    (library.folder / "old/img").symlink_to(library.folder / "elsewhere/img")
    library.ok("init")
    library.ok("migrate", "old")
    result = library.run("export-dirs", folder)
    assert result.code == 2
    assert "Name another folder" in result.err


def test_marks_that_scripts_make_in_an_exported_tree_come_back(filled: TestLibrary) -> None:
    filled.ok("export-dirs", "out")
    (filled.folder / "out/no").mkdir()
    (filled.folder / "out/no/b").touch()
    assert filled.json("migrate", "out")["rejected"] == 1
    assert filled.value("SELECT rejected FROM images WHERE id = 'b'") == 1
    assert filled.value("SELECT count(*) FROM images") == 2
    filled.ok("export-dirs", "out")
    assert [name for name in names(filled) if name.startswith("no/")] == ["no/b"]
    filled.ok("approve", "b")
    filled.ok("export-dirs", "out")
    assert [name for name in names(filled) if name.startswith(("no/", "yes/"))] == ["yes/a.png", "yes/b.png"]


def test_stopped_export_goes_on(filled: TestLibrary) -> None:
    assert filled.run("export-dirs", "out", "--time-limit", "0s").code == 5
    filled.ok("export-dirs", "out")
    assert len(names(filled)) == 9


def test_names_that_ids_cannot_have(library: TestLibrary) -> None:
    small(library.img / "a.png", 1)
    library.ok("register", "img")
    library.sql("INSERT INTO images (id, approved) VALUES ('../../up', 1), ('.hidden', 1)")
    library.ok("export-dirs", "out")
    assert names(library) == ["img/a.png", "yes/_._.._up.jpeg", "yes/_hidden.jpeg"]
    assert not (library.folder.parent / "up.jpeg").exists()


def test_nothing_is_half_written(filled: TestLibrary) -> None:
    filled.ok("export-dirs", "--copy", "out")
    for folder, _, files in os.walk(filled.folder / "out"):
        assert not [name for name in files if name.startswith(".")], folder
    assert Path(filled.folder / "out").is_dir()


@pytest.mark.parametrize("form", [(), ("--links",), ("--markers",)])
def test_bytes_that_were_given_back_leave_empty_names(form: tuple[str, ...], library: TestLibrary) -> None:
    """Old scripts take an empty name for `seen`, and a missing one for new."""
    library.ok("init")
    for name in ("old/img/a.jpeg", "old/no/a.jpeg"):
        (library.folder / name).parent.mkdir(parents=True)
        (library.folder / name).write_bytes(picture(1, "JPEG"))
    library.ok("migrate", "old")
    (library.img / "b.png").parent.mkdir(exist_ok=True)
    (library.img / "b.png").write_bytes(picture(2, "PNG"))
    library.ok("register", "img")
    library.ok("reject", "b", "--reason", "dull")
    library.ok("export-dirs", *form, "out")
    library.ok("truncate", "--yes")
    library.ok("export-dirs", *form, "out")
    found = {str(path.relative_to(library.folder)): path.stat().st_size for path in library.folder.glob("out/*/*")}
    assert found == {"out/img/a.jpeg": 0, "out/img/b.png": 0, "out/no/a.jpeg": 0, "out/no/b.png": 0}
    assert library.json("export-dirs", *form, "out")["unchanged"] == 4
