"""What a report's findings ask to be done, each with its command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from artpipe.db import oldfiles
from artpipe.stages.definition import FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from artpipe.library import Library

_REGISTER = "artpipe register FOLDER"
_REHASH = "artpipe register --rehash FOLDER"


def next_steps(library: Library, data: Mapping[str, Any], would_run: int, left_over: int) -> list[dict[str, Any]]:
    """What is most urgent first; nothing that counts zero.

    Args:
        data: the other parts of the report.
        would_run: jobs that a run would do.
        left_over: what commands that died have left.
    """
    steps = [*_losses(library, data), *_gaps(data), *_work(data, would_run, left_over)]
    return [{"what": what, "count": count, "command": command} for what, count, command in steps if count]


_Step = tuple[str, int, str]


def _losses(library: Library, data: Mapping[str, Any]) -> Iterator[_Step]:
    quality = data["quality"]
    trees, emptied = oldfiles.roots(library.db), quality["emptied_files"]["count"]
    if trees:
        yield "files that were emptied, as old scripts do", emptied, f"artpipe migrate {shlex.quote(trees[-1])}"
    lost = data["rows_without_files"]["count"] + quality["changed_files"]["count"] + (0 if trees else emptied)
    yield "files that are lost or changed", lost, "artpipe repair --dry-run"
    rest = 0
    for stage, number in data["files_without_rows"]["by_stage"].items():
        made_here = library.graph.stages.get(stage)
        # Frames are also what old scripts leave there.
        if stage in FOLDERS[1:] and (made_here is None or made_here.many):
            folder = library.store.root / stage
            yield f"files of {stage} that no row names", number, f"artpipe sync-artifacts {stage} {folder}"
        else:
            rest += number
    yield "other files that no row names", rest, "artpipe repair --dry-run"
    yield "decisions that contradict each other", quality["conflicts"]["count"], "artpipe verify --quick"


def _gaps(data: Mapping[str, Any]) -> Iterator[_Step]:
    quality = data["quality"]
    yield "approved images without their original", quality["approved_without_original"]["count"], _REGISTER
    yield "approved images without dimensions", quality["approved_without_dimensions"]["count"], _REHASH
    yield "images of which nothing real is left", quality["empty"]["count"], _REGISTER


def _work(data: Mapping[str, Any], would_run: int, left_over: int) -> Iterator[_Step]:
    statistics = data["statistics"]
    yield "left by commands that died", left_over, "artpipe repair"
    yield "jobs that failed", statistics["jobs"]["failed"], "artpipe jobs --status failed"
    yield "jobs to be done", would_run, "artpipe run"
    yield "images to decide on", statistics["images"]["pending"], "artpipe list --status pending"
