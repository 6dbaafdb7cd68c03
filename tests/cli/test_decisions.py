"""artpipe approve, reject, reset, undo, history."""

from __future__ import annotations

import subprocess

import pytest
from support.library import TestLibrary, tool
from support.photos import small


def fill(library: TestLibrary, number: int) -> list[str]:
    """Images without files: a decision needs none."""
    library.ok("init")
    ids = [f"image{index:06d}" for index in range(number)]
    values = ", ".join(f"('{name}')" for name in ids)
    library.sql(f"INSERT INTO images (id) VALUES {values}")
    return ids


def states(library: TestLibrary) -> dict[str, tuple[int, int, str | None]]:
    return {row[0]: row[1:] for row in library.sql("SELECT id, approved, rejected, rejection_reason FROM images")}


def test_approve_reject_reset(library: TestLibrary) -> None:
    fill(library, 3)
    assert library.json("approve", "image000000", "image000001") == {"approved": 2, "unchanged": 0, "unknown": 0}
    assert library.json("reject", "image000001", "--reason", "blurry")["rejected"] == 1
    assert states(library) == {
        "image000000": (1, 0, None),
        "image000001": (0, 1, "blurry"),
        "image000002": (0, 0, None),
    }
    library.ok("reset", "image000000", "image000001")
    assert set(states(library).values()) == {(0, 0, None)}


def test_same_decision_again_leaves_no_trace(library: TestLibrary) -> None:
    fill(library, 1)
    library.ok("approve", "image000000")
    assert library.json("approve", "image000000") == {"approved": 0, "unchanged": 1, "unknown": 0}
    assert library.value("SELECT count(*) FROM decisions") == 1


def test_ids_from_a_pipe_with_unknown_ones_among_them(library: TestLibrary) -> None:
    ids = fill(library, 10)
    stdin = "\n".join(["nobody", *ids, "nothing"]).encode() + b"\n"
    result = library.run("approve", "-", stdin=stdin)
    assert result.code == 1
    assert "nobody" in result.err
    assert "nothing" in result.err
    assert library.value("SELECT count(*) FROM images WHERE approved") == 10


def test_file_names_and_paths_are_accepted_for_ids(library: TestLibrary) -> None:
    fill(library, 4)
    library.ok("approve", "image000000.png", "some/where/image000001.jpeg", "./image000002", "image000003")
    assert library.value("SELECT count(*) FROM images WHERE approved") == 4


def test_a_hundred_thousand_in_one_batch(library: TestLibrary) -> None:
    ids = fill(library, 100_000)
    assert library.json("approve", "-", stdin="\n".join(ids).encode())["approved"] == 100_000
    assert library.sql("SELECT count(*), count(DISTINCT batch_id), min(decided_by) FROM decisions") == [
        (100_000, 1, "tester")
    ]
    assert library.json("undo")["undone"] == 100_000
    assert library.value("SELECT count(*) FROM images WHERE approved") == 0


def test_undo_takes_back_batch_after_batch(library: TestLibrary) -> None:
    fill(library, 2)
    library.ok("reject", "image000000", "--reason", "dark")
    library.ok("approve", "image000000", "image000001")
    library.ok("undo")
    assert states(library) == {"image000000": (0, 1, "dark"), "image000001": (0, 0, None)}
    library.ok("undo")
    assert states(library) == {"image000000": (0, 0, None), "image000001": (0, 0, None)}
    assert library.json("undo") == {"undone": 0, "kept": 0, "command": None}


def test_undo_keeps_what_was_decided_since(library: TestLibrary) -> None:
    fill(library, 2)
    library.ok("approve", "image000000", "image000001")
    library.sql(
        "UPDATE images SET approved = FALSE, rejected = TRUE, rejection_reason = 'sql' WHERE id = 'image000000'"
    )
    assert library.json("undo") == {"undone": 1, "kept": 1, "command": "approve"}
    assert states(library) == {"image000000": (0, 1, "sql"), "image000001": (0, 0, None)}


