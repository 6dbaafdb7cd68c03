"""artpipe register where others write: to the files, to art/, to the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.library import TestLibrary
from support.photos import small
from support.registering import counts


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
