"""What the statements that plan have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.model import FRAMES, POSTER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from artpipe.model import Audience, Stage

AUDIENCE: dict[Audience, str] = {
    "approved": "i.approved IS TRUE",
    "not-rejected": "i.rejected IS NOT TRUE",
    "all": "TRUE",
}
# A picture that moves needs no other one in its stead; and where somebody took the frames already, that is done.
_OF_KIND = {
    POSTER: "i.origin <> 'upstream'",
    FRAMES: "NOT EXISTS (SELECT 1 FROM lineage f WHERE f.parent_id = i.id AND f.role = 'frame' AND f.stage IS NULL)",
}


def audience(stage: Stage) -> str:
    """For which images `i` a stage is made."""
    among = AUDIENCE[stage.audience]
    return f"({among} AND {_OF_KIND[stage.kind]})" if stage.kind in _OF_KIND else among


def is_no_list(image: str, source: str, number: int) -> str:
    """What is made of frames is not made of the list of them, which is what the film itself has in their stage.

    Args:
        image: alias of the image that has the input.
        source: SQL for the stage of the input.
        number: how many kinds of lists it may be, as `:list0`, … with `:listed0`, …, what those are made from.
    """
    conditions = (
        f"({source} <> :list{at} OR {image}.origin = :list{at} OR NOT EXISTS (SELECT 1 FROM artifacts q"
        f" WHERE q.image_id = {image}.id AND q.stage = :listed{at}))"
        for at in range(number)
    )
    return " AND ".join(conditions) or "TRUE"


def list_parameters(lists: Mapping[str, str]) -> dict[str, str]:
    """What `is_no_list` needs to know of them."""
    named = {f"list{at}": name for at, name in enumerate(lists)}
    return named | {f"listed{at}": source for at, source in enumerate(lists.values())}


OTHER_RECIPE = "(o.recipe <> :recipe AND (o.pinned IS FALSE OR :by_hand))"
# Somebody asked for it to be made again.
ASKED_AGAIN = "(:rebuilding AND EXISTS (SELECT 1 FROM rebuilds r WHERE r.image_id = i.id AND r.stage = :stage))"
# Where no time is set, its tries were used up; the stage may have been given more of them since. What failed in the
# future did so while the clock was ahead; when it is due says nothing then.
RETRIED = (
    "(f.failure_kind IS 'transient' AND f.attempts < :attempts AND (f.due_at IS NULL OR f.due_at <= CURRENT_TIMESTAMP"
    " OR f.completed_at > CURRENT_TIMESTAMP))"
)
# What was tried already: the same input with the same recipe.
TRIED = (
    "SELECT 1 FROM jobs f INDEXED BY jobs_by_image WHERE f.image_id = i.id AND f.stage = :stage AND f.status = 'failed'"
    " AND f.recipe = :recipe AND f.input_sha256 IS {input_sha256}"
)
