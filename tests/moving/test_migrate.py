"""What the files of an old tree become."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.oldpictures import picture
from support.photos import small


@pytest.fixture
def old(library: TestLibrary) -> Path:
    library.ok("init")
    root = library.folder / "old"
    (root / "img").mkdir(parents=True)
    return root


def put(path: Path, data: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def image(library: TestLibrary, image_id: str, columns: str) -> tuple[object, ...]:
    return library.sql(f"SELECT {columns} FROM images WHERE id = ?", (image_id,))[0]


def test_folders_become_stages(old: Path, library: TestLibrary) -> None:
    small(old / "img/a.jpeg", 1)
    for seed, folder in enumerate(("thumbs", "t2", "replicate/img", "replicate/t2", "pub/W"), 10):
        small(old / folder / "a.png", seed, (40, 30))
    library.ok("migrate", old)
    assert library.sql("SELECT stage, file_path, width, height, recipe FROM artifacts ORDER BY id") == [
        ("upstream", "upstream/a.jpeg", 60, 40, None),
        ("thumbnails-small", "thumbnails-small/a.png", 40, 30, None),
        ("web-optimized", "web-optimized/a.png", 40, 30, None),
        ("ersgan-enhanced", "ersgan-enhanced/a.png", 40, 30, None),
        ("ersgan-thumbnails", "ersgan-thumbnails/a.png", 40, 30, None),
        ("face-swap-sources", "face-swap-sources/a.png", 40, 30, None),
    ]
    for path in library.art.rglob("*.png"):
        assert path.stat().st_nlink == 2


def test_what_was_taken_in_is_not_made_again(old: Path, library: TestLibrary) -> None:
    small(old / "img/a.jpeg", 1)
    small(old / "thumbs/a.png", 2, (40, 30))
    put(old / "yes/a.jpeg")
    library.ok("migrate", old)
    library.ok("run", "thumbnails-small", "web-optimized")
    assert library.sql("SELECT stage FROM jobs") == [("web-optimized",)]


def test_empty_thumbnail_is_made_again(old: Path, library: TestLibrary) -> None:
    small(old / "img/a.jpeg", 1)
    put(old / "thumbs/a.png")
    library.ok("migrate", old)
    library.ok("run", "thumbnails-small")
    assert library.artifact("a", "thumbnails-small").stat().st_size


def test_emptied_original(old: Path, library: TestLibrary) -> None:
    put(old / "img/a.jpeg")
    put(old / "img/b.mp4")
    small(old / "replicate/img/a.png", 1)
    put(old / "yes/a.png")
    data = library.json("migrate", old)
    assert image(library, "a", "content, sha256, approved") == ("truncated", None, 1)
    assert image(library, "b", "content, sha256, approved") == ("truncated", None, 0)
    assert [(one["code"], one["item"]) for one in data["findings"]] == [("nothing-real", "b")]


def test_how_an_upscale_was_made_stays_with_it(old: Path, library: TestLibrary) -> None:
    small(old / "replicate/img/a.png", 1)
    text = '{"scale": 4,\n  "note": "\u00e9"}\n'
    put(old / "replicate/js/a.json", text.encode())
    put(old / "replicate/js/b.json", b'{"scale": NaN}')
    data = library.json("migrate", old)
    sql = "SELECT processing_params, json_extract(processing_params, '$.scale') FROM artifacts WHERE image_id = 'a'"
    assert library.sql(sql) == [(text, 4)]
    assert [one["item"] for one in data["findings"] if one["code"] == "note-alone"] == ["replicate/js/b.json"]
    library.ok("export-dirs", "out")
    assert (library.folder / "out/replicate/js/b.json").read_bytes() == b'{"scale": NaN}'


def test_frames_and_results_know_their_parents(old: Path, library: TestLibrary) -> None:
    put(old / "v/mp4/film.mp4", b"\0\0\0\x18ftypmp42" + bytes(100))
    for frame in (1, 3):
        small(old / f"v/img/film/v-film-{frame:04}.jpeg", frame)
    small(old / "pub/W/face.png", 10)
    small(old / "pub/w-07/w-07.png", 11)
    small(old / "pub/w-07/w-07-face.png", 12)
    small(old / "pub/w-08/w-08-face.png", 13)
    small(old / "pub/w-08/w-08-unknown.png", 14)
    data = library.json("migrate", old)
    assert library.sql("SELECT child_id, parent_id, role, position FROM lineage ORDER BY 1, 3") == [
        ("v-film-0001", "film", "frame", 0.0),
        ("v-film-0003", "film", "frame", 2.0),
        ("w-07-face", "face", "source", None),
        ("w-07-face", "w-07", "style", None),
        ("w-08-face", "face", "source", None),
    ]
    assert library.sql("SELECT stage, count(*) FROM artifacts GROUP BY 1 ORDER BY 1") == [
        ("face-swap-results", 3),
        ("face-swap-sources", 1),
        ("face-swap-styles", 1),
        ("video-frames", 2),
        ("video-sources", 1),
    ]
    assert [one["item"] for one in data["findings"]] == ["pub/w-08/w-08-unknown.png"]
    params = library.value("SELECT processing_params FROM artifacts WHERE image_id = 'w-08-unknown'")
    assert json.loads(params) == {"style": "w-08", "source": "unknown"}
    # The template turns up later.
    small(old / "pub/W/unknown.png", 15)
    assert library.json("migrate", old)["joined"] == 1


def test_two_pictures_of_one_name(old: Path, library: TestLibrary) -> None:
    put(old / "img/a.jpeg", picture(1, "JPEG"))
    put(old / "img/a.png", picture(2, "PNG"))
    put(old / "thumbs/a.png", picture(3, "PNG"))
    put(old / "no/a.png")
    data = library.json("migrate", old)
    assert [one["code"] for one in data["findings"]] == ["name-shared"]
    (other,) = library.sql("SELECT id FROM images WHERE id LIKE 'a~%'")[0]
    assert library.sql("SELECT id, rejected FROM images ORDER BY id") == [("a", 0), (other, 1)]
    assert library.value("SELECT image_id FROM artifacts WHERE stage = 'thumbnails-small'") == "a"


def test_second_file_for_one_place_is_a_picture_of_its_own(old: Path, library: TestLibrary) -> None:
    put(old / "img/a.jpeg", picture(1, "JPEG"))
    put(old / "thumbs/a.jpeg", picture(2, "JPEG"))
    put(old / "thumbs/a.png", picture(3, "PNG"))
    library.ok("migrate", old)
    variant = library.value("SELECT image_id FROM artifacts WHERE image_id <> 'a'")
    assert library.sql("SELECT child_id, parent_id, role FROM lineage") == [(variant, "a", "variant")]


def test_picture_that_the_library_has_under_another_name(old: Path, library: TestLibrary) -> None:
    put(library.img / "mine.jpeg", picture(1, "JPEG"))
    library.ok("register", "img")
    put(old / "img/theirs.jpeg", picture(1, "JPEG"))
    put(old / "thumbs/theirs.png", picture(2, "PNG"))
    put(old / "yes/theirs.jpeg")
    library.ok("migrate", old)
    assert library.sql("SELECT id, approved FROM images") == [("mine", 1)]
    assert library.sql("SELECT name, image_id FROM aliases") == [("theirs", "mine")]
    assert library.value("SELECT image_id FROM artifacts WHERE stage = 'thumbnails-small'") == "mine"


def test_name_that_the_library_has_for_another_picture(old: Path, library: TestLibrary) -> None:
    put(library.img / "a.jpeg", picture(1, "JPEG"))
    library.ok("register", "img")
    put(old / "img/a.jpeg", picture(2, "JPEG"))
    put(old / "thumbs/a.png", picture(3, "PNG"))
    put(old / "no/a")
    library.ok("migrate", old)
    other = library.value("SELECT id FROM images WHERE id <> 'a'")
    assert other.startswith("a~")
    assert library.value("SELECT image_id FROM artifacts WHERE stage = 'thumbnails-small'") == other
    assert library.sql("SELECT id, rejected FROM images ORDER BY id") == [("a", 0), (other, 1)]


def test_damaged_thumbnail_is_kept_but_made_again(old: Path, library: TestLibrary) -> None:
    small(old / "img/a.jpeg", 1)
    put(old / "thumbs/a.png", picture(2, "PNG")[:50])
    data = library.json("migrate", old)
    assert data["by_code"] == {"unsound": 1}
    assert data["sides"][1]["equal"]
    library.ok("run", "thumbnails-small")


@pytest.mark.parametrize("suffix", ["png", "jpeg"])
def test_thumbnail_that_old_scripts_made_anew(suffix: str, old: Path, library: TestLibrary) -> None:
    put(old / "img/a.jpeg", picture(1, "JPEG"))
    put(old / "thumbs/a.png", picture(2, "PNG"))
    library.ok("migrate", old)
    (old / "thumbs/a.png").unlink()
    put(old / "thumbs/a.png", picture(3, suffix.upper()))
    assert library.json("migrate", old)["taken"] == 1
    assert library.artifact("a", "thumbnails-small").read_bytes() == picture(3, suffix.upper())
    assert library.value("SELECT count(*) FROM images") == 1
    library.ok("migrate", "--verify", old)
    # One that artpipe has made is not replaced.
    library.sql("UPDATE artifacts SET recipe = 'ours' WHERE stage = 'thumbnails-small'")
    (old / "thumbs/a.png").unlink()
    put(old / "thumbs/a.png", picture(4, "PNG"))
    library.ok("migrate", old)
    assert library.sql("SELECT role FROM lineage") == [("variant",)]


def test_name_that_was_emptied_since(old: Path, library: TestLibrary) -> None:
    put(old / "img/a.jpeg", picture(1, "JPEG"))
    put(old / "thumbs/a.png", picture(2, "PNG"))
    library.ok("migrate", "--copy", old)
    for name in ("img/a.jpeg", "thumbs/a.png"):
        (old / name).write_bytes(b"")
    library.ok("migrate", "--copy", old)
    assert library.artifact("a", "upstream").read_bytes() == picture(1, "JPEG")
    library.ok("export-dirs", "out")
    assert (library.folder / "out/img/a.jpeg").read_bytes() == picture(1, "JPEG")


def test_other_folders(old: Path, library: TestLibrary) -> None:
    small(old / "small/a.png", 1)
    put(old / "keep/a.png")
    assert library.json("migrate", old)["left_alone"] == [
        {"folder": "keep", "pages": False, "files": 1, "bytes": 0},
        {"folder": "small", "pages": False, "files": 1, "bytes": (old / "small/a.png").stat().st_size},
    ]
    library.ok("migrate", old, "--map", "small=thumbnails-small", "--map", "keep/=approved")
    assert library.sql("SELECT stage, file_path FROM artifacts") == [("thumbnails-small", "thumbnails-small/a.png")]
    assert image(library, "a", "approved") == (1,)


@pytest.mark.parametrize("mapping", ["small=nonsense", "small", "=upstream", "/=upstream"])
def test_mapping_that_means_nothing(mapping: str, old: Path, library: TestLibrary) -> None:
    result = library.run("migrate", old, "--map", mapping)
    assert result.code == 2
    assert "--map" in result.err


def test_root_that_is_none(library: TestLibrary) -> None:
    library.ok("init")
    assert library.run("migrate", "nowhere").code == 2


def test_unreadable_folder_stops_decisions(old: Path, library: TestLibrary) -> None:
    """A rejection may have an approval against it on the disk that is not mounted."""
    small(old / "img/a.jpeg", 1)
    put(old / "no/a")
    (old / "yes").symlink_to("/nowhere/mounted")
    result = library.run("migrate", old)
    assert result.code == 1
    assert "not mounted" in result.err
    assert image(library, "a", "rejected") == (0,)
    (old / "yes").unlink()
    put(old / "yes/a.jpeg")
    library.ok("migrate", old)
    assert image(library, "a", "approved, rejected") == (1, 0)


def test_unreadable_approval_stops_decisions(old: Path, library: TestLibrary) -> None:
    small(old / "img/a.jpeg", 1)
    put(old / "no/a")
    (old / "yes").mkdir()
    (old / "yes/a.jpeg").symlink_to("/nowhere/mounted/a.jpeg")
    assert library.run("migrate", old).code == 1
    assert image(library, "a", "rejected") == (0,)


def test_links_in_the_tree(old: Path, library: TestLibrary) -> None:
    small(old / "img/a.jpeg", 1)
    (old / "yes").mkdir()
    (old / "yes/a.jpeg").symlink_to("../img/a.jpeg")
    (old / "no").mkdir()
    (old / "no/lost").symlink_to("nowhere")
    result = library.run("migrate", old)
    assert result.code == 1
    assert "no/lost" in result.err
    assert image(library, "a", "approved") == (1,)


def test_stopped_and_taken_up_again(old: Path, library: TestLibrary) -> None:
    for number in range(5):
        put(old / f"img/{number}.jpeg", picture(number, "JPEG"))
        put(old / f"no/{number}")
    put(old / "yes/0.jpeg")
    first = library.json("migrate", old, "--limit", "7")
    assert (first["taken"], first["complete"], first["rejected"]) == (7, False, 0)
    stopped = library.run("migrate", old, "--time-limit", "0s")
    assert stopped.code == 5
    assert library.json("migrate", old)["taken"] == 4
    assert library.value("SELECT count(*) FROM images WHERE rejected") == 4
    assert library.ok("migrate", "--verify", old).code == 0


def test_library_within_the_tree(library: TestLibrary) -> None:
    small(library.folder / "img/a.jpeg", 1)
    library.ok("init")
    data = library.json("migrate")
    assert [one["folder"] for one in data["left_alone"]] == []
    assert library.value("SELECT count(*) FROM images") == 1
