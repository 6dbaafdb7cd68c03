"""Taking pictures out of a film, from its beginning or from where somebody was interrupted."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artpipe.errors import PictureError
from artpipe.stages.video.choice import Choice, Moment, Sieve
from artpipe.stages.video.journal import Entry, Journal, entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from PIL import Image

    from artpipe.stages.stage import Parameters
    from artpipe.stages.video.animation import Animation
    from artpipe.stages.video.film import Film

    Opened = Callable[[], AbstractContextManager[Film | Animation]]


class NotTheSameError(Exception):
    """Entered in the middle, the film does not show what it showed when it was read from its beginning."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on.

    Args:
        done: what stands, from the beginning.
        again: what was decided behind it; it has to come out the same, which proves that the film was entered rightly.
    """

    done: list[Entry]
    again: list[Entry]

    @classmethod
    def of(cls, entries: list[Entry]) -> Place | None:
        """The last picture but one that was taken, so that two are compared; None where there are not two of them."""
        taken = [at for at, one in enumerate(entries) if one.taken is not None]
        if len(taken) < 2 or entries[taken[-2]].pts is None:  # noqa: PLR2004 - two
            return None
        return cls(entries[: taken[-2]], entries[taken[-2] :])


def take(opened: Opened, order: dict[str, Any], whole: BinaryIO) -> dict[str, Any]:
    """Leave pictures in the order's folder; the answer says which.

    Args:
        opened: opens the film; once more where it can't be entered in the middle.
        whole: the same file.
    """
    journal = Journal(Path(order["folder"]))
    place = Place.of(journal.sound()) if order["resumes"] else None
    with opened() as source:
        complaints = source.complaints(whole)
        if place is not None and not complaints and source.can_be_entered:
            try:
                return _Taking(source, order, journal, place).run()
            except NotTheSameError:
                pass
    with opened() as source:
        source.damaged += complaints
        return _Taking(source, order, journal, Place([], [])).run()


@dataclass(slots=True)
class _Taking:
    source: Film | Animation
    order: dict[str, Any]
    journal: Journal
    place: Place
    taken: list[dict[str, Any]] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        params: Parameters = self.order["params"]
        choice, sieve = Choice.of(params), Sieve(bool(params["skip_black"]), bool(params["skip_repeats"]))
        for one in self.place.done:
            sieve.remember(one.digest, left_out=one.taken is None)
            self.taken += [one.taken] if one.taken is not None else []
        self.journal.begin(self.place.done)
        expected, looked = iter(self.place.again), bool(self.place.done)
        for moment in self._moments(choice):
            looked = True
            if not choice.wants(moment):
                continue
            picture = moment.picture()
            passed = sieve.passes(picture)
            if passed and len(self.taken) == params["max_frames"]:
                return self._answer(sieve, more=True)
            self._note(moment, picture if passed else None, sieve.last, next(expected, None))
        if not looked:
            raise PictureError("truncated", "not one picture of it can be read")
        if next(expected, None) is not None:
            raise NotTheSameError
        return self._answer(sieve, more=False)

    def _moments(self, choice: Choice) -> Iterator[Moment]:
        again = self.place.again
        pts = again[0].pts if again else None
        since = (pts, again[0].number, again[0].began) if pts is not None else None
        threads = int(self.order["params"]["threads"])
        return self.source.moments(only_keys=choice.all, threads=threads, since=since)

    def _note(self, moment: Moment, picture: Image.Image | None, digest: str, before: Entry | None) -> None:
        """Write down what was decided on, and the picture if it is taken."""
        if picture is None:
            now = entry(moment, digest)
        else:
            data = _jpeg(picture, self.order["params"]["quality"])
            name, (width, height) = f"{len(self.taken) + 1:04}.jpeg", picture.size
            seconds = round(moment.seconds, 3)
            self.taken.append({"file": name, "seconds": seconds, "width": width, "height": height})
            now = entry(moment, digest, self.taken[-1], data)
            if before is None:
                Path(self.order["folder"], name).write_bytes(data)
        if before is not None and now != before:
            raise NotTheSameError
        if self.source.damaged:
            self.journal.distrust()
        else:
            self.journal.add(now)

    def _answer(self, sieve: Sieve, *, more: bool) -> dict[str, Any]:
        answer = {"frames": self.taken, "left_out": sieve.left_out, "damaged": self.source.damaged, "more": more}
        return answer | {"continued": len([one for one in self.place.done if one.taken is not None])}


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
