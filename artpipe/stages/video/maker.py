"""The makers that take pictures out of films."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Final

from artpipe.errors import SettingsError
from artpipe.model import FRAMES, POSTER
from artpipe.stages.stage import Delivery, Order, Parameter, Parameters, Part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_QUALITY: Final = Parameter(92, "JPEG quality.", minimum=1, maximum=100)
_MEMORY: Final = Parameter(
    4096, "MiB of address space for the program that opens films; 0 for no limit.", minimum=0, maximum=1e7, wanted=False
)


class Frames:
    """Takes pictures out of a film; the file it delivers says which, the pictures come along as parts."""

    kind: ClassVar[str] = FRAMES
    version: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "fps": Parameter(1.0, "Pictures for each second.", minimum=0.0001, maximum=1000),
        "every": Parameter(0, "Instead: every so many pictures of the film.", minimum=0, maximum=1e9),
        "scenes": Parameter(
            0.0, "Instead: the first picture of each scene, at a change of so much.", minimum=0, maximum=1
        ),
        "keyframes": Parameter(False, "Instead: the pictures that the film can be entered at."),
        "skip_black": Parameter(False, "Leave out pictures that are nearly black."),
        "skip_repeats": Parameter(False, "Leave out pictures that are exactly like one before."),
        "max_frames": Parameter(10_000, "Pictures of one film at most.", minimum=1, maximum=1_000_000),
        "quality": _QUALITY,
        "threads": Parameter(0, "Threads of the decoder; 0 for a share of the cores.", minimum=0, wanted=False),
        "memory": _MEMORY,
    }

    @staticmethod
    def check(params: Parameters) -> None:
        chosen = [key for key in ("every", "scenes", "keyframes") if params[key]]
        if len(chosen) > 1:
            raise SettingsError(f"{' and '.join(chosen)} exclude each other")

    def deliver(self, order: Order) -> Delivery:
        """Have the pictures taken.

        Raises:
            WorkError: see `ask`; a film of which only a part can be read is none.
        """
        from artpipe.stages.video.asking import ask

        answer = ask("frames", order)
        # How it came about does not belong to what it is.
        continued = answer.pop("continued")
        listed = order.folder / "frames.json"
        listed.write_text(json.dumps(answer, indent=1) + "\n", encoding="utf-8")
        parts = tuple(
            Part((order.kept or order.folder) / one["file"], "jpeg", one["width"], one["height"], one["seconds"])
            for one in answer["frames"]
        )
        how = {"frames": len(parts), "left_out": answer["left_out"], "damaged": answer["damaged"]}
        how["continued"] = continued
        return Delivery(listed, "json", how={**how, "warning": _warning(answer, order)}, parts=parts)


def _warning(answer: Mapping[str, Any], order: Order) -> str:
    number = len(answer["frames"])
    if answer["more"]:
        return f"only the first {number} frames were taken: that is what max_frames allows"
    if answer["damaged"]:
        return f"the file is damaged; {number} frames could be read"
    if not number:
        return f"no frame is left of {order.image_id}: all were left out as asked for"
    return ""


class Poster:
    """Takes the one picture that stands for a film wherever pictures are shown."""

    kind: ClassVar[str] = POSTER
    version: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, Parameter]] = {"quality": _QUALITY, "memory": _MEMORY}

    def deliver(self, order: Order) -> Delivery:
        """Have the picture taken.

        Raises:
            WorkError: see `ask`.
        """
        from artpipe.stages.video.asking import ask

        answer = ask("poster", order)
        path = order.folder / "poster.jpeg"
        return Delivery(path, "jpeg", answer["width"], answer["height"], how={"seconds": answer["seconds"]})
