"""What became of a file that was to be registered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from artpipe.pipeline.intake import Found


@dataclass(frozen=True, slots=True)
class Admitted:
    """What became of one file.

    Args:
        how: the name of its count.
        reason: why it was rejected.
    """

    how: Literal["registered", "unchanged", "duplicates", "rejected"]
    image_id: str
    reason: str | None = None


def problem_of(found: Found) -> str | None:
    """What is bad about its bytes, as a reason for rejecting it."""
    return found.probe.problem if found.probe else None
