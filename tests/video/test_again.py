"""Frames that are taken again with other settings: no decision moves to another picture."""

from __future__ import annotations

from support.films import film
from support.library import TestLibrary
from support.photos import small


def frames(library: TestLibrary) -> dict[str, tuple[float, str]]:
    rows = library.sql(
        "SELECT l.child_id, l.position, CASE WHEN approved THEN 'approved' WHEN rejected THEN rejection_reason"
        " ELSE 'pending' END FROM lineage l JOIN images i ON i.id = l.child_id ORDER BY 1"
    )
    return {row[0]: (round(row[1], 2), row[2]) for row in rows}


def begun(library: TestLibrary) -> None:
    film(library.img / "clip.mp4", 40)
    library.ok("register", "img")
    library.ok("run")


def test_more_frames(library: TestLibrary) -> None:
    begun(library)
    library.ok("approve", "v-clip-0003")
    approved = library.artifact("v-clip-0003", "video-frames").read_bytes()
    library.settings("[stages.video-frames]\nfps = 2\n")
    assert library.json("run", "--dry-run")["by_stage"]["video-frames"] == {"recipe-changed": 1}
    assert "fps from 1" in library.json("why", "clip", "video-frames")["message"]
    library.ok("run")
    found = frames(library)
    assert found["v-clip-0003"] == (2.0, "approved")
    assert library.artifact("v-clip-0003", "video-frames").read_bytes() == approved
    assert sorted(moment for moment, _ in found.values()) == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]
    assert list(found)[:2] == ["v-clip-0001", "v-clip-0002"]
    assert found["v-clip-0002"] == (0.5, "pending")
    assert library.json("run")["completed"] == 0
    library.ok("verify")


def test_fewer_frames(library: TestLibrary) -> None:
    library.repeats = True  # it comes back to the settings of before
    begun(library)
    library.ok("approve", "v-clip-0002")
    library.ok("run")
    library.settings("[stages.video-frames]\nfps = 0.5\n")
    library.ok("run")
    found = frames(library)
    assert found == {
        "v-clip-0001": (0.0, "pending"),
        "v-clip-0002": (1.0, "approved"),
        "v-clip-0003": (2.0, "pending"),
        "v-clip-0004": (3.0, "superseded"),
    }
    assert library.artifact("v-clip-0002", "video-frames").exists()
    assert not (library.art / "video-frames/v-clip-0004.jpeg").exists()
    library.settings("")
    library.ok("run")
    assert frames(library)["v-clip-0004"] == (3.0, "pending")
    library.ok("verify")


def test_taken_names_are_passed_over(library: TestLibrary) -> None:
    begun(library)
    film(library.img / "other.mp4", 25)
    film(library.img / "v-other-0002.mp4", 5)
    library.ok("register", "img")
    library.ok("run")
    rows = library.sql("SELECT child_id FROM lineage WHERE parent_id = 'other' ORDER BY position")
    assert [row[0] for row in rows] == ["v-other-0001", "v-other-0003", "v-other-0004"]


def test_rejected_videos_have_no_frames(library: TestLibrary) -> None:
    film(library.img / "clip.mp4", 20)
    library.ok("register", "img")
    library.ok("reject", "clip", "--reason", "dull")
    assert library.json("run")["completed"] == 0
    library.ok("reset", "clip")
    assert library.json("run")["completed"] > 0


def test_frames_are_pictures_like_others(library: TestLibrary) -> None:
    begun(library)
    library.ok("approve", "clip", "v-clip-0001")
    library.ok("run", "web-optimized", "blurhash")
    assert library.artifact("v-clip-0001", "web-optimized").exists()
    assert library.artifact("clip", "web-optimized").exists()
    assert library.ok("find-ready", "web-optimized", "ersgan-enhanced").lines == ["clip", "v-clip-0001"]
    library.ok("gallery")
    library.ok("verify")


def test_frames_somebody_took_before_are_enough(library: TestLibrary) -> None:
    """An old tree brought them along."""
    tree = library.folder / "old"
    film(tree / "v/mp4/clip.mp4", 20)
    film(tree / "v/mp4/bare.mp4", 15)
    small(tree / "v/img/clip/v-clip-0001.png", 1)
    library.ok("init")
    library.ok("migrate", tree)
    library.ok("run")
    assert library.json("run")["completed"] == 0
    rows = library.sql("SELECT child_id, parent_id, stage FROM lineage ORDER BY 1")
    assert rows == [
        ("v-bare-0001", "bare", "video-frames"),
        ("v-bare-0002", "bare", "video-frames"),
        ("v-clip-0001", "clip", None),
    ]
    library.ok("export-dirs", library.folder / "out")
    names = {str(file.relative_to(library.folder / "out")) for file in (library.folder / "out/v").rglob("*.*")}
    assert names == {"v/mp4/clip.mp4", "v/mp4/bare.mp4", "v/img/clip/v-clip-0001.png"} | {
        f"v/img/bare/v-bare-000{number}.jpeg" for number in (1, 2)
    }
