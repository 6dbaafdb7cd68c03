"""Which frames are taken, and how they are called."""

from __future__ import annotations

import pytest
from support.films import BLACK, animation, colour_of, film
from support.library import TestLibrary


def made(library: TestLibrary, settings: str) -> list[float]:
    """The moments of the frames that a stage with these settings takes of the film `clip`."""
    library.ok("register", "img")
    library.settings(f"[stages.video-frames]\n{settings}\n")
    run = library.json("run", "video-frames")
    assert run["failed"] == 0, run
    return [row[0] for row in library.sql("SELECT position FROM lineage WHERE parent_id = 'clip' ORDER BY child_id")]


@pytest.mark.parametrize(
    ("settings", "moments"),
    [
        ("fps = 2", [0, 0.5, 1, 1.5, 2, 2.5]),
        ("fps = 0.5", [0, 2]),
        ("fps = 100\nmax_frames = 3", [0, 0.1, 0.2]),
        ("every = 10", [0, 1, 2]),
    ],
)
def test_rules(library: TestLibrary, settings: str, moments: list[float]) -> None:
    film(library.img / "clip.mp4", 30)
    assert made(library, settings) == pytest.approx(moments, abs=0.01)


def test_key_pictures(library: TestLibrary) -> None:
    film(library.img / "clip.mp4", [(220, 40, 40)] * 30, keys=7)
    assert made(library, "keyframes = true") == pytest.approx([0, 0.7, 1.4, 2.1, 2.8], abs=0.01)


def test_scenes(library: TestLibrary) -> None:
    film(library.img / "clip.mp4", [(220, 40, 40)] * 12 + [(40, 220, 40)] * 5 + [(250, 250, 250)] * 10)
    assert made(library, "scenes = 0.1") == pytest.approx([0, 1.2, 1.7], abs=0.01)


def test_rules_exclude_each_other(library: TestLibrary) -> None:
    library.ok("init")
    library.settings("[stages.video-frames]\nevery = 3\nkeyframes = true\n")
    result = library.run("run")
    assert result.code == 78
    assert "every and keyframes exclude each other" in result.err


def test_black_and_repeated_frames_stay_on_request(library: TestLibrary) -> None:
    red, green = (220, 40, 40), (40, 220, 40)
    film(library.img / "clip.mp4", [BLACK] * 10 + [red] * 20 + [green] * 10 + [BLACK] * 10)
    assert made(library, "fps = 1.0") == pytest.approx([0, 1, 2, 3, 4], abs=0.01)
    assert made(library, "skip_black = true")[:3] == pytest.approx([1, 2, 3], abs=0.01)


def test_repeated_frames(library: TestLibrary) -> None:
    shown = animation(library.img / "clip.gif", 3, milliseconds=1000)
    assert made(library, "skip_repeats = true") == [0, 1, 2]
    assert shown.exists()
    from PIL import Image

    pictures = [Image.new("RGB", (40, 30), colour_of(at)) for at in (0, 1, 0, 1, 2)]
    pictures[0].save(library.img / "again.png", save_all=True, append_images=pictures[1:], duration=1000)
    library.ok("register", "img")
    library.ok("run", "video-frames")
    rows = library.sql("SELECT position FROM lineage WHERE parent_id = 'again' ORDER BY child_id")
    assert [row[0] for row in rows] == [0, 1, 4]


def test_variable_rate(library: TestLibrary) -> None:
    """A film that stands still is not shown again and again."""
    film(library.img / "clip.mkv", 6, times=[0, 100, 900, 1000, 4500, 5100])
    assert made(library, "fps = 1") == pytest.approx([0, 1, 4.5, 5.1], abs=0.01)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_animations_are_pictures_and_films(library: TestLibrary, suffix: str) -> None:
    animation(library.img / f"clip.{suffix}", 5, milliseconds=500)
    library.ok("register", "img")
    library.ok("run")
    show = library.json("show", "clip")
    source = next(one for one in show["artifacts"] if one["stage"] == "video-sources")
    assert (source["processing_params"]["seconds"], source["processing_params"]["fps"]) == (2.5, 2.0)
    rows = library.sql("SELECT child_id, position FROM lineage ORDER BY 1")
    assert rows == [("v-clip-0001", 0), ("v-clip-0002", 1), ("v-clip-0003", 2)]
    # Its own first picture stands for it; there is no need of another.
    assert (
        library.value(
            "SELECT input_sha256 = (SELECT sha256 FROM images WHERE id = 'clip') FROM artifacts"
            " WHERE image_id = 'clip' AND stage = 'thumbnails-small'"
        )
        == 1
    )
    assert not (library.art / "video-posters").exists()


@pytest.mark.parametrize("name", ["a b; $(id)", "-dash", "ünï 'q\"", "v-x-0001", "x" * 200])
def test_odd_names(library: TestLibrary, name: str) -> None:
    film(library.img / f"{name}.mp4" if len(name) < 200 else library.img / f"{name}.mkv", 15)
    library.ok("register", "img")
    library.ok("run")
    names = [row[0] for row in library.sql("SELECT child_id FROM lineage ORDER BY 1")]
    assert len(names) == 2
    assert all(len(one.encode()) <= 200 and one.endswith(f"-{number:04}") for number, one in enumerate(names, 1))
    assert all(library.artifact(one, "thumbnails-small").exists() for one in names)
