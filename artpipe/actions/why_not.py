"""What keeps a stage from being run for an image, as far as one look at the plan tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from artpipe.actions.show import parsed
from artpipe.names import shown
from artpipe.stages.registry import version_of, wanted_part
from artpipe.stages.stage import OWN

if TYPE_CHECKING:
    from artpipe.model import Stage

# Beside the parameters, what a recipe consists of: the kind of work, and the version of its maker.
MAKER_VERSION = "maker_version"


def not_because(stage: Stage, facts: dict[str, Any], job: Any) -> tuple[str, str]:
    """Reason code and sentence."""
    decided = _parents_lack(stage, facts) if stage.pairs is not None else _not_for(stage, facts)
    if decided is not None:
        return decided
    if facts["has_input"] is None:
        made = "it is there, made from" if facts["has_output"] is not None else "it is made from"
        return "waiting", f"{made} {_missing(stage, facts)}, which is not there"
    if not _is_stale(stage, facts):
        return _fresh(facts)
    if job is not None and job["status"] == "failed":
        return "failed-before", _failed_before(job)
    return "waiting", f"it waits for {_missing(stage, facts)}"


def _is_stale(stage: Stage, facts: dict[str, Any]) -> bool:
    """Whether something is to be made, if nothing else kept it from that."""
    if facts["has_output"] is None:
        return True
    other_recipe = facts["recipe"] is not None and facts["recipe"] != stage.recipe and not facts["pinned"]
    return other_recipe or (facts["made_from"] is not None and facts["made_from"] != fingerprint(facts))


def fingerprint(facts: dict[str, Any]) -> str | None:
    """What would go in today."""
    if "inputs" not in facts:
        found: str | None = facts["input_sha256"]
        return found
    return "+".join(str(one["sha256"]) for one in facts["inputs"])


def _fresh(facts: dict[str, Any]) -> tuple[str, str]:
    if facts["pinned"]:
        return "pinned", "it is up to date, with the parameters it was asked for by hand"
    if facts["recipe"] is None:
        return "fresh", "it is there, made by another program, and stays until its input changes"
    return "fresh", "it is up to date"


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


def changes(stage: Stage, facts: dict[str, Any]) -> dict[str, list[Any]]:
    """What differs between the recorded and today's recipe: key -> [from, to]."""
    recorded = parsed(facts["processing_params"])
    if not isinstance(recorded, dict):
        recorded = {}
    if recorded.get("kind", stage.kind) != stage.kind:
        return {"kind": [recorded["kind"], stage.kind]}
    today = wanted_part(stage.kind, stage.params)
    gone = {key: [value, None] for key, value in recorded.items() if key.startswith(OWN) and key not in today}
    found = gone | {key: [recorded.get(key), value] for key, value in today.items() if recorded.get(key) != value}
    version, before = version_of(stage.kind), recorded.get(MAKER_VERSION)
    # Where no version is recorded and nothing else differs, it was an earlier one.
    if version != before and (before is not None or not found):
        found[MAKER_VERSION] = [before, version]
    return found


def changed_inputs(facts: dict[str, Any]) -> str:
    """Of several inputs, those that are not what went in."""
    inputs, before = facts.get("inputs", []), str(facts["made_from"]).split("+")
    if len(inputs) != len(before):
        return ""
    names = [one["name"] for one, sha256 in zip(inputs, before, strict=True) if one["sha256"] != sha256]
    return f" ({', '.join(names)})" if names else ""


def changes_text(found: dict[str, list[Any]]) -> str:
    return "".join(
        f" ({key} from {'what is not recorded' if before is None else before} to {'none' if after is None else after})"
        for key, (before, after) in found.items()
    )
