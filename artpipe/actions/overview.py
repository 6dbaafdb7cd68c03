"""report: what there is, what does not fit, what to do next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from artpipe.actions.compare import Comparison
from artpipe.actions.ending import exit_code
from artpipe.actions.findings import in_hands
from artpipe.actions.next_steps import next_steps
from artpipe.actions.report import Progress, Report, Silent, Table
from artpipe.actions.stats import stats
from artpipe.db import quality, verification
from artpipe.pipeline.plan import Planner, Wish
from artpipe.pipeline.stopping import Stop, listening
from artpipe.store import inspect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from artpipe.actions.findings import Finding
    from artpipe.library import Library

EXAMPLES = 5
# Discrepancies of each kind that are looked at twice, because others may be at work; more are no work of others.
LOOKED_AT_TWICE = 10_000
_WITHOUT_FILE = {"file-missing", "outside-art", "folder-empty"}


@dataclass(frozen=True, slots=True)
class OverviewRequest:
    """How many examples to name of each thing."""

    examples: int = EXAMPLES
    stop: Stop = field(default_factory=Stop)


def overview(library: Library, request: OverviewRequest, progress: Progress | None = None) -> Report:
    """Five parts: statistics, files without rows, rows without files, quality, next steps."""
    library.require_art()
    request.stop.start()
    progress = progress or Silent()
    with listening(request.stop):
        files = Comparison(library, request.stop, quick=True, most=LOOKED_AT_TWICE)
        try:
            complete = files.run(progress, go_on=False)
        finally:
            progress.finish()
    statistics = stats(library)
    data: dict[str, Any] = {
        "statistics": statistics.data,
        "files_without_rows": _of(files, {"file-unrecorded"}, request.examples),
        "rows_without_files": _rows_without_files(library, files, request.examples),
        "quality": {},
        "complete": complete,
        "next": [],
    }
    if not complete:
        note = "Interrupted: not every file was looked at, and nothing but files"
        return Report(
            data, tables=_tables(statistics.tables, data), notes=[note], exit_code=exit_code(request.stop.why)
        )
    data["quality"] = {**_lacks(library, request.examples), **_sizes(library, files, request.examples)}
    would_run = Planner(library, Wish()).count().total()
    data["next"] = next_steps(library, data, would_run, sum(1 for _ in in_hands(library)))
    return Report(data, tables=_tables(statistics.tables, data))


def _of(files: Comparison, codes: Iterable[str], examples: int) -> dict[str, Any]:
    """Discrepancies of some kinds: how many, in which stages, some of them."""
    found = [finding for finding in files.findings if finding.code in codes]
    by_stage = Counter(finding.stage for finding in found)
    for (code, stage), number in files.beyond.items():
        if code in codes:
            by_stage[stage] += number
    return {
        "count": by_stage.total(),
        "by_stage": dict(sorted(by_stage.items())),
        "examples": [_name(finding) for finding in found[:examples]],
    }


def _name(finding: Finding) -> str:
    return finding.path or finding.item


def _rows_without_files(library: Library, files: Comparison, examples: int) -> dict[str, Any]:
    """A folder that is empty as a whole stands for all rows of its stage."""
    part = _of(files, _WITHOUT_FILE, examples)
    rows = verification.file_counts(library.db)
    for finding in files.findings:
        if finding.code == "folder-empty":
            part["by_stage"][finding.stage] = rows.get(finding.stage, 0)
    return {**part, "count": sum(part["by_stage"].values())}


def _lacks(library: Library, examples: int) -> dict[str, Any]:
    with library.db.snapshot():
        found = {name: quality.lacking(library.db, name, examples) for name in quality.CHECKS}
    return {name: {"count": lack.count, "examples": lack.examples} for name, lack in found.items()}


def _sizes(library: Library, files: Comparison, examples: int) -> dict[str, Any]:
    """Files of another size than recorded; those without a byte have mostly been emptied on purpose, by a script."""
    differing = [finding for finding in files.findings if finding.code == "file-differs"]
    root = library.store.root
    empty = [finding for finding in differing if inspect.look(root / finding.path, hashed=False).size == 0]
    other = [finding for finding in differing if finding not in empty]
    beyond = sum(number for (code, _), number in files.beyond.items() if code == "file-differs")
    return {
        "emptied_files": {"count": len(empty), "examples": [_name(finding) for finding in empty[:examples]]},
        "changed_files": {"count": len(other) + beyond, "examples": [_name(finding) for finding in other[:examples]]},
    }


def _tables(statistics: Sequence[Table], data: Mapping[str, Any]) -> list[Table]:
    first, *rest = statistics
    seen = [
        Table(first.columns, first.rows, "1. Statistics"),
        *rest,
        _by_stage("2. Files without rows", "files", data["files_without_rows"]),
        _by_stage("3. Rows without files", "rows", data["rows_without_files"]),
    ]
    if not data["complete"]:
        return seen
    return [
        *seen,
        Table(("what", "number", "for example"), _quality(data["quality"]), "4. Quality"),
        Table(("what", "number", "command"), _next(data["next"]), "5. Next"),
    ]


def _by_stage(title: str, what: str, part: Mapping[str, Any]) -> Table:
    rows = [(stage or "(none)", number) for stage, number in part["by_stage"].items()]
    examples = [("for example", name) for name in part["examples"]]
    return Table(("stage", what), [*rows, ("together", part["count"]), *examples], title)


def _quality(part: Mapping[str, Any]) -> list[tuple[object, ...]]:
    return [(name.replace("_", " "), one["count"], ", ".join(one["examples"])) for name, one in part.items()]


def _next(steps: Sequence[Mapping[str, Any]]) -> list[tuple[object, ...]]:
    return [(step["what"], step["count"], step["command"]) for step in steps] or [("nothing", 0, "")]
