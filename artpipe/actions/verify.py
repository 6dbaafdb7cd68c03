"""verify: compare the library with the disk, changing neither."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from artpipe.actions import findings, findings_foreign
from artpipe.actions.compare import Comparison
from artpipe.actions.compare_pages import compare_pages
from artpipe.actions.ending import exit_code
from artpipe.actions.report import Progress, Report, Silent
from artpipe.pipeline.stopping import Stop, listening

if TYPE_CHECKING:
    from artpipe.actions.findings import Finding
    from artpipe.library import Library


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """How thoroughly to look, and for how long.

    Args:
        quick: sizes only; writes nothing.
        incremental: go on where the last one ended; what was compared longest ago comes first.
        noting: note what is sound, for the next incremental one.
    """

    quick: bool = False
    incremental: bool = False
    stop: Stop = field(default_factory=Stop)
    noting: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """What was found.

    Args:
        mentions: what is no discrepancy, but worth a look.
        checked: artifacts compared with their files.
        complete: nothing was left out because time was up.
        last_row: the newest row of a file there was.
    """

    findings: list[Finding]
    mentions: list[str]
    checked: int = 0
    complete: bool = False
    last_row: int = 0


def verify(library: Library, request: VerifyRequest, progress: Progress | None = None) -> Report:
    """Compare everything, or what there is time for."""
    with listening(request.stop):
        result = look_at(library, request, progress or Silent())
    data = {
        "checked": result.checked,
        "findings": findings.as_data(result.findings),
        "by_code": findings.by_code(result.findings),
        "complete": result.complete,
        "mentions": result.mentions,
    }
    notes = [*result.mentions, _sentence(result)]
    code = exit_code(request.stop.why, found=bool(result.findings), remains=not result.complete)
    return Report(data=data, tables=findings.tables(result.findings), notes=notes, exit_code=code)


def look_at(library: Library, request: VerifyRequest, progress: Progress) -> Result:
    """Everything that is wrong, or as much of it as there is time to find.

    Raises:
        ArtMissingError: nothing can be compared.
    """
    library.require_art()
    request.stop.start()
    library.db.read_any_text()
    found = findings.in_file(library, quick=request.quick)
    if found or request.stop.check():
        return Result(found, [])
    found = findings_foreign.in_schema(library)
    if not findings_foreign.can_be_asked(found):
        return Result(found, [])
    found += [*findings_foreign.in_values(library), *findings.in_rows(library), *findings.in_hands(library)]
    files = Comparison(library, request.stop, quick=request.quick, noting=request.noting)
    try:
        complete = files.run(progress, go_on=request.incremental)
    finally:
        progress.finish()
    number, wrong = compare_pages(library, request.stop, quick=request.quick) if complete else (0, [])
    return Result(
        [*found, *files.findings, *wrong],
        findings.mentions(library),
        files.checked + number,
        complete and not request.stop.check(),
        files.last_row,
    )


def _sentence(result: Result) -> str:
    counts = ", ".join(f"{number} {code}" for code, number in findings.by_code(result.findings).items())
    found = f"{len(result.findings)} findings ({counts})" if result.findings else "nothing wrong"
    rest = "" if result.complete else "; not everything was looked at, `artpipe verify --incremental` goes on"
    mend = "; `artpipe repair --dry-run` says what can be mended" if result.findings else ""
    return f"{result.checked} files compared, {found}{rest}{mend}"
