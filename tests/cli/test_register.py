"""artpipe register."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.library import TestLibrary
from support.photos import photo, save, small


def counts(data: dict[str, object]) -> tuple[object, ...]:
    return tuple(data[key] for key in ("registered", "unchanged", "duplicates", "rejected", "failed"))


def test_nested_folder_of_mixed_files(library: TestLibrary) -> None:
    small(library.img / "a.png", 1)
    small(library.img / "deep/er/b.jpg", 2)
    small(library.img / "deep/c.webp", 3)
    data = library.json("register", "img")
    assert counts(data) == (3, 0, 0, 0, 0)
    rows = library.sql("SELECT id, mime_type, width, height, content, approved, rejected FROM images ORDER BY id")
    assert rows == [
        ("a", "image/png", 60, 40, "present", 0, 0),
        ("b", "image/jpeg", 60, 40, "present", 0, 0),
        ("c", "image/webp", 60, 40, "present", 0, 0),
    ]
    assert sorted(library.files()) == ["upstream/a.png", "upstream/b.jpg", "upstream/c.webp"]


def test_original_is_a_hard_link(library: TestLibrary) -> None:
    file = small(library.img / "a.png")
    library.ok("register", "img")
    assert (library.art / "upstream/a.png").samefile(file)


def test_copy_is_independent(library: TestLibrary) -> None:
    file = small(library.img / "a.png")
    before = file.read_bytes()
    library.ok("register", "--copy", "img")
    with file.open("r+b") as opened:
        opened.write(b"scribble")
    assert (library.art / "upstream/a.png").read_bytes() == before


def test_unchanged_files_are_not_read_again(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    small(library.img / "a.png")
    library.ok("register", "img")
    (library.img / "a.png").chmod(0o200)
    monkeypatch.setattr("artpipe.pipeline.intake.read", None)  # reading would fail loudly
    assert counts(library.json("register", "img")) == (0, 1, 0, 0, 0)


def test_touched_file_is_unchanged(library: TestLibrary) -> None:
    file = small(library.img / "a.png")
    library.ok("register", "img")
    os.utime(file, (1, 1))
    assert counts(library.json("register", "img")) == (0, 1, 0, 0, 0)
    assert library.value("SELECT mtime_ns FROM sources") == 1_000_000_000


def test_rehash_sees_a_change_that_hides(library: TestLibrary) -> None:
    file = small(library.img / "a.png", 1)
    library.ok("register", "--copy", "img")
    status = file.stat()
    other = small(library.folder / "other.png", 2).read_bytes()
    data = bytearray(file.read_bytes())
    assert len(other) != 0
    data[-20] ^= 1  # same length; the inode and, below, the time stay as well
    file.write_bytes(data)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert counts(library.json("register", "img"))[1] == 1
    assert counts(library.json("register", "--rehash", "img"))[1] == 0
    assert library.value("SELECT count(*) FROM images") == 2


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


def test_what_is_no_good_is_rejected_with_a_reason(library: TestLibrary) -> None:
    good = save(photo("chelsea"), library.img / "good.png").read_bytes()
    (library.img / "cut.png").write_bytes(good[: len(good) // 2])
    (library.img / "text.jpg").write_text("no picture at all")
    frames = [Image.fromarray(np.full((8, 8), shade, np.uint8)) for shade in (0, 200)]
    frames[0].save(library.img / "moving.gif", save_all=True, append_images=frames[1:])
    frames[0].save(library.img / "still.gif")
    data = library.json("register", "img")
    assert counts(data) == (3, 0, 0, 2, 0)
    rows = library.sql("SELECT id, rejection_reason FROM images WHERE rejected ORDER BY id")
    assert rows == [("cut", "truncated"), ("text", "invalid")]
    assert library.sql("SELECT image_id FROM artifacts WHERE stage = 'video-sources'") == [("moving",)]
    assert library.sql("SELECT became, decided_by FROM decisions GROUP BY 1, 2") == [("rejected", "artpipe")]


def test_pixel_limit_is_settable(library: TestLibrary) -> None:
    small(library.img / "a.png", size=(60, 40))
    library.settings("[library]\nmax_pixels = 2399\n")
    library.ok("init")
    library.ok("register", "img")
    assert library.sql("SELECT rejection_reason, width, height FROM images") == [("too-large", 60, 40)]


def test_empty_files_are_rows_without_bytes_and_no_duplicates(library: TestLibrary) -> None:
    library.img.mkdir()
    (library.img / "one.jpeg").touch()
    (library.img / "two.jpeg").touch()
    assert counts(library.json("register", "img")) == (2, 0, 0, 0, 0)
    rows = library.sql("SELECT id, sha256, content, file_size, rejected FROM images ORDER BY id")
    assert rows == [("one", None, "truncated", 0, 0), ("two", None, "truncated", 0, 0)]
    assert library.files() == {}


def test_bytes_that_turn_up_fill_the_row_and_keep_its_decision(library: TestLibrary) -> None:
    library.img.mkdir()
    (library.img / "a.png").touch()
    library.ok("register", "img")
    library.ok("approve", "a")
    small(library.img / "a.png")
    assert counts(library.json("register", "img")) == (1, 0, 0, 0, 0)
    assert library.sql("SELECT content, approved FROM images") == [("present", 1)]


def test_upright_dimensions(library: TestLibrary) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    small(library.img / "turned.jpg", size=(60, 40), exif=exif)
    library.ok("register", "img")
    assert library.sql("SELECT width, height FROM images") == [(40, 60)]


def test_type_comes_from_the_bytes(library: TestLibrary) -> None:
    small(library.folder / "x.png").rename(library.folder / "lie.jpg")
    library.ok("register", "lie.jpg")
    assert library.sql("SELECT mime_type FROM images") == [("image/png",)]
    assert (library.art / "upstream/lie.png").exists()


def test_list_of_paths_from_stdin(library: TestLibrary) -> None:
    paths = [str(small(library.img / name, seed)) for seed, name in enumerate(("a.png", "b c.png", "new\nline.png"))]
    data = library.json("register", "-0", "-", stdin="\0".join(paths).encode())
    assert counts(data) == (3, 0, 0, 0, 0)
    assert library.sql("SELECT id FROM images ORDER BY id") == [("a",), ("b c",), ("new_line",)]


def test_approve_username_and_url(library: TestLibrary) -> None:
    small(library.img / "a.png")
    (library.img / "bad.png").write_bytes(b"x")
    library.ok("register", "--approve", "--username", "ann", "--url", "https://example.org/a", "img")
    rows = library.sql("SELECT id, approved, rejected, username, original_url FROM images ORDER BY id")
    assert rows == [("a", 1, 0, "ann", "https://example.org/a"), ("bad", 0, 1, "ann", "https://example.org/a")]


def test_approve_never_overrules_a_rejection(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("register", "img")
    library.ok("reject", "a")
    library.ok("register", "--approve", "img")
    library.ok("register", "--approve", "--rehash", "img")
    assert library.sql("SELECT approved, rejected FROM images") == [(0, 1)]


def test_approve_reaches_what_was_registered_before(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("register", "img")
    library.ok("register", "--approve", "img")
    assert library.value("SELECT approved FROM images") == 1


def test_dry_run_says_what_then_happens(library: TestLibrary) -> None:
    small(library.img / "a.png", 1)
    small(library.img / "same/again.png", 1)
    (library.img / "bad.png").write_bytes(b"x")
    (library.img / "empty.png").touch()
    library.ok("init")
    said = library.json("register", "--dry-run", "img")
    assert library.value("SELECT count(*) FROM images") == 0
    assert library.files() == {}
    assert said == library.json("register", "img")
    assert counts(said) == (2, 0, 1, 1, 0)


def test_missing_path_is_a_named_problem_and_the_rest_is_done(library: TestLibrary) -> None:
    small(library.img / "a.png")
    result = library.run("register", "nowhere.png", "img")
    assert result.code == 1
    assert "nowhere.png" in result.err
    assert library.value("SELECT count(*) FROM images") == 1


def test_dot_files_pipes_and_links_are_passed_over(library: TestLibrary) -> None:
    small(library.img / ".hidden.png", 1)
    outside = small(library.folder / "outside.png", 2)
    (library.img / "out.png").symlink_to(outside)
    os.mkfifo(library.img / "pipe.png")
    (library.img / "x.jpg").mkdir()
    (library.img / "loop").symlink_to(library.img)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(library.img / "socket.png"))
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


def test_stray_file_in_art_is_never_overwritten(library: TestLibrary) -> None:
    library.ok("init")
    stray = library.art / "upstream/a.png"
    stray.parent.mkdir()
    stray.write_bytes(b"somebody put this here")
    small(library.img / "a.png")
    library.ok("register", "img")
    assert stray.read_bytes() == b"somebody put this here"
    assert library.value("SELECT count(*) FROM images") == 1
    stray.unlink()


def test_file_that_vanishes_between_reading_and_linking(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    from artpipe.store.store import Store

    small(library.img / "a.png", 1)
    small(library.img / "b.png", 2)
    link = Store.link

    def vanish(self: Store, source: str | Path, relative: str) -> None:
        if str(source).endswith("/a.png"):
            Path(source).unlink()
        link(self, source, relative)

    monkeypatch.setattr(Store, "link", vanish)
    result = library.run("register", "img")
    assert result.code == 1
    assert "a.png" in result.err
    assert library.sql("SELECT id FROM images") == [("b",)]


def test_file_that_is_replaced_between_reading_and_linking(
    library: TestLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    from artpipe.store.store import Store

    file = small(library.img / "a.png", 1)
    other = small(library.folder / "other.png", 2)
    link = Store.link

    def replace(self: Store, source: Path, relative: str) -> None:
        if other.exists():
            other.rename(file)
        link(self, source, relative)

    monkeypatch.setattr(Store, "link", replace)
    assert library.run("register", "img").code == 1
    assert library.value("SELECT count(*) FROM images") == 0
    assert counts(library.json("register", "img")) == (1, 0, 0, 0, 0)


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


def test_row_that_plain_sql_replaced_is_healed(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("register", "img")
    before = library.sql("SELECT sha256, content, width, height FROM images")
    library.sql(
        "INSERT OR REPLACE INTO images (id, sha256, file_size, approved) SELECT id, sha256, file_size, 1 FROM images"
    )
    assert library.sql("SELECT sha256, content, width, height FROM images") == before
    assert library.value("SELECT approved FROM images") == 1


def test_row_that_plain_sql_deleted_is_registered_again(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("register", "img")
    library.sql("DELETE FROM images")
    assert counts(library.json("register", "img")) == (1, 0, 0, 0, 0)


def test_original_that_was_written_over_in_place_is_named(library: TestLibrary) -> None:
    file = small(library.img / "a.png", 1)
    library.ok("register", "img")
    original = file.read_bytes()
    file.write_bytes(small(library.folder / "other.png", 2).read_bytes())
    result = library.json("register", "img")
    assert result["overwritten"] == ["a"]
    file.write_bytes(original)
    (library.folder / "art/upstream").rename(
        library.folder / "art/gone"
    )  # both names are one file: nothing is sound here
    for path in (library.folder / "art/gone").iterdir():
        path.unlink()
    (library.folder / "art/gone").rmdir()
    library.sql("DELETE FROM artifacts")
    library.sql("UPDATE images SET content = 'absent'")


def test_approvals_are_counted(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("register", "img")
    assert library.json("register", "--approve", "img")["approved"] == 1
    assert library.json("register", "--approve", "img")["approved"] == 0
