"""stages: what there is to make, from what, how far it has got."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from artpipe.actions.report import Report, Table
from artpipe.db import artifacts, jobs
from artpipe.pipeline.plan import Planner, Wish
from artpipe.stages.registry import wanted_part

if TYPE_CHECKING:
    from artpipe.library import Library
    from artpipe.model import Graph, Stage

_MISSING = ("missing", "retry")


def stages(library: Library) -> Report:
    """All stages in order, with what is recorded of them and what a run would do."""
    planner = Planner(library, Wish())
    planned = planner.count()
    done, failed = artifacts.counts(library.db), jobs.failed_by_stage(library.db)
    items = []
    for name, stage in planner.graph.stages.items():
        reasons = {reason: number for (of, reason), number in planned.items() if of == name}
        items.append(
            {
                **_description(stage),
                "ready": sum(number for reason, number in reasons.items() if reason in _MISSING),
                "done": done.get(_counted_as(stage), 0),
                "stale": sum(number for reason, number in reasons.items() if reason not in _MISSING),
                "failed": failed.get(name, 0),
            }
        )
    return Report(data={"stages": items}, tables=[_table(items)], notes=planner.pairing_problems)


def _description(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "kind": stage.kind,
        "input": list(stage.inputs),
        "all_inputs": stage.joint,
        "for": stage.audience,
        "pairs": stage.pairs,
        "recipe": wanted_part(stage.kind, stage.params),
        "fingerprint": stage.recipe,
        "timeout": stage.timeout,
        "workers": stage.workers,
        "retries": stage.retries,
    }


def _counted_as(stage: Stage) -> str:
    """Hashes are counted by kind, whatever stage they belong to."""
    return stage.name if stage.table == "artifacts" else stage.kind


def _table(items: list[dict[str, Any]]) -> Table:
    rows = [
        (
            item["name"],
            (" + " if item["all_inputs"] else " or ").join(item["input"]),
            item["for"],
            *(item[key] for key in ("ready", "done", "stale", "failed")),
            f"{item['kind']}: " + " ".join(f"{key}={value}" for key, value in item["recipe"].items()),
        )
        for item in items
    ]
    return Table(("stage", "made from", "for", "ready", "done", "stale", "failed", "recipe"), rows)


def graph(library: Library, language: Literal["dot", "mermaid"]) -> Report:
    """The stages as a drawing; where one of several inputs is enough, the arrows of the others are dashed."""
    lines = _dot(library.graph) if language == "dot" else _mermaid(library.graph)
    return Report(data={language: "\n".join(lines)}, lines=lines)


def _edges(stages: Graph) -> list[tuple[str, str, str, bool]]:
    """(input, stage, what the stage calls it, whether it is only an alternative)."""
    found = []
    for name, stage in stages.stages.items():
        for at, source in enumerate(stage.inputs):
            called = stage.names[at] if stage.joint and stage.names[at] != source else ""
            found.append((source, name, called, bool(at) and not stage.joint))
    return found


def _dot(stages: Graph) -> list[str]:
    lines = ["digraph artpipe {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for name, stage in stages.stages.items():
        label = json.dumps(f"{name}\n{stage.kind}, for {stage.audience}")
        lines.append(f"  {json.dumps(name)} [label={label}];")
    for source, name, called, dashed in _edges(stages):
        marks = [f"label={json.dumps(called)}"] if called else []
        marks += ["style=dashed"] if dashed else []
        style = f" [{', '.join(marks)}]" if marks else ""
        lines.append(f"  {json.dumps(source)} -> {json.dumps(name)}{style};")
    return [*lines, "}"]


def _mermaid(stages: Graph) -> list[str]:
    edges = _edges(stages)
    names = list(dict.fromkeys([*(source for source, *_ in edges), *stages.stages]))
    # Numbers for names: a word like `end` means something to Mermaid.
    number = {name: f"s{at}" for at, name in enumerate(names)}
    lines = ["flowchart LR"]
    for name in names:
        stage = stages.stages.get(name)
        text = f"{name}<br>{stage.kind}, for {stage.audience}" if stage else name
        lines.append(f'  {number[name]}["{text}"]')
    for source, name, called, dashed in edges:
        arrow = "-.->" if dashed else "-->"
        label = f"|{called}|" if called else ""
        lines.append(f"  {number[source]} {arrow}{label} {number[name]}")
    return lines
