"""One job's way: claimed, handed over as plain data, settled or failed or given back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from artpipe.db import artifacts, frames, jobs, joint, lineage, queue, rebuilds
from artpipe.errors import SettingsError, StorageError
from artpipe.model import (
    FILMS,
    UPSTREAM,
    Claim,
    Failure,
    Input,
    Made,
    Order,
    Outcome,
    Settled,
    Stage,
)
from artpipe.names import fits_a_file
from artpipe.pipeline import framing, leftovers, unfinished
from artpipe.stages.registry import version_of, with_params

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from artpipe.library import Library
    from artpipe.pipeline.framing import Framing
    from artpipe.pipeline.plan import Planner


@dataclass(frozen=True, slots=True)
class Desk:
    """What claiming and settling need of a run."""

    library: Library
    planner: Planner
    run_id: int
    scratch: Path
    order: Order = "oldest"

    def stage_for(self, claim: Claim) -> Stage:
        """The stage with the parameters this very job was asked for."""
        stage = self.planner.graph.stages[claim.stage]
        return with_params(stage, claim.params) if claim.params else stage


@dataclass(frozen=True, slots=True)
class Company:
    """Which jobs may come along with those that are claimed.

    Args:
        most: at most this many; None for all.
        without: stages that cannot be worked on.
    """

    most: int | None = None
    without: frozenset[str] = frozenset()


def claim(desk: Desk, stage: str, limit: int, company: Company) -> list[Claim]:
    """Take jobs of a stage, and of the stages that read the same files; those not wanted any more are dropped."""
    db, planner = desk.library.db, desk.planner
    inputs = planner.inputs()
    siblings = _siblings(planner, inputs, stage, company)
    with db.transaction():
        taken = queue.claim(db, desk.run_id, queue.Pick(stage, limit, planner.selected, desk.order))
        if not taken:
            return []
        taken += queue.claim_siblings(db, desk.run_id, taken, siblings, company.most)
        claims = jobs.claimed(db, taken, inputs)
        if planner.graph.stages[stage].joint:
            claims = joint.claimed(db, taken, planner.graph.stages[stage])
        wanted = planner.still_wanted(sorted({found.image_id for found in claims}))
        kept = [found for found in claims if found.params is not None or (found.image_id, found.stage) in wanted]
        kept = [found for found in kept if _understood(desk, found)]
        jobs.drop(db, desk.run_id, sorted(set(taken) - {found.job_id for found in kept}))
        jobs.record_attempt(db, [(found, desk.stage_for(found).recipe) for found in kept])
    return kept


def _siblings(planner: Planner, inputs: dict[str, tuple[str, str]], stage: str, company: Company) -> list[str]:
    """Stages whose jobs can share the decoded picture; who works on files decodes none, or has to wait for a place."""
    stages = planner.graph.stages
    if stages[stage].names:
        return []
    shared = set(inputs[stage]) - {""}
    others = [name for name in planner.stages if name not in {stage, *company.without}]
    alone = {name for name in others if stages[name].names or stages[name].workers}
    return [name for name in others if name not in alone and set(inputs[name]) & shared]


def _understood(desk: Desk, claim: Claim) -> bool:
    """Whether a maker knows the job's own parameters; one that another program wrote badly fails alone."""
    try:
        desk.stage_for(claim)
    except SettingsError as error:
        failure = Failure(claim.job_id, "permanent", "bad-params", str(error))
        jobs.fail(desk.library.db, desk.run_id, claim, failure)
        return False
    return True


def unfit(desk: Desk, claims: Sequence[Claim]) -> dict[int, Failure]:
    """Jobs, by number, whose rows name what cannot lie below art/: other programs write rows as they like."""
    reasons = {found.job_id: _reason_unfit(desk, found) for found in claims}
    return {job_id: Failure(job_id, "permanent", "outside-art", why) for job_id, why in reasons.items() if why}


def _reason_unfit(desk: Desk, claim: Claim) -> str:
    if not fits_a_file(claim.image_id):
        return f"No file can be named after the id {claim.image_id!r}. Run `artpipe verify`."
    try:
        for one in claim.inputs:
            desk.library.store.path_text(one.path)
    except StorageError as error:
        return str(error)
    return ""


def settle(desk: Desk, ended: Sequence[tuple[Claim, Outcome]]) -> list[tuple[Claim, Outcome]]:
    """Record how jobs ended: files first, then all rows in one transaction.

    Returns what counts as ended. Jobs whose derived input was lost do not: the input is made again, then they are.

    Raises:
        ArtMissingError: a whole folder of inputs is gone, as when a disk is not mounted.
    """
    done = [_settled(desk, claim, made) for claim, made in ended if isinstance(made, Made)]
    missed = {claim.job_id: _input_lost(desk, claim, outcome) for claim, outcome in ended}
    lost = {job_id: one for job_id, one in missed.items() if one is not None}
    failed = [(claim, outcome) for claim, outcome in ended if isinstance(outcome, Failure) and claim.job_id not in lost]
    desk.library.store.sync_files(_scratch_files(done))
    ready = _retire(desk, done)
    desk.library.store.adopt(ready.files)
    with desk.library.db.transaction():
        _record(desk, done, ready.framings)
        for claim, failure in failed:
            _record_failure(desk, claim, failure)
        _give_up_inputs(desk, lost)
        rebuilds.done(desk.library.db, [(one.image_id, one.stage) for one, how in ended if _is_over(one, how, lost)])
        touched = {claim.image_id for claim, _ in ended} | framing.ids(ready.framings)
        desk.planner.follow(sorted(touched | _owners(desk, lost)))
    for old in ready.replaced:
        desk.library.store.remove_derived(old)
    if ready.intent is not None:
        ready.intent.unlink()
    if ready.framings:
        unfinished.sweep(desk.library)
    return [(claim, outcome) for claim, outcome in ended if claim.job_id not in lost]


