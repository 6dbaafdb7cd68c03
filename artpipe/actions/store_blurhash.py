"""store-blurhash: record a blurhash that a user's own program computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from artpipe.actions.identify import resolve
from artpipe.actions.report import Report
from artpipe.db import artifacts
from artpipe.errors import UsageError
from artpipe.pipeline.outside_stages import require_stage_name
from artpipe.stages.blurhash import flaw

if TYPE_CHECKING:
    from artpipe.library import Library


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """A blurhash.

    Args:
        stage: the one it was computed for.
        width, height: of the picture, for its proportions.
    """

    name: str
    stage: str
    blurhash: str
    width: int
    height: int


def store_blurhash(library: Library, request: StoreRequest) -> Report:
    """Record it in place of the one before; it gets stale when the artifact changes.

    Raises:
        UsageError: it is no blurhash.
    """
    require_stage_name(request.stage)
    wrong = flaw(request.blurhash)
    if wrong is not None:
        raise UsageError(f"{request.blurhash!r} is no blurhash: it {wrong}.")
    found, problems = resolve(library, [request.name])
    if not found:
        return Report(problems=problems)
    size = (request.width, request.height)
    with library.db.transaction():
        artifacts.put_blurhash(library.db, (found[0], request.stage), request.blurhash, size)
    data = {"id": found[0], "stage": request.stage, "blurhash": request.blurhash}
    return Report(data={**data, "width": request.width, "height": request.height})
