"""The exit code of a command that was stopped, found something, or left work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from artpipe.pipeline.stopping import Why

TERMINATED: Final = 143
SIGNALLED: Final = {"interrupted": 130, "terminated": TERMINATED}
FOUND_SOMETHING: Final = 3
WORK_REMAINS: Final = 5


def exit_code(why: Why | None, *, found: bool = False, remains: bool = False) -> int | None:
    """None: what the report's problems say.

    Args:
        why: what stopped the command, if anything did; a signal tells most.
        found: a comparison found a difference.
        remains: not everything was done, for want of time.
    """
    if why in SIGNALLED:
        return SIGNALLED[why]
    if found:
        return FOUND_SOMETHING
    return WORK_REMAINS if remains else None
