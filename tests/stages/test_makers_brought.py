"""Makers that other packages bring through an entry point."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.photos import small

MODULE = """
from artpipe.stages.stage import Delivery, Parameter, Product

class Sepia:
    kind, version = "sepia", 3
    parameters = {"strength": Parameter(100, "Per cent.", minimum=0, maximum=100)}

    def make(self, picture, params):
        import io
        from PIL import ImageOps
        file = io.BytesIO()
        ImageOps.colorize(picture.full().convert("L"), "black", (255, 240, 192)).save(file, "PNG")
        return Product(picture.width, picture.height, file.getvalue(), "png")

class Listing:
    kind, version, parameters = "listing", 1, {}

    def deliver(self, order):
        path = order.folder / "list.txt"
        path.write_text("".join(f"{name} {file.stat().st_size}\\n" for name, file in order.inputs.items()))
        return Delivery(path, "txt")

nonsense = 3
"""
ENTRY_POINTS = """[artpipe.stages]
sepia = brought_by_test:Sepia
listing = brought_by_test:Listing
nonsense = brought_by_test:nonsense
lost = brought_by_nobody:Sepia
resize = brought_by_test:Sepia
"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder as `pip install --target` would leave it."""
    folder = tmp_path / "packages"
    info = folder / "brought_by_test-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "brought_by_test.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brought-by-test\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder


def artpipe(library: TestLibrary, packages: Path, *arguments: str) -> tuple[int, str]:
    process = library.start(*arguments, PYTHONPATH=str(packages))
    out, err = process.communicate(timeout=120)
    return process.returncode, (out + err).decode()


def test_maker_of_another_package_is_a_kind(library: TestLibrary, packages: Path) -> None:
    small(library.img / "a.png")
    library.ok("register", "--approve", "img")
    library.settings(
        '[stages.old]\nkind = "sepia"\nstrength = 50\n'
        '[stages.list]\nkind = "listing"\ninput = ["upstream", "old"]\n[stages.thumbnails-small]\nwidth = 30\n'
    )
    code, text = artpipe(library, packages, "run", "list", "thumbnails-small")
    assert code == 0, text
    assert library.artifact("a", "old").suffix == ".png"
    sizes = [library.artifact("a", name).stat().st_size for name in ("upstream", "old")]
    assert library.artifact("a", "list").read_text() == f"upstream {sizes[0]}\nold {sizes[1]}\n"
    # A built-in kind can't be taken over.
    assert library.value("SELECT width FROM artifacts WHERE stage = 'thumbnails-small'") == 30


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("nonsense", "what brought-by-test brings under that name is no maker"),
        ("lost", "which brought-by-test brings and which fails to load: ModuleNotFoundError"),
        (
            "other",
            "upscale, command, frames, poster, listing, lost, nonsense, sepia, not 'other'",
        ),
    ],
)
def test_package_at_fault_is_named(library: TestLibrary, packages: Path, kind: str, message: str) -> None:
    library.ok("init")
    library.settings(f'[stages.a]\nkind = "{kind}"\n')
    code, text = artpipe(library, packages, "run")
    assert code == 78
    assert message in text


@pytest.mark.parametrize("arguments", [["find-ready", "upstream", "web-optimized"], ["run", "--dry-run"]])
def test_other_packages_are_looked_for_only_when_needed(library: TestLibrary, arguments: list[str]) -> None:
    library.ok("init")
    library.settings('[stages.a]\ncommand = ["cp", "{input}", "{output}"]\n')
    script = (
        "import sys; from artpipe.cli.main import main; main(sys.argv[1:]); makers = sys.modules.get('artpipe.stages.makers');"
        "print(makers and makers._entry_points.cache_info().misses)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=library.folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] in {"None", "0"}, done.stdout
