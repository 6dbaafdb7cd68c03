"""artpipe register."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image
from support.library import TestLibrary
from support.photos import photo, save, small
from support.registering import counts


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


def test_approvals_are_counted(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("register", "img")
    assert library.json("register", "--approve", "img")["approved"] == 1
    assert library.json("register", "--approve", "img")["approved"] == 0
