"""artpipe register: what files are called, and which of them are meant."""

from __future__ import annotations

import os
import shutil
import socket

import pytest
from support.library import TestLibrary
from support.photos import small
from support.registering import counts


def test_renamed_file_becomes_an_alias(library: TestLibrary) -> None:
    file = small(library.img / "first.png")
    library.ok("register", "img")
    file.rename(library.img / "second.png")
    assert counts(library.json("register", "img")) == (0, 0, 1, 0, 0)
    assert library.sql("SELECT name, image_id FROM aliases") == [("second", "first")]
    assert library.ok("approve", "second.png").code == 0
    assert library.value("SELECT approved FROM images WHERE id = 'first'") == 1


def test_same_stem_with_other_content_gets_a_suffix(library: TestLibrary) -> None:
    small(library.img / "a.png", 1)
    small(library.img / "sub/a.png", 2)
    library.ok("register", "img")
    ids = [row[0] for row in library.sql("SELECT id FROM images ORDER BY id")]
    digest = library.value("SELECT sha256 FROM images WHERE id <> 'a'")
    assert ids == ["a", f"a~{digest[:8]}"]
    assert (library.art / f"upstream/a~{digest[:8]}.png").exists()


def test_picture_gets_the_plain_name_before_its_sidecar(library: TestLibrary) -> None:
    small(library.img / "a.png", 1)
    (library.img / "a.json").write_text("{}")
    library.ok("register", "img")
    assert library.value("SELECT mime_type FROM images WHERE id = 'a'") == "image/png"


def test_list_of_paths_from_stdin(library: TestLibrary) -> None:
    paths = [str(small(library.img / name, seed)) for seed, name in enumerate(("a.png", "b c.png", "new\nline.png"))]
    data = library.json("register", "-0", "-", stdin="\0".join(paths).encode())
    assert counts(data) == (3, 0, 0, 0, 0)
    assert library.sql("SELECT id FROM images ORDER BY id") == [("a",), ("b c",), ("new_line",)]


def test_missing_path_is_a_named_problem_and_the_rest_is_done(library: TestLibrary) -> None:
    small(library.img / "a.png")
    result = library.run("register", "nowhere.png", "img")
    assert result.code == 1
    assert "nowhere.png" in result.err
    assert library.value("SELECT count(*) FROM images") == 1


def test_dot_files_pipes_and_links_are_passed_over(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    small(library.img / ".hidden.png", 1)
    outside = small(library.folder / "outside.png", 2)
    (library.img / "out.png").symlink_to(outside)
    os.mkfifo(library.img / "pipe.png")
    (library.img / "x.jpg").mkdir()
    (library.img / "loop").symlink_to(library.img)
    monkeypatch.chdir(library.img)  # the name of a socket may have a hundred bytes, its folder included
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.png")
        result = library.ok("register", "img")
    assert library.value("SELECT count(*) FROM images") == 0
    assert "pipe.png" in result.err
    assert "out.png" in result.err


def test_named_pipe_fails_and_nothing_hangs(library: TestLibrary) -> None:
    os.mkfifo(library.folder / "pipe.png")
    assert library.run("register", "pipe.png").code == 1


def test_root_that_is_a_link_is_followed(library: TestLibrary) -> None:
    small(library.folder / "disk/a.png")
    library.img.symlink_to(library.folder / "disk")
    assert counts(library.json("register", "img")) == (1, 0, 0, 0, 0)


def test_library_is_made_where_the_user_stands(library: TestLibrary) -> None:
    small(library.folder / "a.png")
    library.ok("register", "a.png")
    assert library.db.exists()


def test_hostile_names(library: TestLibrary) -> None:
    names = [
        "$(touch pwned)",
        "-rf",
        "[red]x[bold]",
        "\x1b[31mred",
        "a;b",
        "'quoted\"",
        "..",
        ":smile:",
        "é",
        "x" * 250,
        "..",
    ]
    folder = os.fsencode(library.img)
    os.makedirs(folder)
    for seed, name in enumerate(names):
        target = folder + b"/n" + str(seed).encode() + b"_" + os.fsencode(name[:240]) + b".png"
        shutil.copyfile(small(library.folder / "t.png", seed), target)
    shutil.copyfile(small(library.folder / "t.png", 99), folder + b"/bad\xff\xfe.png")
    shutil.copyfile(small(library.folder / "t.png", 98), folder + b"/-dash.png")
    assert counts(library.json("register", "img")) == (len(names) + 2, 0, 0, 0, 0)
    ids = [row[0] for row in library.sql("SELECT id FROM images")]
    assert all(len(name.encode()) <= 200 and name[0] not in "-." and "\x1b" not in name for name in ids)
    listed = library.run("list", "-0").out.split("\0")[:-1]
    assert sorted(listed) == sorted(ids)
    assert library.ok("approve", "-0", "-", stdin="\0".join(listed).encode()).code == 0
    assert library.value("SELECT count(*) FROM images WHERE approved") == len(ids)
    assert not (library.folder / "pwned").exists()


def test_twins_in_unicode_form_are_told_apart(library: TestLibrary) -> None:
    small(library.img / "caf\u00e9.png", 1)
    small(library.img / "cafe\u0301.png", 2)
    library.ok("register", "img")
    ids = sorted(row[0] for row in library.sql("SELECT id FROM images"))
    assert len(ids) == 2
    assert all(name.startswith("caf\u00e9") for name in ids)


def test_library_never_takes_itself_in(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("init")
    library.ok("register", ".")
    library.ok("run", "thumbnails-small")
    assert counts(library.json("register", "."))[:2] == (0, 1)
    assert library.sql("SELECT id FROM images") == [("a",)]
    assert library.run("register", "art").code == 1
    assert library.run("register", "cv.db").code == 1
    assert library.run("register", "").code == 2


def test_alias_keeps_its_meaning(library: TestLibrary) -> None:
    small(library.img / "chelsea.png", 1)
    small(library.folder / "more/cat.png", 1)
    library.ok("register", "img", "more")
    small(library.folder / "later/cat.png", 2)
    library.ok("register", "later")
    library.ok("approve", "cat")
    assert library.sql("SELECT id FROM images WHERE approved") == [("chelsea",)]
