"""find-ready: approved images that have one stage and lack another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.actions.report import Report
from artpipe.db import ready

if TYPE_CHECKING:
    from artpipe.library import Library


def find_ready(library: Library, input_stage: str, output_stage: str, limit: int | None) -> Report:
    """Ids in order, streamed: the first is there at once however many follow."""
    ids = ready.find_ready(library.db, input_stage, output_stage, limit)
    return Report(data={"ids": ids}, lines=ids)
