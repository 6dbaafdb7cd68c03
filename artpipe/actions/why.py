"""why: would a stage be run for an image, and because of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from artpipe.actions.identify import resolve
from artpipe.actions.jobs import require_stages
from artpipe.actions.report import Report
from artpipe.actions.show import parsed
from artpipe.db import jobs
from artpipe.names import shown
from artpipe.pipeline.plan import Planner, Wish
from artpipe.stages.registry import wanted_part
from artpipe.stages.stage import OWN

if TYPE_CHECKING:
    from artpipe.library import Library
    from artpipe.model import Stage

_SAYS = {
    "missing": "it was never made",
    "retry": "it failed before and is due again",
    "recipe-changed": "its recipe changed",
    "input-changed": "what it is made from changed",
    "input-remade": "what it is made from will be made again first",
}


def why(library: Library, name: str, stage_name: str) -> Report:
    """Explain one (image, stage): whether it would run, the reason code, and the facts behind it."""
    require_stages(library, (stage_name,))
    found, problems = resolve(library, [name])
    if not found:
        return Report(problems=problems)
    planner = Planner(library, Wish())
    with library.db.snapshot():
        reason, facts = planner.explain(found[0], stage_name)
    data = _answer(library, planner.graph.stages[stage_name], found[0], (reason, facts))
    return Report(data=data, lines=[data["message"]])


def _answer(
    library: Library, stage: Stage, image_id: str, planned: tuple[str | None, dict[str, Any]]
) -> dict[str, Any]:
    reason, facts = planned
    job = jobs.latest(library.db, image_id, stage.name)
    answer: dict[str, Any] = {
        "id": image_id,
        "stage": stage.name,
        "would_run": reason is not None,
        "reason": reason,
        "changes": {},
    }
    subject = f"{stage.name} of {shown(image_id)}"
    if reason is not None:
        answer["changes"] = _changes(stage, facts) if reason == "recipe-changed" else {}
        detail = _changes_text(answer["changes"]) or (_changed_inputs(facts) if reason == "input-changed" else "")
        answer["message"] = f"{subject} would run: {_SAYS[reason]}{detail}."
    else:
        answer["reason"], text = _not_because(stage, facts, job)
        answer["message"] = f"{subject} would not run: {text}."
    return answer


def _not_because(stage: Stage, facts: dict[str, Any], job: Any) -> tuple[str, str]:
    decided = _parents_lack(stage, facts) if stage.pairs is not None else _not_for(stage, facts)
    if decided is not None:
        return decided
    if facts["has_output"] is not None and facts["has_input"] is not None:
        if facts["pinned"]:
            return "pinned", "it is up to date, with the parameters it was asked for by hand"
        return "fresh", "it is up to date"
    if job is not None and job["status"] == "failed":
        return "failed-before", _failed_before(job)
    return "waiting", f"it is made from {_missing(stage, facts)}, which is not there"


def _missing(stage: Stage, facts: dict[str, Any]) -> str:
    missing = [one for one in facts.get("inputs", ()) if not one["there"]]
    if missing and stage.pairs is not None:
        return f"{missing[0]['stage']} of {shown(missing[0]['id'])}"
    return facts["input_stage"] or "nothing this image has"


def _not_for(stage: Stage, facts: dict[str, Any]) -> tuple[str, str] | None:
    """Whether the image does not belong to those that the stage is for."""
    if stage.audience == "approved" and not facts["approved"]:
        state = "rejected" if facts["rejected"] else "not approved"
        return "not-approved", f"the image is {state}, and this stage is for approved ones"
    if stage.audience == "not-rejected" and facts["rejected"]:
        return "rejected", "the image is rejected"
    return None


def _parents_lack(stage: Stage, facts: dict[str, Any]) -> tuple[str, str] | None:
    """What keeps a result from being made, if a parent does."""
    for one in facts["inputs"]:
        if one["id"] is None:
            return "no-result", f"the image is no result of {stage.name}"
        of_it = f"its {one['name']}, {shown(one['id'])}"
        if stage.audience != "all" and one["rejected"]:
            return "parent-rejected", f"{of_it}, is rejected"
        if stage.audience == "approved" and not one["approved"]:
            return "parent-not-approved", f"{of_it}, is not approved, and this stage is for approved ones"
    return ("rejected", "the image is rejected") if facts["rejected"] else None


def _failed_before(job: Any) -> str:
    # A permanent failure, or one whose retries are used up, is not due by itself.
    later = f"; it is due again at {job['due_at']} UTC" if job["due_at"] else ""
    return f"it failed before ({job['error_code']}: {job['error_message']}){later}; `artpipe retry` makes it due now"


def _changes(stage: Stage, facts: dict[str, Any]) -> dict[str, list[Any]]:
    """Parameters that differ between the recorded and today's recipe: key -> [from, to]."""
    recorded = parsed(facts["processing_params"])
    if not isinstance(recorded, dict):
        recorded = {}
    today = wanted_part(stage.kind, stage.params)
    gone = {key: [value, None] for key, value in recorded.items() if key.startswith(OWN) and key not in today}
    return gone | {key: [recorded.get(key), value] for key, value in today.items() if recorded.get(key) != value}


def _changed_inputs(facts: dict[str, Any]) -> str:
    """Of several inputs, those that are not what went in."""
    inputs, before = facts.get("inputs", []), str(facts["made_from"]).split("+")
    if len(inputs) != len(before):
        return ""
    names = [one["name"] for one, sha256 in zip(inputs, before, strict=True) if one["sha256"] != sha256]
    return f" ({', '.join(names)})" if names else ""


def _changes_text(changes: dict[str, list[Any]]) -> str:
    return "".join(f" ({key} from {before} to {after})" for key, (before, after) in changes.items())
