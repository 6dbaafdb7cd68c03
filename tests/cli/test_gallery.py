"""gallery: which pages there are, what changes when, and what may stand in them."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.shelf import shelve

from artpipe.store.locks import RunLock

HOSTILE = (
    "<script>alert(1)<",
    'quote" onerror="alert(1)',
    "it's #1 100% & more",
    "naïve ✨ 写真",
    "</script><!--",
    "a b",
    "?query=1",
    "back\\slash",
    "{{7*7}}",
)


@pytest.fixture
def wall(library: TestLibrary) -> TestLibrary:
    """Ten approved pictures."""
    shelve(library, [f"p{number}" for number in range(10)])
    return library


def page(library: TestLibrary, name: str) -> str:
    return (library.art / "gallery-html" / name).read_text(encoding="utf-8")


def names(library: TestLibrary) -> list[str]:
    return sorted(path.name for path in (library.art / "gallery-html").iterdir())


def shown(library: TestLibrary, name: str) -> list[str]:
    """Ids of the pictures of a page, in its order."""
    return re.findall(r"<img src=([^. ]+)\.webp alt", page(library, name))


def test_one_page_is_the_index(wall: TestLibrary) -> None:
    done = wall.ok("gallery", "--title", "Best of")
    assert done.lines == [str(wall.art / "gallery-html/index.html")]
    assert "10 pictures on 1 page: 1 written, 0 unchanged, 0 removed" in done.err
    assert names(wall) == ["index.html"]
    assert shown(wall, "index.html") == [f"p{number}" for number in reversed(range(10))]
    assert "<h1>Best of</h1>" in page(wall, "index.html")


def test_many_pages_get_a_list(wall: TestLibrary) -> None:
    wall.ok("gallery", "--page-size", "4")
    assert names(wall) == ["index.html", "page-0001.html", "page-0002.html", "page-0003.html"]
    assert shown(wall, "page-0001.html") == ["p3", "p2", "p1", "p0"]
    assert shown(wall, "page-0003.html") == ["p9", "p8"]
    # The newest page is read first.
    assert re.findall(r"href=(page-\d+)", page(wall, "index.html")) == ["page-0003", "page-0002", "page-0001"]
    assert re.findall(r'page-\d+\.html" rel="\w+', page(wall, "page-0002.html"))[:2] == [
        'page-0003.html" rel="prev',
        'page-0001.html" rel="next',
    ]


def test_second_build_writes_nothing(wall: TestLibrary) -> None:
    wall.ok("gallery", "--page-size", "4")
    before = {path: path.stat().st_mtime_ns for path in (wall.art / "gallery-html").iterdir()}
    data = wall.json("gallery", "--page-size", "4")
    assert (data["written"], data["unchanged"], data["removed"]) == (0, 4, 0)
    assert {path: path.stat().st_mtime_ns for path in (wall.art / "gallery-html").iterdir()} == before


def test_new_approvals_change_the_last_pages_only(wall: TestLibrary) -> None:
    wall.ok("gallery", "--page-size", "2")
    shelve(wall, ["old-one"])
    # Registered before all others, approved after them.
    wall.sql("UPDATE images SET created_at = '2001-01-01 00:00:00' WHERE id = 'old-one'")
    data = wall.json("gallery", "--page-size", "2")
    # Its own page, the neighbour that leads there, the list.
    assert (data["written"], data["unchanged"]) == (3, 4)
    assert shown(wall, "page-0006.html") == ["old-one"]


def test_a_rejected_picture_disappears_and_shifts_nothing(wall: TestLibrary) -> None:
    wall.ok("gallery", "--page-size", "4")
    wall.ok("reject", "p1", "--reason", "dull")
    data = wall.json("gallery", "--page-size", "4")
    assert (data["written"], data["unchanged"]) == (2, 2)
    assert shown(wall, "page-0001.html") == ["p3", "p2", "p0"]
    assert "p1" not in shown(wall, "page-0002.html")


def test_a_page_that_empties_is_removed(wall: TestLibrary) -> None:
    wall.ok("gallery", "--page-size", "4")
    wall.ok("reset", "p4", "p5", "p6", "p7")
    data = wall.json("gallery", "--page-size", "4")
    assert (data["removed"], data["pages"]) == (1, 3)
    assert names(wall) == ["index.html", "page-0001.html", "page-0003.html"]


def test_nothing_approved_is_an_empty_page(wall: TestLibrary) -> None:
    wall.ok("reset", *[f"p{number}" for number in range(10)])
    wall.ok("gallery")
    assert "No pictures yet." in page(wall, "index.html")


def test_what_has_no_picture_yet_is_counted(wall: TestLibrary) -> None:
    wall.sql("INSERT INTO images (id, approved) VALUES ('bare', TRUE)")
    done = wall.ok("gallery")
    assert "1 picture left out" in done.err
    assert wall.json("gallery")["without_picture"] == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--sort", "name"], ["a", "b", "c", "d"]),
        (["--sort", "created"], ["a", "b", "c", "d"]),
        (["--where", "height > width"], ["b"]),
        (["--where", "id IN ('a','d') -- or so"], ["d", "a"]),
        (["--stage", "ersgan-enhanced"], ["d", "c", "a"]),
        (["--status", "rejected"], ["r"]),
        (["--status", "any", "--where", "width = 180"], ["r", "a"]),
    ],
)
def test_selection_and_order(library: TestLibrary, options: list[str], expected: list[str]) -> None:
    shelve(library, ["a", "b", "c", "d"])
    shelve(library, ["r"], status="rejected")
    library.sql("UPDATE images SET created_at = datetime('2026-01-01', '-' || rowid || ' days')")
    library.sql("DELETE FROM artifacts WHERE image_id = 'b' AND stage = 'ersgan-enhanced'")
    (library.art / "ersgan-enhanced/b.webp").unlink()
    library.ok("gallery", *options)
    assert shown(library, "index.html") == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ("--where", "no_such_column"),
        ("--where", "1); DROP TABLE images; --"),
        ("--where", "id = ?"),
        ("--sort", "size"),
        ("--page-size", "0"),
        ("--name", "../up"),
        ("--name", "page"),
    ],
)
def test_what_cannot_be_is_a_usage_error(wall: TestLibrary, arguments: tuple[str, str]) -> None:
    assert wall.run("gallery", *arguments).code == 2
    assert wall.value("SELECT count(*) FROM images") == 10
    assert not (wall.art / "gallery-html").exists()


def test_dry_run_says_what_the_build_then_does(wall: TestLibrary) -> None:
    planned = wall.json("gallery", "--page-size", "3", "-n")
    assert not (wall.art / "gallery-html").exists()
    assert wall.json("gallery", "--page-size", "3") == planned


def test_another_page_size_begins_anew(wall: TestLibrary) -> None:
    wall.ok("gallery", "--page-size", "2")
    data = wall.json("gallery", "--page-size", "5")
    assert (data["pages"], data["removed"]) == (3, 3)
    assert names(wall) == ["index.html", "page-0001.html", "page-0002.html"]


def test_galleries_of_other_names_stand_beside_it(wall: TestLibrary) -> None:
    wall.ok("gallery", "--page-size", "5")
    wall.ok("gallery", "--name", "tall", "--where", "height > width")
    assert names(wall) == ["index.html", "page-0001.html", "page-0002.html", "tall-index.html"]
    assert wall.json("gallery", "--page-size", "5")["written"] == 0


def test_hostile_names_stay_text(library: TestLibrary) -> None:
    ids = [name.replace("/", "_") for name in HOSTILE]
    shelve(library, ids)
    library.ok("gallery", "--title", "</title><script>alert(1)</script>")
    text = page(library, "index.html")
    assert re.findall(r"<(script[^>]*)>", text) == ["script", 'script type="application/json" id="data"', "script"]
    assert "onerror=" not in text.replace("quote&quot; onerror=&quot;", "")
    assert "alert(1)<" not in text
    sources = re.findall(r"<img src=(\S+) alt", text)
    assert len(sources) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9%._~-]+", source) for source in sources)


def test_a_page_of_500_has_at_most_120_kb_of_text(library: TestLibrary) -> None:
    shelve(library, [str(uuid.UUID(int=number * 2**90 + 7)) for number in range(501)])
    library.ok("gallery")
    sizes = {path.name: path.stat().st_size for path in (library.art / "gallery-html").iterdir()}
    assert len(shown(library, "page-0001.html")) == 500
    assert max(sizes.values()) <= 120_000, sizes


def test_rows_that_lead_out_of_their_folder_are_not_shown(wall: TestLibrary) -> None:
    wall.sql("UPDATE artifacts SET file_path = '../../etc/p1.webp' WHERE image_id = 'p1'")
    wall.sql("UPDATE artifacts SET file_path = stage || '/../../p2.webp' WHERE image_id = 'p2'")
    assert wall.json("gallery")["without_picture"] == 2
    assert "etc" not in page(wall, "index.html")
    wall.sql("UPDATE artifacts SET file_path = stage || '/' || image_id || '.webp'")


def test_a_file_of_the_users_own_is_moved_not_overwritten(wall: TestLibrary) -> None:
    mine = wall.art / "gallery-html/index.html"
    mine.parent.mkdir()
    mine.write_text("mine")
    assert "1 file of yours" in wall.ok("gallery").err
    (kept,) = (wall.art / ".quarantine").rglob("index.html")
    assert kept.read_text() == "mine"
    _forget(wall.art / ".quarantine")


def test_one_build_at_a_time(wall: TestLibrary) -> None:
    lock = RunLock(wall.folder / "cv.db.runs/gallery.lock", create=True)
    busy = wall.run("gallery")
    assert busy.code == 75
    assert "Another `artpipe gallery` is at work" in busy.err
    lock.release()
    wall.ok("gallery")


def test_what_a_killed_build_left_is_swept(wall: TestLibrary) -> None:
    scratch = wall.art / ".scratch/gallery"
    scratch.mkdir(parents=True)
    (scratch / "1.html").write_text("half")
    assert wall.json("verify")["by_code"] == {"scratch-left": 1}
    wall.ok("gallery")


def test_pages_ask_nobody_for_anything(wall: TestLibrary) -> None:
    wall.ok("gallery", "--page-size", "4")
    for name in names(wall):
        text = page(wall, name)
        assert "default-src 'none'" in text
        assert not re.search(r"(?:src|href)=\"?(?:https?:)?//", text)


def test_verify_knows_pages_and_repair_has_them_written_again(wall: TestLibrary) -> None:
    wall.ok("gallery", "--page-size", "4")
    assert wall.ok("verify").code == 0
    folder = wall.art / "gallery-html"
    (folder / "page-0001.html").write_text("somebody else's")
    (folder / "page-0002.html").unlink()
    (folder / "stray.html").write_text("whose?")
    found = wall.run("verify")
    assert found.code == 3
    data = wall.json("verify")
    assert data["by_code"] == {"file-differs": 1, "file-missing": 1, "file-unrecorded": 1}
    assert wall.json("verify", "--quick")["by_code"] == data["by_code"]
    wall.ok("repair")
    wall.ok("verify")
    assert names(wall) == ["index.html", "page-0003.html"]
    assert wall.json("gallery", "--page-size", "4")["written"] == 2
    _forget(wall.art / ".quarantine")


def _forget(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
