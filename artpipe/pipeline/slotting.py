"""A run's share of the places of stages that only so many jobs may be worked on at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.store import slots

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from artpipe.model import Claim, Stage
    from artpipe.store.slots import Slot


class Slots:
    """Places taken for jobs in hand.

    Args:
        folder: where the lock files of the library's runs lie.

    Attributes:
        given: job id -> the place it is worked on in.
        waiting: stages that all places were taken of when they were last asked for.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._free: list[Slot] = []
        self.given: dict[int, Slot] = {}
        self.waiting: set[str] = set()

    def take(self, stage: Stage, most: int) -> int:
        """How many jobs of the stage may be claimed now, `most` at most; `give` follows."""
        self.waiting.discard(stage.name)
        if not stage.workers or not most:
            return most
        self._free = slots.take(self._folder, stage.name, stage.workers, most)
        if not self._free:
            self.waiting.add(stage.name)
        return len(self._free)

    def give(self, stage: Stage, claims: Sequence[Claim]) -> None:
        """Assign what was taken to the stage's claimed jobs; give the rest back."""
        if stage.workers:
            self.given.update(
                (claim.job_id, self._free.pop()) for claim in claims if claim.stage == stage.name and self._free
            )
        for slot in self._free:
            slot.release()
        self._free = []

    def free(self, job_id: int) -> None:
        """A job has ended."""
        slot = self.given.pop(job_id, None)
        if slot is not None:
            slot.release()

    def free_all(self) -> None:
        """No worker is at work any more."""
        for job_id in list(self.given):
            self.free(job_id)
