"""In and out again: the same names, sizes, bytes and decisions."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from support import disks, oldtree
from support.library import TestLibrary
from support.oldpictures import padded, picture

PICTURES = 2000


@pytest.fixture
def tree(tmp_path: Path) -> oldtree.OldTree:
    return oldtree.build(tmp_path / "old", 40)


def test_everything_comes_out_as_it_was(tmp_path: Path, library: TestLibrary) -> None:
    tree = oldtree.build(tmp_path / "old", PICTURES)
    before, stamps = oldtree.files_of(tree.root), oldtree.stamps_of(tree.root)
    library.ok("init")
    taken = library.json("migrate", tree.root, "--old-root", tree.earlier)
    assert (taken["taken"], taken["failed"], taken["complete"]) == (len(before), 0, True)
    assert all(side["equal"] for side in taken["sides"])
    assert library.ok("migrate", "--verify", tree.root).code == 0
    assert library.ok("verify").code == 0

    again = library.json("migrate", tree.root, "--old-root", tree.earlier)
    assert (again["taken"], again["new"], again["approved"], again["rejected"], again["joined"]) == (0, 0, 0, 0, 0)
    assert again["grids"]["matched"] == 0

    library.ok("export-dirs", "out")
    after = oldtree.files_of(library.folder / "out")
    assert {name: after.get(name) for name in before} == before
    assert set(after) == set(before)
    assert oldtree.stamps_of(tree.root) == stamps


def test_exported_tree_says_the_same_to_a_new_library(tree: oldtree.OldTree, library: TestLibrary) -> None:
    library.ok("init")
    library.ok("migrate", tree.root)
    library.ok("export-dirs", "out")
    other = TestLibrary(library.folder / "other")
    other.folder.mkdir()
    other.ok("init")
    other.ok("migrate", "../out")
    states = "SELECT id, sha256, content, approved, rejected FROM images ORDER BY id"
    assert other.sql(states) == library.sql(states)
    artifacts = "SELECT image_id, stage, file_path, sha256, processing_params FROM artifacts ORDER BY 1, 2"
    assert other.sql(artifacts) == library.sql(artifacts)
    lineage = "SELECT child_id, parent_id, role, position FROM lineage ORDER BY 1, 2, 3"
    assert other.sql(lineage) == library.sql(lineage)


def test_forecast_is_what_is_done(tree: oldtree.OldTree, library: TestLibrary) -> None:
    library.ok("init")
    said = library.json("migrate", "--dry-run", tree.root)
    assert library.value("SELECT count(*) FROM images") == 0
    assert library.value("SELECT count(*) FROM old_trees") == 0
    assert not (library.art / "upstream").exists()
    done = library.json("migrate", tree.root)
    assert done["taken"] == said["new"]
    assert (done["decisions"], done["left_alone"]) == (said["decisions"], said["left_alone"])
    assert without_findings(done["folders"]) == without_findings(said["folders"])


def without_findings(folders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Some are only seen in the bytes."""
    return [{key: value for key, value in folder.items() if key != "findings"} for folder in folders]


def test_disk_use_grows_by_less_than_two_percent(tmp_path: Path, library: TestLibrary) -> None:
    """Of pictures of the size that people have; what the database needs does not depend on it."""
    for number in range(60):
        name = f"{number:08x}-0000-4000-8000-000000000000"
        for folder, suffix, size in (("img", "png", 500_000), ("thumbs", "png", 90_000), ("t2", "png", 90_000)):
            target = tmp_path / "old" / folder / f"{name}.{suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(padded(picture(number, "PNG"), size))
        (tmp_path / "old/yes").mkdir(exist_ok=True)
        (tmp_path / f"old/yes/{name}.jpeg").touch()
    library.ok("init")
    tree, before = oldtree.disk_use(tmp_path / "old"), oldtree.disk_use(tmp_path)
    library.ok("migrate", "old")
    assert oldtree.disk_use(tmp_path) - before < 0.02 * tree


def test_tree_on_another_disk_is_copied(library: TestLibrary) -> None:
    other = disks.other_than(library.folder)
    if other is None:
        pytest.skip("needs a second file system")
    with TemporaryDirectory(dir=other) as folder:
        tree = oldtree.build(Path(folder) / "old", 40)
        before = oldtree.files_of(tree.root)
        library.ok("init")
        placed = sum(size for name, (size, _) in before.items() if not name.startswith((b"blur/", b"replicate/js/")))
        assert library.json("migrate", "--dry-run", tree.root)["to_copy"] == placed
        assert "would be copied" in library.ok("migrate", "--dry-run", tree.root).err
        library.ok("migrate", tree.root)
        assert library.json("migrate", "--dry-run", tree.root)["to_copy"] == 0
        library.ok("migrate", "--verify", tree.root)
        library.ok("export-dirs", Path(folder) / "out")
        assert oldtree.files_of(Path(folder) / "out") == before
        assert library.json("export-dirs", Path(folder) / "out")["unchanged"] == len(before)


def test_copies_where_links_are_not_wanted(tree: oldtree.OldTree, library: TestLibrary) -> None:
    library.ok("init")
    library.ok("migrate", "--copy", tree.root)
    inodes = {inode for _, _, inode in oldtree.stamps_of(tree.root).values()}
    assert not inodes & {path.stat().st_ino for path in library.art.rglob("*") if path.is_file()}
    library.ok("migrate", "--verify", tree.root)
    shutil.rmtree(tree.root.parent / "disk2")
    library.ok("verify")
