"""Claimed jobs as plain data, for whoever performs them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from artpipe.model import Claim, Errand, Task, Work
from artpipe.pipeline import unfinished

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from artpipe.pipeline.lifecycle import Desk
    from artpipe.store.slots import Slot

# Beyond its own time limit, a worker has this long to end a program and to look at what it wrote.
PATIENCE = 60.0


def tasks(desk: Desk, claims: Sequence[Claim], threads: int, slots: Mapping[int, Slot]) -> list[Task]:
    """Group claimed jobs by the file they read.

    Args:
        threads: for makers that can use several and are free to choose.
        slots: job id -> its place, for stages that only so many may work on at once.
    """

    def by_input(claim: Claim) -> tuple[str, str, str | None]:
        return claim.image_id, claim.input_path, claim.input_sha256

    store = desk.library.store
    scratch = str(desk.scratch.absolute())
    return [
        Task(
            input_path=store.path_text(path),
            input_sha256=sha256,
            max_pixels=desk.library.settings.max_pixels,
            works=tuple(_work(desk, found, scratch, threads, slots.get(found.job_id)) for found in group),
        )
        for (_, path, sha256), group in itertools.groupby(sorted(claims, key=_image_and_input), key=by_input)
    ]


def _work(desk: Desk, claim: Claim, scratch: str, threads: int, slot: Slot | None) -> Work:
    stage = desk.stage_for(claim)
    share = {"threads": threads} if stage.params.get("threads") == 0 else {}
    return Work(
        job_id=claim.job_id,
        stage=claim.stage,
        kind=stage.kind,
        params={**stage.params, **share},
        scratch=f"{scratch}/{claim.job_id}",
        timeout=stage.timeout,
        patience=PATIENCE if stage.names else 0.0,
        errand=_errand(desk, claim) if stage.names else None,
        slot=str(slot.path) if slot else "",
    )


def _errand(desk: Desk, claim: Claim) -> Errand:
    """Paths are absolute: the programs that get them work elsewhere, and none can pass for an option."""
    library = desk.library
    names = desk.planner.graph.stages[claim.stage].names
    inputs = [
        one._replace(name=name, path=str(library.store.path(one.path).absolute()))
        for name, one in zip(names, claim.inputs, strict=True)
    ]
    folder = str(library.settings.file.parent.absolute())
    return Errand(claim.image_id, tuple(inputs), folder, unfinished.folder(desk, claim))


def _image_and_input(claim: Claim) -> tuple[str, str]:
    return claim.image_id, claim.input_path
