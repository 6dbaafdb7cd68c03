"""What the statements that plan have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artpipe.model import Audience

AUDIENCE: dict[Audience, str] = {
    "approved": "i.approved IS TRUE",
    "not-rejected": "i.rejected IS NOT TRUE",
    "all": "TRUE",
}
OTHER_RECIPE = "(o.recipe <> :recipe AND (o.pinned IS FALSE OR :by_hand))"
RETRIED = "(f.failure_kind = 'transient' AND f.attempts < :attempts AND f.due_at <= CURRENT_TIMESTAMP)"
# What was tried already: the same input with the same recipe.
TRIED = (
    "SELECT 1 FROM jobs f WHERE f.image_id = i.id AND f.stage = :stage AND f.status = 'failed'"
    " AND f.recipe = :recipe AND f.input_sha256 IS {input_sha256}"
)