def _scratch_files(done: Sequence[Settled]) -> list[str]:
    every = [name for one in done for name in (one.made.scratch, *(part.scratch for part in one.made.parts))]
    return [name for name in every if name]


def _owners(desk: Desk, lost: Mapping[int, Input]) -> set[str]:
    """The images of lost inputs; of a frame its video too, which makes it again."""
    own = {one.image_id for one in lost.values()}
    return own | set(frames.videos_of(desk.library.db, own))


def _is_over(claim: Claim, outcome: Outcome, lost: Mapping[int, Input]) -> bool:
    """Whether the job is not to be done again right after."""
    blocked = isinstance(outcome, Failure) and outcome.kind == "environment"
    return not blocked and claim.job_id not in lost


def _input_lost(desk: Desk, claim: Claim, outcome: Outcome) -> Input | None:
    """The file for want of which a job failed, if it can be made again."""
    if not isinstance(outcome, Failure) or outcome.code not in {"input-missing", "input-damaged"}:
        return None
    store = desk.library.store
    paths = {str(store.path(one.path).absolute()): one for one in claim.inputs}
    one = paths.get(outcome.path, claim.inputs[0])
    store.require_folder(one.stage)
    registered = one.stage not in desk.planner.graph.stages
    if registered and (len(claim.inputs) > 1 or one.stage == FILMS):
        return None
    return one if one.stage != UPSTREAM else None


def _give_up_inputs(desk: Desk, lost: Mapping[int, Input]) -> None:
    """Forget the rows of lost inputs and the jobs that need them: planning wants both again, one after the other.

    Args:
        lost: job id -> the input it lacks.
    """
    artifacts.retire(desk.library.db, [(one.image_id, one.stage) for one in lost.values()])
    jobs.drop(desk.library.db, desk.run_id, list(lost))


def _settled(desk: Desk, claim: Claim, made: Made) -> Settled:
    stage = desk.stage_for(claim)
    facts = {**stage.params, **made.how, "kind": stage.kind, "maker_version": version_of(stage.kind)}
    return Settled(
        claim=claim,
        made=made,
        recipe=stage.recipe,
        processing_params=json.dumps(facts, sort_keys=True),
        file_path=f"{claim.stage}/{claim.image_id}.{made.extension}" if made.scratch else "",
    )


def _makes_many(desk: Desk, one: Settled) -> bool:
    return desk.planner.graph.stages[one.claim.stage].many


@dataclass(frozen=True, slots=True)
class _Ready:
    """What is about to be written, with no row standing over any of it.

    Args:
        files: (scratch file, final name).
        intent: the note of what is about to be done, for whoever has to finish it if we die.
        replaced: old files that will not be overwritten, because what is new has other names.
    """

    files: Sequence[tuple[str, str]] = ()
    framings: Sequence[Framing] = ()
    intent: Path | None = None
    replaced: Sequence[str] = ()


def _retire(desk: Desk, done: Sequence[Settled]) -> _Ready:
    """Take back the rows of files that are about to be replaced, since no row may stand over other bytes."""
    made = [one for one in done if one.made.scratch]
    if not made:
        return _Ready()
    db = desk.library.db
    with db.transaction():
        framings = [framing.reserve(db, one) for one in made if _makes_many(desk, one)]
        moves = [(one.made.scratch, one.file_path) for one in made]
        moves += [(one.part.scratch, one.file_path) for many in framings for one in many.placed]
        new = {name for _, name in moves}
        of_frames = [(name, many.done.claim.stage) for many in framings for name in sorted(framing.ids([many]))]
        old = artifacts.retire(db, [*((one.claim.image_id, one.claim.stage) for one in made), *of_frames])
        intent = leftovers.note_intent(desk.scratch, made[0].claim.job_id, {*old, *new})
    return _Ready(moves, framings, intent, sorted(set(old) - new))


def _record(desk: Desk, done: Sequence[Settled], framings: Sequence[Framing]) -> None:
    db, stages = desk.library.db, desk.planner.graph.stages
    of_frames = {many.done.claim.job_id: many for many in framings}
    for one in done:
        if not jobs.complete(db, desk.run_id, one):
            continue
        stage = stages[one.claim.stage]
        artifacts.settle(db, stage.table, one)
        if stage.pairs is not None:
            lineage.describe(db, one.claim.image_id, one.made.width, one.made.height, one.made.size)
        if one.claim.job_id in of_frames:
            framing.record(db, of_frames[one.claim.job_id])
    artifacts.drop_stale_values(db, [(one.claim.image_id, one.claim.stage) for one in done if one.made.scratch])


def _record_failure(desk: Desk, claim: Claim, failure: Failure) -> None:
    db = desk.library.db
    if failure.kind == "environment":
        jobs.release(db, desk.run_id, [claim.job_id])
        jobs.note_blocked(db, claim.job_id, failure)
    else:
        jobs.fail(db, desk.run_id, claim, failure, desk.planner.graph.stages[claim.stage].retries)
