"""What jobs that take long have done already when they are interrupted, kept for whoever goes on with them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from artpipe.db import jobs
from artpipe.store.store import SCRATCH

if TYPE_CHECKING:
    from artpipe.library import Library
    from artpipe.model import Claim
    from artpipe.pipeline.lifecycle import Desk

_PREFIX = "film-"


def folder(desk: Desk, claim: Claim) -> str:
    """Where a job keeps what it has done; empty for those that are done in one go, or for no run."""
    stage = desk.stage_for(claim)
    if not stage.many or not desk.run_id or claim.input_sha256 is None:
        return ""
    # The same for every run until the input or the recipe is another one.
    return str((desk.library.store.root / SCRATCH / _owner(claim.input_sha256, stage.recipe)).absolute())


def sweep(library: Library) -> None:
    """Drop what no job that is still to be done can go on with."""
    # Looked for before the jobs: whoever begins to keep something has claimed its job by then.
    owners = {owner for owner in library.store.scratch_owners() if owner.startswith(_PREFIX)}
    for owner in owners - wanted(library) if owners else ():
        library.store.drop_scratch(owner)


def wanted(library: Library) -> set[str]:
    """Names of scratch folders that may be gone on with."""
    stages = [name for name, stage in library.graph.stages.items() if stage.many]
    return {_owner(*tried) for tried in jobs.unfinished(library.db, stages)}


def _owner(input_sha256: str, recipe: str) -> str:
    return _PREFIX + hashlib.sha256(f"{input_sha256} {recipe}".encode()).hexdigest()[:32]
