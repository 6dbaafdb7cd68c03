"""What can be done about each finding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from artpipe.actions.originals import Copy, Originals
from artpipe.db import images, lineage, verification
from artpipe.model import UPSTREAM
from artpipe.pipeline.plan import input_stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.actions.findings import Finding, Mend
    from artpipe.library import Library

Done = Literal["repaired", "queued", "adopted", "quarantined", "unrepairable"]
# What others had in hand comes first, originals before what is made from them.
ORDER: tuple[Mend, ...] = (
    *("recreate", "reclaim", "sweep", "complete", "restore", "remake"),
    *("quarantine", "recompute", "recount", "rebuild", "by-hand"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """What is (to be) done about one finding.

    Args:
        copy: the bytes that an original gets back.
    """

    finding: Finding
    done: Done
    detail: str
    copy: Copy | None = None

    def failed(self, why: str) -> Step:
        return replace(self, done="unrepairable", detail=why)

    def noted(self, more: str) -> Step:
        return replace(self, detail=f"{self.detail}; {more}")


_SIMPLE: dict[Mend, tuple[Done, str]] = {
    "reclaim": ("repaired", "its jobs are given back"),
    "sweep": ("repaired", "the unfinished files are thrown away"),
    "complete": ("repaired", "FALSE is written for a missing decision, NULL for a missing number"),
    "recreate": ("repaired", "it is made again"),
    "recount": ("repaired", "everything is counted anew"),
    "rebuild": ("queued", "it is moved out of the way; the next `artpipe gallery` writes it again"),
    "recompute": ("queued", "the value is dropped; the next run computes it again"),
}


class Plan:
    """Decides about all findings together: one file may mend another, and what is lost cannot be worked from."""

    def __init__(self, library: Library, findings: Sequence[Finding]) -> None:
        self._library = library
        self._findings = sorted(findings, key=lambda finding: ORDER.index(finding.repair))
        self._originals = Originals(library, findings)
        self._copies: dict[str, Copy | None] = {}
        self._broken = {(finding.item, finding.stage) for finding in findings if finding.repair == "remake"}

    def steps(self) -> list[Step]:
        return [self._step(finding) for finding in self._findings]

    def _step(self, finding: Finding) -> Step:
        match finding.repair:
            case "restore":
                return self._restore(finding)
            case "remake":
                return self._remake(finding)
            case "quarantine":
                return self._stray(finding)
            case "by-hand":
                return Step(finding, "unrepairable", finding.detail)
            case simple:
                return Step(finding, *_SIMPLE[simple])

    def _restore(self, finding: Finding) -> Step:
        if finding.item not in self._copies:
            self._copies[finding.item] = self._originals.copy_for(finding.item)
        copy = self._copies[finding.item]
        if copy is None:
            return Step(finding, "unrepairable", f"{finding.detail}. No intact copy of the original was found")
        done: Done = "adopted" if copy.stray or not copy.recorded else "repaired"
        in_place = copy.source == self._library.store.root / copy.target
        what = "its bytes are right and get their row" if in_place else f"an intact copy is taken from {copy.source}"
        return Step(finding, done, what, copy)

    def _stray(self, finding: Finding) -> Step:
        copy = self._originals.copy_in(finding.path) if finding.stage == UPSTREAM else None
        if copy is not None and self._copies.setdefault(copy.image_id, copy) == copy:
            return Step(finding, "adopted", f"it is the original of {copy.image_id}", copy)
        return Step(finding, "quarantined", "it is moved out of the way")

    def _remake(self, finding: Finding) -> Step:
        if not self._can_be_made(finding.item, finding.stage):
            return Step(finding, "unrepairable", f"{finding.detail}. What it is made from is lost too")
        return Step(finding, "queued", "its row is dropped; the next run makes it again, if it is still wanted")

    def _can_be_made(self, image_id: str, stage: str) -> bool:
        """Whether what it is made from is sound, or can be made itself."""
        sources = made_from(self._library, image_id, stage)
        return bool(sources) and all(self._is_there(owner, source) for owner, source in sources)

    def _is_there(self, image_id: str, source: str) -> bool:
        recorded = verification.find_recorded(self._library.db, image_id, source) is not None
        if source == UPSTREAM:
            return self._copies[image_id] is not None if image_id in self._copies else recorded
        return (recorded and (image_id, source) not in self._broken) or self._can_be_made(image_id, source)


def made_from(library: Library, image_id: str, name: str) -> list[tuple[str, str]]:
    """The (image, stage) of everything that one artifact is made from; none if nothing makes it."""
    image, stage = images.get(library.db, image_id), library.graph.stages.get(name)
    if image is None or stage is None:
        return []
    if stage.pairs is not None:
        of_role = {row["role"]: row["id"] for row in lineage.parents(library.db, image_id) if row["stage"] == name}
        owners = [of_role.get(role, "") for role in stage.names]
        return [(owner, _own_file(library, owner, source)) for owner, source in zip(owners, stage.inputs, strict=True)]
    if stage.many and image["origin"] == name:
        videos = [row["id"] for row in lineage.parents(library.db, image_id) if row["stage"] == name]
        return [(video, stage.inputs[0]) for video in videos]
    sources = stage.inputs
    if not stage.joint:
        for_approved, for_others = input_stages(library.graph, stage)
        sources = (for_approved if image["approved"] else for_others or for_approved,)
    return [(image_id, _own_file(library, image_id, source)) for source in sources]


def _own_file(library: Library, image_id: str, source: str) -> str:
    """`upstream` stands for the image's own file, wherever that lies."""
    image = images.get(library.db, image_id)
    return image["origin"] if source == UPSTREAM and image is not None else source
