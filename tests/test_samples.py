import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

import artpipe.samples
from artpipe.samples.gallery import SAMPLES, write_samples

BROKEN = "inbox/half-a-download.jpg"
STORED = {
    "landscapes/misty-lake.jpg": ("JPEG", "RGB", (960, 640)),
    "landscapes/alpine-dawn.webp": ("WEBP", "RGB", (512, 768)),
    "landscapes/dunes.jpg": ("JPEG", "RGB", (800, 600)),
    "landscapes/aurora.png": ("PNG", "RGB", (720, 480)),
    "landscapes/autumn/birch-wood.jpg": ("JPEG", "RGB", (768, 576)),
    "space/nebula.jpg": ("JPEG", "RGB", (1024, 1536)),
    "space/spiral-galaxy.jpg": ("JPEG", "RGB", (720, 720)),
    "space/aurora.jpg": ("JPEG", "RGB", (800, 534)),
    "space/planets/ringed-planet.webp": ("WEBP", "RGB", (800, 534)),
    "space/planets/half-moon.png": ("PNG", "I;16", (512, 512)),
    "city/skyline-at-dusk.webp": ("WEBP", "RGB", (960, 540)),
    "city/rainy-window.jpg": ("JPEG", "RGB", (480, 640)),
    "city/lanterns.png": ("PNG", "RGB", (320, 240)),
    "patterns/malachite-and-gold.jpg": ("JPEG", "RGB", (640, 800)),
    "patterns/ink-currents.png": ("PNG", "RGB", (640, 480)),
    "patterns/julia.webp": ("WEBP", "RGB", (640, 640)),
    "patterns/satin-weave.gif": ("GIF", "P", (400, 300)),
    "patterns/woodblock-sea.png": ("PNG", "RGB", (640, 480)),
    "patterns/stained-glass.jpg": ("JPEG", "CMYK", (600, 600)),
    "garden/dahlia.png": ("PNG", "RGBA", (480, 480)),
    "garden/pond/koi.webp": ("WEBP", "RGB", (640, 800)),
    "sea/jellyfish.jpg": ("JPEG", "RGB", (480, 640)),
    "favourites/still-water.jpg": ("JPEG", "RGB", (960, 640)),
    BROKEN: ("JPEG", "RGB", (480, 320)),
}
WHOLE = sorted(set(STORED) - {BROKEN})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples") / "not" / "there" / "yet"
    assert write_samples(folder) == [folder / name for name in _in_order()]
    return folder


def _in_order() -> Iterator[str]:
    yield from (sample.path for sample in SAMPLES)
    yield "favourites/still-water.jpg"


def _digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _pixels(image: Image.Image) -> NDArray[np.float32]:
    return np.asarray(image.convert("RGB"), dtype=np.float32)


def _painted(path: str) -> NDArray[np.float32]:
    """What the scene looked like before it became a file."""
    sample = next(sample for sample in SAMPLES if sample.path == path)
    return _pixels(sample.paint(np.random.default_rng(sample.seed), sample.width, sample.height))


def test_there_are_two_dozen_small_files(folder: Path) -> None:
    assert len(STORED) == 24
    assert set(_digests(folder)) == set(STORED)
    assert sum((folder / name).stat().st_size for name in STORED) < 12e6


def test_a_second_call_writes_the_same_bytes_over_the_first(folder: Path, tmp_path: Path) -> None:
    old = tmp_path / "city" / "lanterns.png"
    old.parent.mkdir()
    old.write_bytes(b"something older")
    write_samples(tmp_path)
    assert _digests(tmp_path) == _digests(folder)


@pytest.mark.parametrize("name", WHOLE)
def test_stored_as_promised_and_no_empty_picture(folder: Path, name: str) -> None:
    with Image.open(folder / name) as image:
        assert (image.format, image.mode, image.size) == STORED[name]
        image.load()
        assert np.asarray(image, dtype=np.float64).std() > 0.04 * (65535 if image.mode == "I;16" else 255)


