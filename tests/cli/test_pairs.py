"""Results that are made of two images each: wished for, made, followed, and explained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.photos import small

JOIN = ["sh", "-c", 'cat "$1" "$2" > "$3"', "sh", "{inputs.style}", "{inputs.source}", "{output}"]


def settings(library: TestLibrary, pairs: str = "all", **keys: object) -> None:
    lines = [
        "[stages.face-swap-results]",
        'input = { style = "face-swap-styles", source = "face-swap-sources" }',
        f"pairs = {json.dumps(pairs)}",
        f"command = {json.dumps(JOIN)}",
        # A PPM with more behind it is one still.
        'extension = "ppm"',
        *(f"{key} = {json.dumps(value)}" for key, value in keys.items()),
    ]
    library.settings("\n".join(lines) + "\n[stages.ersgan-enhanced]\nmodel = 'realesr-animevideov3'\nscale = 2\n")


@pytest.fixture
def swaps(library: TestLibrary) -> TestLibrary:
    """Two styles, three sources; one picture that is neither."""
    for at, name in enumerate(["styles/mona", "styles/frida", "sources/a", "sources/b", "sources/c", "img/other"]):
        small(library.folder / f"{name}.ppm", at, (24, 16))
    library.ok("register", "--approve", "--stage", "face-swap-styles", "styles")
    library.ok("register", "--approve", "--stage", "face-swap-sources", "sources")
    library.ok("register", "--approve", "img")
    settings(library)
    return library


def results(library: TestLibrary) -> dict[str, bool]:
    """Results, and whether they are made."""
    sql = (
        "SELECT id, EXISTS (SELECT 1 FROM artifacts WHERE image_id = images.id AND stage = origin) FROM images"
        " WHERE origin = 'face-swap-results' ORDER BY id"
    )
    return {row[0]: bool(row[1]) for row in library.sql(sql)}


EVERY = ["frida-a", "frida-b", "frida-c", "mona-a", "mona-b", "mona-c"]


def test_originals_registered_for_a_stage_lie_in_its_folder_too(swaps: TestLibrary) -> None:
    rows = swaps.sql("SELECT image_id, file_path FROM artifacts WHERE stage = 'face-swap-styles' ORDER BY 1")
    assert rows == [("frida", "face-swap-styles/frida.ppm"), ("mona", "face-swap-styles/mona.ppm")]
    assert swaps.artifact("mona", "face-swap-styles").samefile(swaps.artifact("mona", "upstream"))
    # Again, and for what was registered before.
    assert swaps.json("register", "--stage", "face-swap-styles", "styles", "img")["enlisted"] == 1
    assert swaps.json("register", "--stage", "face-swap-styles", "styles", "img")["enlisted"] == 0
    assert swaps.run("register", "--stage", "thumbnails-small", "styles").code == 2
    assert swaps.run("register", "--stage", "face-swap-results", "styles").code == 2
    swaps.ok("verify")


def test_every_pair_has_a_result_with_both_parents(swaps: TestLibrary) -> None:
    assert swaps.json("run", "face-swap-results", "--dry-run")["by_stage"] == {"face-swap-results": {"missing": 6}}
    assert results(swaps) == {}
    assert swaps.json("run", "face-swap-results")["completed"] == 6
    assert results(swaps) == dict.fromkeys(EVERY, True)
    made = swaps.artifact("mona-b", "face-swap-results")
    assert made == swaps.art / "face-swap-results/mona-b.ppm"
    parts = [swaps.artifact("mona", "upstream"), swaps.artifact("b", "upstream")]
    assert made.read_bytes() == b"".join(part.read_bytes() for part in parts)
    lineage = swaps.json("lineage", "mona-b")
    assert [(one["id"], one["role"], one["made"]) for one in lineage["parents"]] == [
        ("mona", "style", True),
        ("b", "source", True),
    ]
    assert [one["id"] for one in swaps.json("lineage", "mona")["children"]] == ["mona-a", "mona-b", "mona-c"]
    shown = swaps.json("show", "mona", "--json")
    assert (shown["children_total"], len(shown["children"])) == (3, 3)
    assert "mona-b" in swaps.ok("lineage", "mona", "--limit", "2").out
    assert "1 more" in swaps.ok("lineage", "mona", "--limit", "2").out
    assert swaps.sql("SELECT width, height, content FROM images WHERE id = 'mona-b'") == [(24, 16, "absent")]
    swaps.ok("verify")
    assert swaps.json("run", "face-swap-results", "--dry-run")["would_run"] == 0


def test_results_are_images_like_others(swaps: TestLibrary) -> None:
    dry = swaps.json("run", "--dry-run")
    done = swaps.json("run")
    assert done["completed"] == dry["would_run"]
    # Nobody has decided on them yet, so they have what is made of undecided pictures.
    stages = "SELECT stage FROM artifacts WHERE image_id = 'mona-b' ORDER BY 1"
    assert swaps.sql(stages) == [("face-swap-results",), ("thumbnails-small",)]
    assert swaps.value("SELECT count(*) FROM blurhash_cache WHERE image_id = 'mona-b'") == 1
    assert swaps.ok("find-ready", "face-swap-results", "web-optimized").out == ""
    swaps.ok("approve", "mona-b")
    assert swaps.ok("find-ready", "face-swap-results", "web-optimized").lines == ["mona-b"]
    assert swaps.json("run", "mona-b")["completed"] == 4
    assert ("ersgan-thumbnails",) in swaps.sql(stages)
    assert swaps.json("run", "--dry-run")["would_run"] == 0
    swaps.ok("verify")


def test_new_image_brings_its_pairs_and_changed_parent_its_results(swaps: TestLibrary) -> None:
    swaps.ok("run", "face-swap-results", "thumbnails-small")
    small(swaps.folder / "styles/new.ppm", 77, (24, 16))
    swaps.ok("register", "--approve", "--stage", "face-swap-styles", "styles")
    assert swaps.json("run", "face-swap-results", "--dry-run")["would_run"] == 3
    assert swaps.json("run", "face-swap-results")["completed"] == 3
    swaps.sql("UPDATE artifacts SET sha256 = 'ab' WHERE image_id = 'mona' AND stage = 'face-swap-styles'")
    why = swaps.json("why", "mona-a", "face-swap-results")
    assert why["reason"] == "input-changed"
    assert "what it is made from changed (style)" in why["message"]
    assert swaps.json("run", "face-swap-results", "--dry-run")["by_stage"] == {
        "face-swap-results": {"input-changed": 3},
    }
    digest = swaps.value("SELECT sha256 FROM images WHERE id = 'mona'")
    swaps.sql("UPDATE artifacts SET sha256 = ? WHERE image_id = 'mona' AND stage = 'face-swap-styles'", (digest,))


def test_changed_recipe_makes_results_and_what_follows_again(swaps: TestLibrary) -> None:
    swaps.ok("run", "face-swap-results", "thumbnails-small")
    settings(swaps, version=2)
    dry = swaps.json("run", "face-swap-results", "thumbnails-small", "--dry-run")
    assert dry["by_stage"] == {"face-swap-results": {"recipe-changed": 6}, "thumbnails-small": {"input-remade": 6}}
    # They come out the same, so what follows stays.
    assert swaps.json("run", "face-swap-results", "thumbnails-small")["completed"] == 6
    assert swaps.json("run", "face-swap-results", "thumbnails-small", "--dry-run")["would_run"] == 0


def test_rejected_parent_is_respected_and_said(swaps: TestLibrary) -> None:
    swaps.ok("pair", "face-swap-results")
    swaps.ok("reject", "--reason", "no", "b")
    swaps.ok("reset", "c")
    result = swaps.run("run", "face-swap-results")
    assert result.code == 0
    assert "2 results of face-swap-results wait: a parent of them is rejected" in result.err
    assert "2 results of face-swap-results wait: a parent of them is not approved" in result.err
    assert [name for name, made in results(swaps).items() if made] == ["frida-a", "mona-a"]
    why = swaps.json("why", "mona-b", "face-swap-results")
    assert why["reason"] == "parent-rejected"
    assert "its source, b, is rejected" in why["message"]
    assert swaps.json("why", "mona-c", "face-swap-results")["reason"] == "parent-not-approved"
    # A decision on a parent is one on what it is needed for.
    swaps.ok("approve", "b", "c")
    assert swaps.json("run", "face-swap-results")["completed"] == 4


def test_missing_parent_is_waited_for_and_said(swaps: TestLibrary) -> None:
    swaps.ok("pair", "face-swap-results", "mona", "other")
    result = swaps.run("run", "face-swap-results")
    assert "1 results of face-swap-results wait: a parent of them lacks the file" in result.err
    message = swaps.json("why", "mona-other", "face-swap-results")["message"]
    assert "made from face-swap-sources of other, which is not there" in message
    swaps.ok("register", "--stage", "face-swap-sources", "img")
    settings(swaps, pairs="asked")
    assert swaps.json("run", "face-swap-results")["completed"] == 1
    assert results(swaps)["mona-other"]
    assert swaps.json("why", "other", "face-swap-results")["reason"] == "no-result"


def test_rejected_result_is_not_made_again(swaps: TestLibrary) -> None:
    swaps.ok("run", "face-swap-results")
    swaps.ok("reject", "--reason", "ugly", "mona-a")
    settings(swaps, version=2)
    assert swaps.json("run", "face-swap-results")["completed"] == 5
    assert swaps.json("why", "mona-a", "face-swap-results")["reason"] == "rejected"


def test_pairs_of_a_file_and_of_stdin(swaps: TestLibrary) -> None:
    settings(swaps, pairs="pairs.txt")
    missing = swaps.run("run", "face-swap-results")
    assert missing.code == 78
    assert "pairs.txt, which can't be read" in missing.err
    (swaps.folder / "pairs.txt").write_text("mona a\n\nfrida\tb.ppm\nmona a\nmona nobody\nmona a b\n")
    result = swaps.ok("run", "face-swap-results")
    assert "There is no image nobody" in result.err
    assert "'mona a b' is no pair" in result.err
    assert results(swaps) == {"frida-b": True, "mona-a": True}
    answer = swaps.run("pair", "face-swap-results", "-", "--json", stdin=b"mona\tc\nmona\ta\nx\ty\n")
    assert answer.code == 1
    assert answer.data == {"created": 1, "known": 1, "failed": 1}
    assert swaps.json("run", "face-swap-results")["completed"] == 1
    dry = swaps.json("pair", "face-swap-results", "frida", "a", "--dry-run")
    assert dry == {"created": 1, "known": 0, "failed": 0}
    assert "frida-a" not in results(swaps)
    assert swaps.run("pair", "thumbnails-small").code == 2
    assert swaps.run("pair", "face-swap-results", "mona").code == 2


def test_ids_of_results_are_their_own(swaps: TestLibrary) -> None:
    long = "l" * 150
    for at, name in enumerate(["mona-a", f"{long}1", f"{long}2", "x-y", "x", "y-z", "z"]):
        small(swaps.folder / f"more/{name}.ppm", 40 + at, (24, 16))
    swaps.ok("register", "--approve", "--stage", "face-swap-styles", "more")
    swaps.ok("register", "--approve", "--stage", "face-swap-sources", "more")
    swaps.ok("run", "face-swap-results")
    sql = (
        "SELECT count(*), count(DISTINCT s.parent_id || char(9) || t.parent_id) FROM images i"
        " JOIN lineage s ON s.child_id = i.id AND s.role = 'style' JOIN lineage t ON t.child_id = i.id AND t.role = 'source'"
    )
    # 9 styles, 10 sources, none with itself.
    assert swaps.sql(sql) == [(9 * 10 - 7, 9 * 10 - 7)]
    assert swaps.value("SELECT max(length(id)) FROM images") <= 200
    # What is called like a result is another image, not the result's original.
    small(swaps.folder / "late/mona-b.ppm", 99, (24, 16))
    swaps.ok("register", "late")
    assert swaps.value("SELECT count(*) FROM images WHERE id LIKE 'mona-b%'") == 2
    assert swaps.value("SELECT sha256 FROM images WHERE id = 'mona-b'") is None


def test_result_keeps_its_place_when_its_row_is_replaced(swaps: TestLibrary) -> None:
    swaps.ok("run", "face-swap-results")
    swaps.sql("INSERT OR REPLACE INTO images (id, approved) VALUES ('mona-a', TRUE)")
    assert swaps.value("SELECT origin FROM images WHERE id = 'mona-a'") == "face-swap-results"
    assert swaps.json("run", "web-optimized", "mona-a")["completed"] == 3


def test_lost_result_is_found_and_made_again(swaps: TestLibrary) -> None:
    swaps.ok("run", "face-swap-results")
    swaps.repeats = True
    before = swaps.artifact("mona-a", "face-swap-results").read_bytes()
    swaps.artifact("mona-a", "face-swap-results").unlink()
    swaps.artifact("frida", "face-swap-styles").unlink()
    assert swaps.run("verify").code == 3
    swaps.run("repair")
    swaps.ok("register", "--stage", "face-swap-styles", "styles")
    swaps.ok("run", "face-swap-results")
    assert swaps.artifact("mona-a", "face-swap-results").read_bytes() == before
    swaps.ok("verify")


def test_lost_file_of_a_parent_fails_its_results_alone(swaps: TestLibrary) -> None:
    swaps.ok("pair", "face-swap-results")
    path: Path = swaps.artifact("mona", "face-swap-styles")
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(b"other")
    assert swaps.run("run", "face-swap-results").code == 1
    failed = swaps.sql("SELECT DISTINCT error_code FROM jobs WHERE status = 'failed'")
    assert failed == [("input-damaged",)]
    assert [name for name, made in results(swaps).items() if made] == EVERY[:3]
    path.write_bytes(data)
    swaps.ok("retry")
    assert swaps.json("run", "face-swap-results")["completed"] == 3


def test_parents_are_brought_up_to_date_first(library: TestLibrary) -> None:
    for at, name in enumerate(["s", "t", "u"]):
        small(library.img / f"{name}.ppm", at, (24, 16))
    library.ok("register", "--approve", "img")

    def configure(width: int) -> None:
        settings(library, pairs="asked", version=1)
        text = (library.folder / "artpipe.toml").read_text()
        text = text.replace('style = "face-swap-styles"', 'style = "web-optimized"').replace(
            'source = "face-swap-sources"', 'source = "upstream"'
        )
        library.settings(f"{text}[stages.web-optimized]\nformat = 'png'\nwidth = {width}\n".replace('"ppm"', '"bin"'))

    configure(20)
    library.ok("pair", "face-swap-results", "s", "t")
    library.ok("pair", "face-swap-results", "u", "t")
    named = library.json("run", "face-swap-results", "s-t", "--dry-run")
    # Its parents come along, with what it is made from.
    assert named["by_stage"] == {"face-swap-results": {"missing": 1}, "web-optimized": {"missing": 2}}
    assert library.json("run", "face-swap-results", "s-t")["completed"] == 3
    library.ok("run", "face-swap-results")
    configure(16)
    dry = library.json("run", "face-swap-results", "--dry-run")
    assert dry["by_stage"] == {"face-swap-results": {"input-remade": 2}, "web-optimized": {"recipe-changed": 3}}
    assert library.json("run", "face-swap-results")["completed"] == 5
    assert library.json("run", "face-swap-results", "--dry-run")["would_run"] == 0
    # A lost file of a parent is made again before the result is.
    library.repeats = True
    configure(12)
    library.ok("run", "web-optimized", "s", "u")
    library.artifact("s", "web-optimized").unlink()
    assert library.json("run", "face-swap-results")["completed"] == 4  # and of t, which is `source` only
