"""Counts and one hash per folder, on both sides."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from artpipe.actions.report import Table
from artpipe.names import path_text
from artpipe.pipeline.oldlayout import group_of

if TYPE_CHECKING:
    from collections.abc import Mapping

EMPTY = hashlib.sha256().hexdigest()
COLUMNS = ("folder", "side", "files", "bytes", "empty", "sha256", "sides")


@dataclass(slots=True)
class Sum:
    """What one side has of a folder.

    The hash is that of the folder's lines as `sha256sum` prints them, in order of name:
    `cd FOLDER && LC_ALL=C ls | xargs sha256sum | sha256sum`.
    """

    files: int = 0
    bytes: int = 0
    empty: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    def add(self, name: str, size: int, sha256: str | None) -> None:
        self.files += 1
        self.bytes += size
        self.empty += sha256 is None
        self._hash.update(f"{sha256 or EMPTY}  ".encode() + os.fsencode(name) + b"\n")

    def as_data(self) -> dict[str, Any]:
        return {"files": self.files, "bytes": self.bytes, "empty": self.empty, "sha256": self._hash.hexdigest()}


@dataclass(slots=True)
class Sides:
    """A folder of the old tree, and the same names here."""

    tree: Sum = field(default_factory=Sum)
    library: Sum = field(default_factory=Sum)

    def equal(self) -> bool:
        return self.tree.as_data() == self.library.as_data()


def as_data(folders: Mapping[str, Sides]) -> list[dict[str, Any]]:
    return [
        {
            "folder": path_text(folder),
            "equal": sides.equal(),
            "tree": sides.tree.as_data(),
            "library": sides.library.as_data(),
        }
        for folder, sides in sorted(folders.items())
    ]


def tables(folders: Mapping[str, Sides]) -> list[Table]:
    groups: dict[str, list[Sides]] = defaultdict(list)
    for folder, sides in sorted(folders.items()):
        groups[group_of(path_text(folder))].append(sides)
    rows = []
    for group, members in groups.items():
        same = all(sides.equal() for sides in members)
        for name in ("tree", "library"):
            sums = [getattr(sides, name).as_data() for sides in members]
            hashed = sums[0]["sha256"][:16] if len(sums) == 1 else f"{len(sums)} folders"
            counts = (sum(one[column] for one in sums) for column in COLUMNS[2:5])
            rows.append((group, name, *counts, hashed, "equal" if same else "different"))
    return [Table(COLUMNS, rows)] if rows else []
