"""What is written down is true."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
from support.library import TestLibrary

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "docs/make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_command_reference_is_up_to_date(make: ModuleType) -> None:
    assert make.cli_text() == (ROOT / "docs/cli.md").read_text(encoding="utf-8"), "run `just docs`"


def test_every_command_has_an_example(make: ModuleType) -> None:
    for section in make.cli_text().split("\n## ")[1:]:
        assert "Example:" in section, section.splitlines()[0]


def test_readme_names_every_command(make: ModuleType) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"\n## artpipe (\S+)", make.cli_text()):
        assert f"`{name}" in readme or f"artpipe {name}" in readme, name


def test_example_database_opens(library: TestLibrary) -> None:
    shutil.copy(ROOT / "cv.db.example", library.folder / "example.db")
    data = library.json("--db", "example.db", "stats")
    assert data["images"]["total"] >= 20
    assert {"upstream", "thumbnails-small", "web-optimized", "blurhash", "ersgan-enhanced", "ersgan-thumbnails"} <= set(
        data["artifacts"]
    )
    with closing(sqlite3.connect(ROOT / "cv.db.example")) as db:
        paths = [row[0] for row in db.execute("SELECT path FROM sources")]
    assert all(path.startswith("/home/you/demo/") for path in paths)


def test_justfile_stays_small() -> None:
    assert len((ROOT / "Justfile").read_text(encoding="utf-8").splitlines()) <= 45


def test_no_machine_paths_in_what_we_ship() -> None:
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "Justfile", ROOT / "pyproject.toml"]:
        assert not re.search(r"/(work|tmp|root)/", path.read_text(encoding="utf-8")), path
