"""gallery --to: a folder that has everything."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from support.library import TestLibrary
from support.shelf import shelve


@pytest.fixture
def wall(library: TestLibrary) -> TestLibrary:
    shelve(library, ["a", 'b "c" #d', "e", "f"])
    return library


@pytest.fixture
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where nothing is yet, elsewhere."""
    return tmp_path_factory.mktemp("www") / "public"


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_every_picture_of_every_page_is_there(wall: TestLibrary, public: Path) -> None:
    done = wall.ok("gallery", "--page-size", "3", "--to", public)
    assert done.lines == [str(public / "index.html")]
    found = files(public)
    assert sorted(name for name in found if "/" not in name) == ["index.html", "page-0001.html", "page-0002.html"]
    for name in ("page-0001.html", "page-0002.html"):
        text = found[name].decode()
        assert '<base href="thumbnails-small/">' in text
        for link in re.findall(r"<a href=(\S+) style", text):
            assert unquote(link.removeprefix("../")) in found
        for source in re.findall(r"<img src=(\S+) ", text):
            assert f"thumbnails-small/{unquote(source)}" in found
    assert "../" not in found["index.html"].decode()


def test_pictures_cost_no_space(wall: TestLibrary, public: Path) -> None:
    wall.ok("gallery", "--to", public)
    original = wall.art / "ersgan-enhanced/a.webp"
    if original.stat().st_dev == public.stat().st_dev:
        assert original.samefile(public / "ersgan-enhanced/a.webp")


def test_again_writes_what_changed_and_removes_what_went(wall: TestLibrary, public: Path) -> None:
    wall.ok("gallery", "--to", public)
    (public / "robots.txt").write_text("mine")
    assert wall.json("gallery", "--to", public)["files_written"] == 0
    wall.ok("reject", "e", "--reason", "dull")
    data = wall.json("gallery", "--to", public)
    assert (data["files_written"], data["files_removed"]) == (1, 3)
    assert "web-optimized/e.webp" not in files(public)
    assert (public / "robots.txt").read_text() == "mine"


def test_what_a_crash_left_is_known(wall: TestLibrary, public: Path) -> None:
    wall.ok("gallery", "--to", public)
    with (public / ".artpipe-gallery").open("a") as journal:
        journal.write('["thumbnails-small/gone.webp", ""]\n["../outside", ""]\n{}\n7\n["cut sho')
    (public.parent / "outside").touch()
    (public / "thumbnails-small/gone.webp").touch()
    wall.ok("gallery", "--to", public)
    assert "thumbnails-small/gone.webp" not in files(public)
    assert (public.parent / "outside").exists()


def test_other_peoples_folders_are_refused(wall: TestLibrary, public: Path) -> None:
    public.mkdir()
    (public / "thesis.txt").write_text("mine")
    assert wall.run("gallery", "--to", public).code == 2
    assert wall.run("gallery", "--to", wall.art / "public").code == 2
    assert files(public) == {"thesis.txt": b"mine"}
    assert not (wall.art / "gallery-html").exists()


def test_dry_run_publishes_nothing(wall: TestLibrary, public: Path) -> None:
    wall.ok("gallery", "-n", "--to", public)
    assert not public.exists()
