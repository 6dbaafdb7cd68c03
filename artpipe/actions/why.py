"""why: would a stage be run for an image, and because of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from artpipe.actions.identify import resolve
from artpipe.actions.jobs import require_stages
from artpipe.actions.report import Report, Table
from artpipe.actions.why_not import changed_inputs, changes, changes_text, not_because
from artpipe.db import artifacts, images, jobs, planning
from artpipe.model import UPSTREAM
from artpipe.names import shown
from artpipe.pipeline.plan import Planner, Wish

if TYPE_CHECKING:
    from artpipe.library import Library
    from artpipe.model import Stage

_SAYS = {
    "missing": "it was never made",
    "retry": "it failed before and is due again",
    "recipe-changed": "its recipe changed",
    "input-changed": "what it is made from changed",
    "input-remade": "what it is made from will be made again first",
    "rebuild": "it was asked to be made again",
}
_JOB = ("id", "status", "attempts", "run_id", "error_code", "error_message", "failure_kind", "due_at")
# A circle of images made from each other can't come about here; what another program wrote may be anything.
_DEEPEST = 20


def why(library: Library, name: str, stage_name: str) -> Report:
    """Explain one (image, stage): whether it would run, the reason code, and the facts behind it."""
    require_stages(library, (stage_name,))
    found, problems = resolve(library, [name])
    if not found:
        return Report(problems=problems)
    with library.db.snapshot():
        data = _Explainer(library).answer(found[0], stage_name)
    return Report(data=data, lines=[data["message"]], tables=_tables(data))


class _Explainer:
    """Answers for a stage, and for the stages it waits for."""

    def __init__(self, library: Library) -> None:
        self._db = library.db
        self._planner = Planner(library, Wish())

    def answer(self, image_id: str, stage_name: str, depth: int = 0) -> dict[str, Any]:
        stage = self._planner.graph.stages[stage_name]
        reason, facts = self._planner.explain(image_id, stage_name)
        inputs = _inputs(facts, image_id)
        first = [one for one in inputs if planning.reason_for(self._db, one["id"] or "", one["stage"])]
        job = jobs.latest(self._db, image_id, stage_name)
        answer: dict[str, Any] = {
            "id": image_id,
            "stage": stage_name,
            "would_run": reason is not None,
            "reason": reason,
            "changes": {},
            "inputs": [_input(one, facts) for one in inputs],
            "job": None if job is None else {key: job[key] for key in _JOB},
            "blocked": self._blocked(stage_name, job) if reason is not None else None,
            "waits_for": None,
        }
        if reason is not None:
            answer["changes"] = changes(stage, facts) if reason == "recipe-changed" else {}
            answer["waits_for"] = self._waited_for(first, depth)
            text = f"would run: {_SAYS[reason]}{_detail(reason, answer, facts)}{_circumstances(answer)}"
        else:
            text = self._refusal(answer, stage, facts, depth)
        answer["message"] = f"{stage_name} of {shown(image_id)} {text}."
        return answer

    def _refusal(self, answer: dict[str, Any], stage: Stage, facts: dict[str, Any], depth: int) -> str:
        film_of = self._film_of(answer["id"], stage)
        if film_of:
            answer["reason"], text = "no-frame", f"it is made from the images that {film_of} makes of this one"
        else:
            answer["reason"], text = not_because(stage, facts, answer["job"])
        if answer["reason"] == "waiting":
            missing = [one for one in answer["inputs"] if not one["there"]]
            answer["waits_for"] = self._waited_for(missing, depth)
        if answer["waits_for"]:
            text += f": {answer['waits_for']['message'].removesuffix('.')}"
        return f"would not run: {text}"

    def _film_of(self, image_id: str, stage: Stage) -> str:
        """The input, if any, that makes of this image the images that the stage is made from."""
        image = images.get(self._db, image_id)
        if image is None or stage.pairs is not None:
            return ""
        lists = self._planner.graph.lists_for(stage.name)
        own = (name for name, source in lists.items() if artifacts.get(self._db, image_id, source) is not None)
        return next((name for name in own if name != image["origin"]), "")

    def _waited_for(self, inputs: list[dict[str, Any]], depth: int) -> dict[str, Any] | None:
        """The same question about the first of these inputs."""
        if not inputs or depth >= _DEEPEST or inputs[0]["id"] is None:
            return None
        owner, stage = inputs[0]["id"], inputs[0]["stage"]
        image = images.get(self._db, owner)
        if stage == UPSTREAM and image is not None:
            stage = image["origin"]
        if stage in self._planner.graph.stages:
            return self.answer(owner, stage, depth + 1)
        reason, text = _no_original(image) if stage == UPSTREAM else _FOREIGN
        message = f"{text}."
        return {"id": owner, "stage": stage, "would_run": False, "reason": reason, "message": message}

    def _blocked(self, stage: str, job: Any) -> dict[str, str] | None:
        """What this machine lacked when the stage was last tried."""
        if job is None or (job["status"], job["failure_kind"]) != ("pending", "environment"):
            job = jobs.blocked(self._db, stage)
        return None if job is None else {"code": job["error_code"], "message": job["error_message"]}


_FOREIGN = ("comes-from-outside", "artpipe does not make it; it is registered, or another program logs it")


def _no_original(image: Any) -> tuple[str, str]:
    if image is None or image["content"] == "absent":
        return "no-original", "the image is known by its name alone; `artpipe register` brings its file"
    if image["sha256"] is None:
        return "no-original", "the file it came with was empty"
    return "truncated", "its bytes were given back (`artpipe truncate`); registering the file brings them again"


def _inputs(facts: dict[str, Any], image_id: str) -> list[dict[str, Any]]:
    """What it is made from, for stages of one input as for those of several."""
    if "inputs" in facts:
        inputs: list[dict[str, Any]] = facts["inputs"]
        return inputs
    stage = facts.get("input_stage")
    there = facts.get("has_input") is not None
    return (
        [{"name": stage, "id": image_id, "stage": stage, "sha256": facts["input_sha256"], "there": there}]
        if stage
        else []
    )


def _input(one: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    fingerprints = str(facts["made_from"] or "").split("+")
    changed = bool(one["there"] and facts["made_from"] and one["sha256"] not in fingerprints)
    return {"name": one["name"], "id": one["id"], "stage": one["stage"], "there": one["there"], "changed": changed}


def _detail(reason: str, answer: dict[str, Any], facts: dict[str, Any]) -> str:
    return changes_text(answer["changes"]) or (changed_inputs(facts) if reason == "input-changed" else "")


def _circumstances(answer: dict[str, Any]) -> str:
    """What a run would meet with."""
    parts = []
    if answer["waits_for"]:
        parts.append(f"; first comes {answer['waits_for']['message'].removesuffix('.')}")
    job = answer["job"]
    if job is not None and job["status"] == "running":
        who = f"run {job['run_id']}" if job["run_id"] is not None else "another program"
        parts.append(f"; {who} is at it now")
    if answer["blocked"]:
        parts.append(f"; the last run that tried left it out: {answer['blocked']['message'].removesuffix('.')}")
    return "".join(parts)


def _tables(data: dict[str, Any]) -> list[Table]:
    changed = [(key, *map(_cell, pair)) for key, pair in data["changes"].items()]
    inputs = [
        (one["name"], one["stage"], one["id"] or "", "yes" if one["there"] else "no", "yes" if one["changed"] else "no")
        for one in data["inputs"]
    ]
    tables = [Table(("parameter", "made with", "today"), changed)] if changed else []
    return tables + ([Table(("input", "stage", "image", "there", "changed"), inputs)] if inputs else [])


def _cell(value: object) -> str:
    return "" if value is None else str(value)
