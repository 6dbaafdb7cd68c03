"""Stages that other programs may do, apart from the files because asking for a job must start fast."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from artpipe.db import artifacts, images
from artpipe.errors import UsageError
from artpipe.model import UPSTREAM
from artpipe.pipeline.plan import input_stages

if TYPE_CHECKING:
    from artpipe.library import Library

_STAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def require_stage_name(stage: str) -> None:
    """Refuse what cannot be the name of a folder.

    Raises:
        UsageError: says what can.
    """
    if not _STAGE_NAME.fullmatch(stage):
        raise UsageError(f"{stage!r} cannot be the name of a stage: letters, digits, and . _ - after the first.")


def require_folder_stage(library: Library, stage: str) -> None:
    """Refuse stages whose artifacts are no files of other programs.

    Raises:
        UsageError: says which command is meant.
    """
    require_stage_name(stage)
    if stage == UPSTREAM:
        raise UsageError("Originals are not logged but registered: `artpipe register FILE`.")
    known = library.graph.stages.get(stage)
    if known is not None and known.table != "artifacts":
        raise UsageError(f"What {stage} makes are values, not files; `artpipe store-blurhash` stores blurhashes.")


def current_input(library: Library, image_id: str, stage: str) -> str | None:
    """The sha256 of what a stage is made from for this image; None for a stage that the settings do not know."""
    image = images.get(library.db, image_id)
    if image is None or stage not in library.graph.stages:
        return None
    for_approved, for_others = input_stages(library.graph, library.graph.stages[stage])
    row = artifacts.get(library.db, image_id, for_approved if image["approved"] else for_others)
    return None if row is None else row["sha256"]
