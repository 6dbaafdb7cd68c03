"""log-artifact: record one file that a user's own program made."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from artpipe.actions.identify import resolve
from artpipe.actions.outside_jobs import took_back
from artpipe.actions.report import Problem, Report
from artpipe.errors import BusyError, UsageError
from artpipe.names import path_text, shown
from artpipe.pipeline import outside
from artpipe.pipeline.intake import Found, Reading, read
from artpipe.pipeline.leftovers import scratch_of
from artpipe.pipeline.outside import Handed
from artpipe.pipeline.outside_stages import require_folder_stage
from artpipe.pipeline.placing import NotPlacedError
from artpipe.pipeline.walk import Candidate, PassedOver
from artpipe.stages.definition import FOLDERS
from artpipe.stages.imaging import Limits
from artpipe.store import durable

if TYPE_CHECKING:
    from artpipe.library import Library


@dataclass(frozen=True, slots=True)
class LogRequest:
    """A file to record.

    Args:
        params: JSON about how it was made; `null` for none.
        link: let `art/` share the file's bytes instead of copying them.
    """

    name: str
    stage: str
    path: str
    params: str | None = None
    link: bool = False


class _RefusedError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def log_artifact(library: Library, request: LogRequest) -> Report:
    """Check a file, give it its place below art/ and its row, in place of what was there.

    Raises:
        BusyError: a run is making the same artifact.
    """
    require_folder_stage(library, request.stage)
    params = checked_params(request.params)
    library.require_art()
    found, problems = resolve(library, [request.name])
    if not found:
        return Report(problems=[_with_advice(problem) for problem in problems])
    owner = f"log-{os.getpid()}"
    try:
        with scratch_of(library, owner) as scratch:
            one = _taken_in(library, request, found[0], params, scratch)
            _record(library, one, scratch)
    except (_RefusedError, NotPlacedError) as error:
        message = f"{shown(path_text(request.path))} {error}."
        return Report(problems=[Problem(error.code, path_text(request.path), message)])
    return _report(library, one)


def checked_params(text: str | None) -> str | None:
    """The text of a JSON value as it is to be stored; None for `null` and for nothing.

    Raises:
        UsageError: it is no JSON.
    """
    try:
        value = json.loads(text, parse_constant=_no_number) if text else None
    except (ValueError, RecursionError):
        raise UsageError(f"The parameters must be JSON, for example '{{\"scale\": 4}}', not {text!r}.") from None
    return None if value is None else text


def _no_number(name: str) -> None:
    raise ValueError(name)


def _with_advice(problem: Problem) -> Problem:
    advice = "Take it in first: `artpipe register FILE`."
    return Problem(problem.code, problem.item, f"{problem.message} {advice}")


def _taken_in(library: Library, request: LogRequest, image_id: str, params: str | None, scratch: Path) -> Handed:
    """The file, read and ready.

    Raises:
        NotPlacedError, _RefusedError: what is wrong with it.
    """
    relative = outside.place_in_art(library, request.path, image_id, request.stage)
    limits = Limits(max_pixels=library.settings.max_pixels)
    device = scratch.stat().st_dev
    how = Reading(limits, device, not request.link, scratch) if relative is None else Reading(limits)
    found = read(Candidate(os.path.realpath(request.path), 0, 0, 0), how)
    if isinstance(found, PassedOver):
        raise _RefusedError(found.code, found.message)
    wrong = outside.flaw(found)
    if wrong is not None:
        raise _RefusedError(*wrong)
    return ready(request.stage, image_id, found, (relative, params), scratch)


def ready(stage: str, image_id: str, found: Found, place: tuple[str | None, str | None], scratch: Path) -> Handed:
    """A file that was read, as it is to be handed in.

    Args:
        place: where it lies below art/ if it is in its place already; its parameters.

    Raises:
        NotPlacedError: it is not what was read any more.
    """
    relative, params = place
    if relative is not None:
        durable.sync_file(Path(found.path))
        return Handed(image_id, stage, found, relative, None, params)
    bytes_at = outside.bring(found, scratch)
    return Handed(image_id, stage, found, outside.target(image_id, stage, found), bytes_at, params)


def _record(library: Library, one: Handed, scratch: Path) -> None:
    for again in (True, False):
        if not outside.hand_in(library, [one], scratch, replace=True).busy:
            return
        if not (again and took_back(library)):
            break
    what = f"{one.stage} of {shown(one.image_id)}"
    raise BusyError(f"A run is making {what} just now. Try again when it is through.")


def _report(library: Library, one: Handed) -> Report:
    probe = one.found.probe
    data = {
        "id": one.image_id,
        "stage": one.stage,
        "file_path": one.relative,
        "sha256": one.found.sha256,
        "file_size": one.found.seen.size,
        "width": probe.width if probe else None,
        "height": probe.height if probe else None,
    }
    notes = [f"{one.stage} of {one.image_id} is {library.settings.art.name}/{one.relative}"]
    if one.stage not in library.graph.stages and one.stage not in FOLDERS:
        notes.append(f"{one.stage} is no stage of artpipe.toml; nothing tells when it gets stale")
    return Report(data=data, notes=notes)