def test_the_broken_one_opens_but_ends_too_early(folder: Path) -> None:
    with Image.open(folder / BROKEN) as image:
        assert (image.format, image.mode, image.size) == STORED[BROKEN]
        with pytest.raises(OSError, match="truncated"):
            image.load()


@pytest.mark.parametrize(
    ("name", "orientation"), [("landscapes/dunes.jpg", 6), ("landscapes/autumn/birch-wood.jpg", 8)]
)
def test_turned_files_are_right_once_upright(folder: Path, name: str, orientation: int) -> None:
    with Image.open(folder / name) as image:
        assert image.getexif()[0x0112] == orientation
        upright = _pixels(ImageOps.exif_transpose(image))
    painted = _painted(name)
    assert upright.shape == painted.shape
    assert np.abs(upright - painted).mean() < 5
    assert np.abs(upright[::-1, ::-1] - painted).mean() > 15


def test_all_other_files_are_stored_upright(folder: Path) -> None:
    turned = set()
    for name in WHOLE:
        with Image.open(folder / name) as image:
            if image.getexif().get(0x0112, 1) != 1:
                turned.add(name)
    assert turned == {"landscapes/dunes.jpg", "landscapes/autumn/birch-wood.jpg"}


def test_exactly_one_file_is_there_twice(folder: Path) -> None:
    digests = _digests(folder)
    assert digests["favourites/still-water.jpg"] == digests["landscapes/misty-lake.jpg"]
    assert len(set(digests.values())) == 23


def test_one_name_is_used_for_two_pictures(folder: Path) -> None:
    stems = [Path(name).stem for name in STORED]
    assert {stem for stem in stems if stems.count(stem) > 1} == {"aurora"}
    digests = _digests(folder)
    assert digests["landscapes/aurora.png"] != digests["space/aurora.jpg"]


def test_the_flower_is_cut_out_with_soft_edges(folder: Path) -> None:
    with Image.open(folder / "garden/dahlia.png") as image:
        alpha = np.asarray(image.getchannel("A"))
    assert (alpha == 0).mean() > 0.1
    assert (alpha == 255).mean() > 0.5
    assert ((alpha > 0) & (alpha < 255)).sum() > 1000


def test_the_moon_needs_its_16_bits(folder: Path) -> None:
    with Image.open(folder / "space/planets/half-moon.png") as image:
        shades = np.unique(np.asarray(image))
    assert len(shades) > 10_000
    assert shades.max() > 50_000


def test_the_window_is_printed_with_black_and_keeps_its_colours(folder: Path) -> None:
    with Image.open(folder / "patterns/stained-glass.jpg") as image:
        assert np.asarray(image.getchannel("K")).std() > 20
        assert np.abs(_pixels(image) - _painted("patterns/stained-glass.jpg")).mean() < 5


def test_the_gif_stands_still_and_has_few_colours(folder: Path) -> None:
    with Image.open(folder / "patterns/satin-weave.gif") as image:
        assert getattr(image, "n_frames", 1) == 1
        assert 16 < len(np.unique(np.asarray(image))) <= 96


def test_shapes_and_sizes_are_mixed() -> None:
    upright = [(sample.width, sample.height) for sample in SAMPLES]
    assert {(width > height) - (width < height) for width, height in upright} == {-1, 0, 1}
    assert min(upright) == (320, 240)
    assert max(upright) == (1024, 1536)
    assert max(name.count("/") for name in STORED) == 2


def test_the_package_itself_imports_nothing() -> None:
    """So that a command can name it without loading numpy."""
    assert artpipe.samples.__file__ is not None
    tree = ast.parse(Path(artpipe.samples.__file__).read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_no_module_opens_a_picture() -> None:
    """Opening is the business of `artpipe.stages.imaging` alone."""
    sources = Path(next(iter(artpipe.samples.__path__))).glob("*.py")
    assert not [path.name for path in sources if "Image.open" in path.read_text(encoding="utf-8")]
