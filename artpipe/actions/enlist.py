"""Giving registered images a second place, in the folder of a stage that nothing here makes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from artpipe.db import artifacts, images
from artpipe.db.artifacts import FileRow
from artpipe.errors import UsageError
from artpipe.model import UPSTREAM
from artpipe.stages.definition import FOLDERS
from artpipe.store import durable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from artpipe.db.connection import Row
    from artpipe.library import Library

# Their files are made, never given.
_MADE = (UPSTREAM, "gallery-html", "video-frames", "face-swap-results")


def require_folder(library: Library, stage: str) -> None:
    """Refuse stages that images can't be registered into.

    Raises:
        UsageError: says into which they can.
    """
    allowed = [name for name in FOLDERS if name not in _MADE and name not in library.graph.stages]
    if stage not in allowed:
        raise UsageError(f"Images can't be registered into {stage!r}. Possible are: {', '.join(allowed)}.")


def enlist(
    library: Library, ids: Sequence[str], stage: str, scratch: Path, facts: Mapping[str, str] | None = None
) -> int:
    """Within an open transaction: each image that has an original also has it in the stage's folder.

    Args:
        scratch: folder for copies, where the file system has no hard links.
        facts: image -> what is to be known about its file (JSON).

    Returns how many were not there before.
    """
    added = 0
    for image_id in ids:
        image, original = images.get(library.db, image_id), artifacts.get(library.db, image_id, UPSTREAM)
        if image is None or image["rejected"] or original is None or _is_there(library, image_id, stage):
            continue
        added += _put(library, original, stage, scratch, (facts or {}).get(image_id))
    if added:
        # The names must be on disk before the rows that stand for them are.
        library.store.sync(stage)
    return added


def _is_there(library: Library, image_id: str, stage: str) -> bool:
    row = artifacts.get(library.db, image_id, stage)
    return row is not None and library.store.path(row["file_path"]).exists()


def _put(library: Library, original: Row, stage: str, scratch: Path, facts: str | None) -> bool:
    source = library.store.path(original["file_path"])
    relative = f"{stage}/{source.name}"
    try:
        _link_or_copy(library, source, relative, scratch)
    except FileExistsError:
        if durable.sha256_of(library.store.path(relative)) != original["sha256"]:
            return False
    except FileNotFoundError:
        return False
    size = (original["width"], original["height"])
    digest = original["sha256"]
    artifacts.put(
        library.db,
        FileRow(original["image_id"], stage, relative, digest, original["file_size"], *size, facts, digest),
    )
    return True


def _link_or_copy(library: Library, source: Path, relative: str, scratch: Path) -> None:
    try:
        library.store.link(source, relative)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:
        copy = scratch / "enlisted"
        shutil.copyfile(source, copy)
        durable.sync_file(copy)
        library.store.place(copy, relative)
