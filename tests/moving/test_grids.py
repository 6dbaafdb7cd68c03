"""Colour grids become blurhashes until real ones are computed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import blurhash
import numpy as np
import pytest
from PIL import Image
from support.library import TestLibrary
from support.oldpictures import grid
from support.photos import small

from artpipe.stages.colourgrid import blurhash_of, side_of


@pytest.fixture
def old(library: TestLibrary) -> Path:
    library.ok("init")
    root = library.folder / "old"
    (root / "blur").mkdir(parents=True)
    return root


def put(old: Path, path: Path | str, suffix: str, text: str) -> None:
    (old / "blur" / (hashlib.sha256(os.fsencode(path)).hexdigest() + suffix)).write_text(text)


def rows(library: TestLibrary) -> list[tuple[object, ...]]:
    return library.sql("SELECT image_id, stage, blurhash, width, height, recipe FROM blurhash_cache ORDER BY 1, 2")


@pytest.mark.parametrize("side", [4, 20])
def test_grid_is_taken_as_a_small_picture(side: int) -> None:
    cells = grid(side, side)
    assert side_of(cells) == side
    pixels = np.frombuffer(bytes.fromhex(cells), np.uint8).reshape(side, side, 3)
    with Image.fromarray(pixels) as image:
        assert blurhash_of(cells, 4, 3) == blurhash.encode(_Pixels(image), 4, 3)


class _Pixels(Image.Image):
    """blurhash-python asks for pixels in a way that Pillow gives up."""

    def __init__(self, image: Image.Image) -> None:
        super().__init__()
        self._image = image

    mode = "RGB"

    @property
    def size(self) -> tuple[int, int]:
        return self._image.size

    def getdata(self, band: int | None = None) -> bytes:  # type: ignore[override]  # that is what is read
        return self._image.getchannel(band or 0).tobytes()


@pytest.mark.parametrize("text", ["", "00", "zz" * 48, "0" * 95, "0" * 97, "0" * 2402])
def test_what_is_no_grid(text: str) -> None:
    assert side_of(text) is None


def test_grids_are_found_by_path(old: Path, library: TestLibrary) -> None:
    for seed, name in enumerate("abc"):
        small(old / f"img/{name}.jpeg", seed)
        small(old / f"thumbs/{name}.png", 10 + seed, (30, 20))
    put(old, old / "img/a.jpeg", "", grid(1, 4))
    put(old, old / "img/b.jpeg", ".blur", grid(2, 20) + "\n")
    put(old, old / "img/b.jpeg", ".dim", "600,400")
    put(old, old / "thumbs/c.png", "", grid(3, 4))
    (old / "yes").mkdir()
    (old / "yes/b.jpeg").touch()
    data = library.json("migrate", old)
    assert rows(library) == [
        ("a", "thumbnails-small", blurhash_of(grid(1, 4), 4, 3), 30, 20, "grid"),
        ("b", "web-optimized", blurhash_of(grid(2, 20), 4, 3), 600, 400, "grid"),
        ("c", "thumbnails-small", blurhash_of(grid(3, 4), 4, 3), 30, 20, "grid"),
    ]
    assert data["grids"] == {"matched": 3, "hashes": 3, "unmatched": 0}
    kept = "SELECT o.image_id, CAST(c.content AS TEXT) FROM old_files o JOIN old_contents c USING (sha256)"
    assert (
        library.value(f"SELECT count(*) FROM ({kept} WHERE o.role = 'grid')") == 4  # the grids themselves are kept
    )


def test_real_hash_takes_the_place_of_a_grid(old: Path, library: TestLibrary) -> None:
    small(old / "img/a.jpeg", 1)
    small(old / "thumbs/a.png", 2, (30, 20))
    put(old, old / "img/a.jpeg", "", grid(1, 4))
    library.ok("migrate", old)
    library.ok("run", "blurhash")
    ((_, stage, value, *_, recipe),) = rows(library)
    assert stage == "thumbnails-small"
    assert value != blurhash_of(grid(1, 4), 4, 3)
    assert recipe != "grid"
    library.ok("migrate", old)
    assert rows(library)[0][2] == value


def test_paths_of_earlier_days(old: Path, library: TestLibrary) -> None:
    small(old / "img/a.jpeg", 1)
    (old / "img/b.png").touch()
    put(old, "/disk1/pictures/img/a.jpeg", "", grid(1, 4))
    put(old, "/mnt/img/b.jpeg", "", grid(2, 4))
    put(old, "/unknown/img/b.jpeg", "", grid(3, 4))
    assert library.json("migrate", old)["grids"] == {"matched": 0, "hashes": 0, "unmatched": 3}
    data = library.json("migrate", old, "--old-root", "/disk1/pictures/", "--old-root", "/mnt")
    assert data["grids"] == {"matched": 2, "hashes": 2, "unmatched": 1}
    assert [row[0] for row in rows(library)] == ["a", "b"]


def test_tree_behind_links(library: TestLibrary) -> None:
    """The root is a link, img/ is one to another disk; the shell shows the path with links."""
    library.ok("init")
    disk1, disk2 = library.folder / "disk1", library.folder / "disk2"
    (disk1 / "blur").mkdir(parents=True)
    small(disk2 / "a.jpeg", 1)
    small(disk2 / "b.jpeg", 2)
    (disk1 / "img").symlink_to(disk2)
    (library.folder / "old").symlink_to(disk1)
    put(disk1, library.folder / "old/img/a.jpeg", "", grid(1, 4))
    put(disk1, disk2 / "b.jpeg", "", grid(2, 4))
    assert library.json("migrate", "old")["grids"]["matched"] == 2


def test_broken_grids_are_kept(old: Path, library: TestLibrary) -> None:
    small(old / "img/a.jpeg", 1)
    put(old, old / "img/a.jpeg", "", "no colours")
    put(old, old / "img/a.jpeg", ".dim", "wide")
    (old / "blur/odd.txt").write_text("?")
    data = library.json("migrate", old)
    assert data["by_code"] == {"no-grid": 1}
    assert rows(library) == []
    library.ok("export-dirs", "out")
    assert (library.folder / "out/blur/odd.txt").read_text() == "?"


def test_finer_of_two_grids(old: Path, library: TestLibrary) -> None:
    """Whichever of the pictures is met first."""
    for seed, (coarse, fine) in enumerate((("img", "thumbs"), ("thumbs", "img"))):
        name = f"{coarse}-{fine}"
        small(old / f"img/{name}.jpeg", seed)
        small(old / f"thumbs/{name}.jpeg", 10 + seed, (30, 20))
        put(old, old / f"{coarse}/{name}.jpeg", "", grid(1, 4))
        put(old, old / f"{fine}/{name}.jpeg", "", grid(2, 20))
    assert library.json("migrate", old)["grids"] == {"matched": 4, "hashes": 2, "unmatched": 0}
    fine_hash = blurhash_of(grid(2, 20), 4, 3)
    assert [row[1:3] for row in rows(library)] == [("thumbnails-small", fine_hash)] * 2
