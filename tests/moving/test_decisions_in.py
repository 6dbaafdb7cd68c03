"""Decisions in file names become decisions in the database, and never weaken one that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.library import TestLibrary
from support.oldpictures import picture
from support.photos import small


@pytest.fixture
def old(library: TestLibrary) -> Path:
    library.ok("init")
    root = library.folder / "old"
    for folder in ("img", "yes", "no"):
        (root / folder).mkdir(parents=True)
    return root


def states(library: TestLibrary) -> dict[str, tuple[int, int, str | None]]:
    rows = library.sql("SELECT id, approved, rejected, rejection_reason FROM images")
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


APPROVED, PENDING = (1, 0, None), (0, 0, None)
REJECTED = (0, 1, "migrated from no/")


def test_names_of_every_kind(old: Path, library: TestLibrary) -> None:
    for seed, name in enumerate("abcdefg"):
        small(old / f"img/{name}.jpeg", seed)
    for name in ("yes/a.jpeg", "yes/b.png", "no/c", "no/d.jpeg", "no/e.png", "no/never-seen", "yes/f.jpeg", "no/f"):
        (old / name).touch()
    data = library.json("migrate", old)
    assert states(library) == {
        "a": APPROVED,
        "b": APPROVED,
        "c": REJECTED,
        "d": REJECTED,
        "e": REJECTED,
        "f": APPROVED,
        "g": PENDING,
        "never-seen": REJECTED,
    }
    assert data["decisions"] == {"approved": 3, "rejected": 4, "conflicts": 1}
    assert [(one["code"], one["item"]) for one in data["findings"]] == [("conflict", "f")]
    assert library.sql("SELECT DISTINCT was, decided_by, batch_id FROM decisions") == [("pending", "tester", 1)]
    assert library.value("SELECT command FROM batches") == f"migrate {old}"


def test_undo_takes_back_an_import_and_the_next_import_leaves_it_so(old: Path, library: TestLibrary) -> None:
    small(old / "img/a.jpeg", 1)
    small(old / "img/b.jpeg", 2)
    (old / "yes/a.jpeg").touch()
    (old / "no/b").touch()
    library.ok("migrate", old)
    library.ok("undo")
    assert states(library) == {"a": PENDING, "b": PENDING}
    library.ok("migrate", old)
    assert states(library) == {"a": PENDING, "b": PENDING}


def test_decisions_made_here_stay(old: Path, library: TestLibrary) -> None:
    for seed, name in enumerate("ab"):
        small(old / f"img/{name}.jpeg", seed)
    library.ok("register", old / "img")
    library.ok("reject", "--reason", "dull", "a")
    library.ok("approve", "b")
    (old / "yes/a.jpeg").touch()
    (old / "no/b").touch()
    data = library.json("migrate", old)
    assert states(library) == {"a": (0, 1, "dull"), "b": APPROVED}
    assert data["by_code"] == {"decision-kept": 2}
    assert (data["approved"], data["rejected"], data["kept"]) == (0, 0, 2)
    library.ok("export-dirs", "out")
    # What comes out says what the library says, and keeps what lost against it.
    assert [path.name for path in (library.folder / "out/yes").iterdir()] == ["b.jpeg"]
    assert sorted(path.name for path in (library.folder / "out/no").iterdir()) == ["a.jpeg", "b"]


def test_person_outranks_what_artpipe_rejected_by_itself(old: Path, library: TestLibrary) -> None:
    (old / "img/a.jpeg").write_bytes(b"no picture at all")
    (old / "img/b.jpeg").write_bytes(b"none either")
    (old / "yes/a.jpeg").touch()
    data = library.json("migrate", old)
    assert states(library) == {"a": APPROVED, "b": (0, 1, "invalid")}
    assert data["by_code"] == {"unsound": 2}
    library.ok("export-dirs", "out")
    assert not list((library.folder / "out").glob("no/*"))


def test_bytes_in_yes(old: Path, library: TestLibrary) -> None:
    (old / "img/same.jpeg").write_bytes(picture(1, "JPEG"))
    (old / "yes/same.jpeg").write_bytes(picture(1, "JPEG"))
    (old / "img/empty.jpeg").touch()
    (old / "yes/empty.png").write_bytes(picture(2, "PNG"))
    (old / "img/other.jpeg").write_bytes(picture(3, "JPEG"))
    (old / "yes/other.png").write_bytes(picture(4, "PNG"))
    (old / "yes/note.jpeg").write_bytes(b"yes\n")
    library.ok("migrate", old)
    found = states(library)
    (variant,) = (name for name in found if name.startswith("other~"))
    assert found == dict.fromkeys(("same", "empty", "other", variant, "note"), APPROVED)
    assert library.sql("SELECT id FROM images WHERE content = 'present' ORDER BY id") == [
        ("empty",),
        ("other",),
        (variant,),
        ("same",),
    ]


def test_new_marks_count_old_ones_do_not_count_again(old: Path, library: TestLibrary) -> None:
    for seed, name in enumerate("ab"):
        small(old / f"img/{name}.jpeg", seed)
    (old / "no/a").touch()
    library.ok("migrate", old)
    library.ok("reset", "a")
    (old / "no/b").touch()
    assert library.json("migrate", old)["rejected"] == 1
    assert states(library) == {"a": PENDING, "b": REJECTED}
    (old / "yes/b.jpeg").touch()
    assert library.json("migrate", old)["approved"] == 0, "a decision is never taken back by an import"


def test_approval_with_bytes_of_a_picture_that_got_another_id(library: TestLibrary) -> None:
    """The library has another picture of that name; it is not the one that the tree approves."""
    small(library.img / "a.jpeg", 1)
    library.ok("register", "img")
    old = library.folder / "old"
    small(old / "img/a.jpeg", 2)
    small(old / "yes/a.jpeg", 3)
    library.ok("migrate", old)
    approved = [row[0] for row in library.sql("SELECT id FROM images WHERE approved")]
    assert "a" not in approved
    assert len(approved) == 2
