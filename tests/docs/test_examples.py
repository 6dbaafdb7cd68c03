"""The example stages of docs/examples are run as they stand."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.films import BLACK, film
from support.library import TestLibrary
from support.photos import photo, save, small

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
# Takes of cwebp's options what the example uses.
CWEBP = """\
import sys
from PIL import Image
quiet, q, quality, resize, width, height, source, o, output = sys.argv[1:]
assert (quiet, q, resize, height, o) == ("-quiet", "-q", "-resize", "0", "-o")
picture = Image.open(source).convert("RGB")
picture.resize((int(width), round(picture.height * int(width) / picture.width))).save(output, "WEBP", quality=int(quality))
"""


def use(library: TestLibrary, example: str) -> None:
    shutil.copytree(EXAMPLES / example, library.folder, dirs_exist_ok=True)


@pytest.fixture
def python_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the front of the path, whose `python3` is the one that runs the tests."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "python3").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_program_of_the_shell(library: TestLibrary, python_first: Path) -> None:
    if shutil.which("cwebp") is None:
        script = python_first / "cwebp"
        script.write_text(f"#!{sys.executable}\n{CWEBP}")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    for seed in range(3):
        small(library.img / f"p{seed}.png", seed, (400, 300))
    library.ok("register", "img")
    use(library, "webp")
    assert library.json("run", "tiny")["completed"] == 6
    with Image.open(library.artifact("p1", "small-webp")) as made:
        assert (made.format, made.size) == ("WEBP", (320, 240))
    with Image.open(library.artifact("p1", "tiny")) as made:
        assert made.size == (64, 48)
    file = library.folder / "artpipe.toml"
    file.write_text(file.read_text().replace("quality = 75", "quality = 30"))
    dry = library.json("run", "tiny", "--dry-run")
    assert dry["by_stage"] == {"small-webp": {"recipe-changed": 3}, "tiny": {"input-remade": 3}}
    assert "params.quality from 75 to 30" in library.json("why", "p1", "small-webp")["message"]
    assert library.json("run", "tiny")["completed"] == dry["would_run"]


@pytest.mark.skipif(shutil.which("convert") is None, reason="ImageMagick is not installed here")
def test_imagemagick(library: TestLibrary) -> None:
    names = ["plain", "two words; $(touch pwned) 'x'", "UPPER"]
    for seed, name in enumerate(names):
        small(library.img / f"{name}.png", seed, (400, 300))
    library.ok("register", "img")
    use(library, "magick")
    dry = library.json("run", "framed", "--dry-run")
    assert dry["by_stage"] == {"grey": {"missing": 3}, "framed": {"missing": 3}}
    assert library.json("run", "framed")["completed"] == 6
    with Image.open(library.artifact("plain", "grey")) as made:
        assert (made.format, made.mode, made.size) == ("JPEG", "L", (300, 225))
    with Image.open(library.artifact(names[1], "framed")) as made:
        assert (made.format, made.size) == ("PNG", (300, 225))
        assert made.convert("L").getpixel((3, 3)) == 255
    assert not list(library.folder.rglob("pwned"))
    file = library.folder / "artpipe.toml"
    file.write_text(file.read_text().replace("border = 12", "border = 20"))
    assert "params.border from 12 to 20" in library.json("why", "plain", "framed")["message"]
    assert library.json("run", "framed")["by_stage"] == {"framed": {"completed": 3, "failed": 0}}


def test_two_pictures_into_one(library: TestLibrary, python_first: Path) -> None:
    assert python_first.exists()
    for name in ("astronaut", "chelsea"):
        save(photo(name), library.folder / f"sources/{name}.png")
    for name in ("coffee", "rocket"):
        save(photo(name), library.folder / f"styles/{name}.png")
    library.ok("register", "--approve", "--stage", "face-swap-sources", "sources")
    library.ok("register", "--approve", "--stage", "face-swap-styles", "styles")
    use(library, "compose")
    assert library.json("run", "face-swap-results", "--dry-run")["would_run"] == 4
    assert library.json("run", "face-swap-results")["completed"] == 4
    made = np.asarray(Image.open(library.artifact("coffee-astronaut", "face-swap-results")))
    style = photo("coffee")
    assert made.shape == style.shape
    # Untouched outside, changed in the middle.
    assert np.array_equal(made[:20], style[:20])
    middle = (slice(style.shape[0] // 3, 2 * style.shape[0] // 3), slice(style.shape[1] // 3, 2 * style.shape[1] // 3))
    assert np.abs(made[middle].astype(int) - style[middle].astype(int)).mean() > 10
    assert [one["id"] for one in library.json("lineage", "coffee-astronaut")["parents"]] == ["coffee", "astronaut"]
    file = library.folder / "artpipe.toml"
    file.write_text(file.read_text().replace("share = 0.6", "share = 0.5"))
    library.ok("reject", "--reason", "no", "chelsea")
    dry = library.json("run", "face-swap-results", "--dry-run")
    assert dry["by_stage"] == {"face-swap-results": {"recipe-changed": 2}}
    assert library.json("why", "rocket-astronaut", "face-swap-results")["changes"] == {"params.share": [0.6, 0.5]}
    assert library.json("run", "face-swap-results")["completed"] == 2


def test_frames_of_a_video(library: TestLibrary) -> None:
    scenes = [(220, 40, 40)] * 15 + [BLACK] * 5 + [(40, 220, 40)] * 10 + [(250, 250, 250)] * 10
    film(library.img / "holiday.mp4", scenes)
    use(library, "film")
    library.ok("register", "img")
    library.ok("run")
    rows = library.sql("SELECT child_id, position, parent_id FROM lineage ORDER BY 1")
    assert [row[0] for row in rows] == ["v-holiday-0001", "v-holiday-0002", "v-holiday-0003"]
    assert [row[1] for row in rows] == pytest.approx([0, 2, 3], abs=0.01)
    assert {row[2] for row in rows} == {"holiday"}
    with Image.open(library.artifact("v-holiday-0002", "contact-sheet")) as made:
        assert made.size == (64, 48)  # never enlarged
    assert library.json("lineage", "holiday")["children_total"] == 3
    assert "seconds" in library.ok("show", "holiday").out
    assert library.json("run")["completed"] == 0


def test_settings_shown_in_the_guide_are_good(library: TestLibrary) -> None:
    library.ok("init")
    guide = (EXAMPLES.parent / "stages.md").read_text()
    shown = [block for block in guide.split("```toml\n")[1:] if block.startswith("[stages.")]
    assert shown
    for block in shown:
        library.settings(block.partition("```")[0])
        library.ok("run", "--dry-run")
