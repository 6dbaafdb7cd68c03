"""verify finds every damage, and raises no false alarm."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.damage import STAGES, Vandal, fill, put_back
from support.library import TestLibrary
from support.photos import small
from support.verifying import found_in, stopping_after

from artpipe.actions import compare


def test_finds_200_of_200_random_damages(library: TestLibrary) -> None:
    files = fill(library, 60)
    found = 0
    for seed in range(5):
        damaged = Vandal(library.art, seed).damage(40)
        findings = found_in(library)
        assert findings.keys() == damaged.keys()
        for path, kind in damaged.items():
            expected = {"delete": "file-missing", "stray": "file-unrecorded"}.get(kind, "file-differs")
            assert findings[path] == expected, (path, kind)
        found += 40
        put_back(library, files)
        assert found_in(library) == {}
    assert found == 200


def test_quick_finds_what_changes_sizes_and_names(library: TestLibrary) -> None:
    files = fill(library, 12)
    before = library.value("SELECT group_concat(verified_round) FROM artifacts")
    damaged = Vandal(library.art, 1).damage(30)
    same_size = {path for path in damaged if path in files and len(library.files().get(path, b"")) == len(files[path])}
    assert same_size, "the seed should leave something to be missed"
    assert found_in(library, "--quick").keys() == damaged.keys() - same_size
    assert library.value("SELECT group_concat(verified_round) FROM artifacts") == before
    put_back(library, files)


def test_every_kind_of_image_is_sound(library: TestLibrary) -> None:
    fill(library, 4)
    (library.img / "empty.png").write_bytes(b"")
    (library.img / "text.png").write_bytes(b"no picture")
    (library.img / "again.png").write_bytes((library.img / "00.png").read_bytes())
    small(library.img / "00" / "01.png", 100)
    library.ok("register", "img")
    library.ok("reject", "02", "--reason", "blurry")
    library.ok("reset", "03")
    library.ok("undo")
    library.sql("INSERT INTO images (id, original_url) VALUES ('somewhere', 'https://example.org/x.png')")
    library.ok("run", *STAGES)
    data = library.json("verify")
    assert (data["findings"], data["complete"]) == ([], True)
    assert data["checked"] == library.value("SELECT count(*) FROM artifacts")
    assert library.ok("verify").out == ""


def test_strange_things_are_found_and_nothing_waits_for_them(library: TestLibrary) -> None:
    files = fill(library, 4)
    thumbs = library.art / "thumbnails-small"
    os.mkfifo(thumbs / "pipe.webp")
    (thumbs / "nowhere.webp").symlink_to("nowhere")
    (thumbs / "folder").mkdir()
    (thumbs / "folder" / "deep.webp").write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(thumbs) + b"/\xff.webp")).write_bytes(b"x")
    (library.art / "note.txt").write_bytes(b"x")
    (library.art / "foreign").mkdir()
    (library.art / "foreign" / "00.png").write_bytes(b"x")
    (library.art / ".DS_Store").write_bytes(b"x")
    (thumbs / "00.webp").unlink()
    (thumbs / "00.webp").mkdir()
    (thumbs / "01.webp").unlink()
    os.mkfifo(thumbs / "01.webp")
    (thumbs / "02.webp").unlink()
    (thumbs / "02.webp").symlink_to("nowhere")
    strays = ("pipe.webp", "nowhere.webp", "folder/deep.webp", "\\xff.webp")
    expected = dict.fromkeys([f"thumbnails-small/{name}" for name in strays], "file-unrecorded")
    expected |= {"note.txt": "file-unrecorded", "foreign/00.png": "file-unrecorded"}
    expected |= {f"thumbnails-small/{name}.webp": "file-differs" for name in ("00", "01")}
    expected |= {"thumbnails-small/02.webp": "file-missing"}
    assert found_in(library) == found_in(library, "--quick") == expected
    for path in [*thumbs.iterdir(), library.art / ".DS_Store"]:
        if path.is_dir():
            for inner in path.iterdir():
                inner.unlink()
            path.rmdir()
        elif str(path.relative_to(library.art)) not in files:
            path.unlink()
    (thumbs / "01.webp").unlink()
    (thumbs / "02.webp").unlink()
    put_back(library, files)


def test_incremental_goes_on_where_the_last_one_ended(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "PAGE", 7)
    fill(library, 12)
    checked, calls = 0, 0
    while True:
        with stopping_after(20, monkeypatch):
            result = library.run("verify", "--incremental", "--json")
        checked, calls = checked + result.data["checked"], calls + 1
        assert result.code == (0 if result.data["complete"] else 5)
        if result.data["complete"]:
            break
        done = library.value("SELECT count(*) FROM artifacts WHERE verified_round = 1 AND verified_at IS NOT NULL")
        assert done == checked
    assert (checked, library.value("SELECT count(*) FROM artifacts")) == (36, 36)
    assert calls > 2
    # A new round begins with what is new, then takes what was looked at first.
    small(library.img / "new.png", 99)
    library.ok("register", "img")
    with stopping_after(14, monkeypatch):
        first = library.json("verify", "--incremental")["checked"]
    assert first > 1
    rows = library.sql("SELECT image_id, id FROM artifacts WHERE verified_round = 2 ORDER BY id")
    assert len(rows) == first
    assert "new" in {image_id for image_id, _ in rows}
    oldest = library.sql("SELECT id FROM artifacts WHERE image_id <> 'new' ORDER BY id LIMIT ?", (first - 1,))
    assert [number for image_id, number in rows if image_id != "new"] == [row[0] for row in oldest]


def test_damage_stays_due_and_rows_that_change_are_due_again(library: TestLibrary) -> None:
    files = fill(library, 4)
    file = library.artifact("00", "web-optimized")
    file.write_bytes(file.read_bytes()[::-1])
    for _ in range(2):
        assert found_in(library, "--incremental") == {"web-optimized/00.webp": "file-differs"}
    due = "SELECT image_id || stage FROM artifacts WHERE verified_round = 0"
    assert library.sql(due) == [("00web-optimized",)]
    put_back(library, files)
    library.ok("verify")
    assert library.sql(due) == []
    size = library.value("SELECT file_size FROM artifacts WHERE image_id = '01' AND stage = 'upstream'")
    library.sql("UPDATE artifacts SET file_size = file_size + 1 WHERE image_id = '01' AND stage = 'upstream'")
    assert library.sql(due) == [("01upstream",)]
    library.sql("UPDATE artifacts SET file_size = ? WHERE image_id = '01' AND stage = 'upstream'", (size,))


def test_interruption_tells_what_was_found_so_far(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    files = fill(library, 4)
    library.artifact("00", "thumbnails-small").unlink()
    with stopping_after(8, monkeypatch, "interrupted"):
        result = library.run("verify", "--json")
    assert (result.code, result.data["by_code"], result.data["complete"]) == (130, {"file-missing": 1}, False)
    put_back(library, files)