def test_undo_leaves_alone_what_the_bytes_showed(library: TestLibrary) -> None:
    library.img.mkdir()
    (library.img / "bad.png").write_bytes(b"x")
    small(library.img / "good.png")
    library.ok("register", "--approve", "img")
    library.ok("undo")
    assert states(library) == {"bad": (0, 1, "invalid"), "good": (0, 0, None)}


def test_dry_runs_change_nothing(library: TestLibrary) -> None:
    fill(library, 3)
    assert library.json("approve", "-n", "image000000", "image000001")["approved"] == 2
    library.ok("approve", "image000002")
    assert library.json("undo", "--dry-run")["undone"] == 1
    assert library.value("SELECT count(*) FROM decisions") == 1
    assert states(library)["image000002"] == (1, 0, None)


def test_plain_sql_decisions_are_recorded_too(library: TestLibrary) -> None:
    fill(library, 1)
    library.sql("UPDATE images SET approved = TRUE WHERE id = 'image000000'")
    library.sql("UPDATE images SET approved = FALSE WHERE id = 'image000000'")
    library.sql("INSERT OR REPLACE INTO images (id, approved) VALUES ('image000000', TRUE)")
    rows = library.sql("SELECT was, became, batch_id FROM decisions ORDER BY id")
    assert rows == [("pending", "approved", None), ("approved", "pending", None), ("pending", "approved", None)]


def test_decisions_are_append_only(library: TestLibrary) -> None:
    fill(library, 1)
    library.ok("approve", "image000000")
    for statement in ("DELETE FROM decisions", "UPDATE decisions SET reason = 'x'"):
        with pytest.raises(Exception, match="append-only"):
            library.sql(statement)


def test_history(library: TestLibrary) -> None:
    fill(library, 2)
    library.ok("reject", "image000000", "--reason", "[bold]dark[/]")
    library.ok("approve", "image000001")
    everything = library.json("history")["decisions"]
    assert [(item["image_id"], item["became"], item["command"]) for item in everything] == [
        ("image000001", "approved", "approve"),
        ("image000000", "rejected", "reject"),
    ]
    assert "[bold]dark[/]" in library.ok("history", "image000000").out
    assert len(library.json("history", "--limit", "1")["decisions"]) == 1


def test_nobody_ever_sees_a_locked_database(library: TestLibrary) -> None:
    ids = fill(library, 64)
    processes = [subprocess.Popen(tool("approve", name), cwd=library.folder, stderr=subprocess.PIPE) for name in ids]
    answers = [(process.communicate()[1], process.returncode) for process in processes]
    assert {code for _, code in answers} == {0}
    assert not any(b"locked" in err for err, _ in answers)
    assert library.value("SELECT count(*) FROM images WHERE approved") == 64


def test_decision_without_ids_is_a_usage_error(library: TestLibrary) -> None:
    fill(library, 1)
    assert library.run("approve").code == 2


def test_a_registered_file_means_the_image_it_became(library: TestLibrary) -> None:
    small(library.img / "cats/01.png", 1)
    small(library.img / "dogs/01.png", 2)
    library.ok("register", "img")
    dog = library.value("SELECT image_id FROM sources WHERE path LIKE '%dogs%'")
    library.ok("reject", "img/dogs/01.png")
    assert library.sql("SELECT id FROM images WHERE rejected") == [(dog,)]
    library.ok("approve", str(library.img / "cats/01.png"))
    assert library.sql("SELECT id FROM images WHERE approved") == [("01",)]


def test_a_file_that_was_never_registered_means_no_image(library: TestLibrary) -> None:
    small(library.img / "a.png", 1)
    library.ok("register", "img")
    small(library.folder / "elsewhere/a.png", 2)
    assert library.run("approve", "elsewhere/a.png").code == 1
    assert library.ok("approve", library.art / "upstream/a.png").code == 0


def test_garbage_decides_on_nothing(library: TestLibrary) -> None:
    small(library.img / "-.png")
    library.ok("register", "img")
    assert library.value("SELECT id FROM images") == "_"
    garbage = bytes(range(1, 256)) * 4
    assert library.run("approve", "-", stdin=garbage).code == 1
    assert library.run("approve", "-0", "-", stdin=garbage + b"\0\0\x01\0").code == 1
    assert library.value("SELECT count(*) FROM images WHERE approved") == 0
