"""Libraries with pictures to decide on, made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.library import TestLibrary
from support.photos import small

Fill = Callable[[int], list[str]]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Folder of a library with so many registered pictures."""
    made: dict[int, Path] = {}

    def template(number: int) -> Path:
        if number not in made:
            library = TestLibrary(tmp_path_factory.mktemp(f"pictures{number}"))
            for index in range(number):
                small(library.img / f"p{index:04}.jpg", index, size=(60, 40 + index % 3 * 25))
            library.ok("register", "img")
            made[number] = library.folder
        return made[number]

    return template


@pytest.fixture
def fill(library: TestLibrary, templates: Callable[[int], Path]) -> Fill:
    """Put so many pending pictures into the library; returns their ids in order."""

    def fill(number: int) -> list[str]:
        shutil.copytree(templates(number), library.folder, dirs_exist_ok=True)
        return [f"p{index:04}" for index in range(number)]

    return fill
