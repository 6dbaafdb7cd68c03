"""Repairing a library, and what may be seen of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.damage import STAGES
from support.library import TestLibrary


def repair(library: TestLibrary, code: int = 0, *options: str) -> Any:
    library.repeats = True
    result = library.run("repair", "--json", *options)
    assert result.code == code, result
    return result.data


def counts(data: Any) -> dict[str, int]:
    return {key: value for key, value in data.items() if type(value) is int and value}


def sound(library: TestLibrary) -> None:
    library.ok("run", *STAGES)
    assert library.json("verify")["findings"] == []


def replace_file(path: Path, data: bytes) -> None:
    """As a new file: what was linked to the old one keeps its bytes."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)
