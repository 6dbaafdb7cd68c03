"""Which pictures of a film are taken."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    from artpipe.stages.stage import Parameters

# Times of a film are fractions whose decimals may fall a hair short of a whole second.
_HAIR: Final = 1e-6
_SMALL: Final = (32, 32)
_DARK_GREY: Final = 24
_DARK_SHARE: Final = 0.98


@dataclass(frozen=True, slots=True)
class Moment:
    """One picture of a film, in the order in which they are shown.

    Args:
        seconds: from the first picture on.
        number: the first picture's is 0.
        picture: makes the upright RGB picture; costs as much as decoding did.
        pts: its time as the file has it, by which it is found again; None where there is none.
        began: the time of the first picture, in seconds.
    """

    seconds: float
    number: int
    picture: Callable[[], Image.Image]
    pts: int | None = None
    began: float = 0.0


@dataclass(slots=True)
class Choice:
    """Says of each moment whether it is wanted; exactly one of the rules holds.

    Args:
        fps: pictures a second, the first at once.
        every: every so many pictures; 0: another rule holds.
        scenes: share of change, 0 to 1, at which a new scene begins; 0: another rule holds.
        all: all that come; whoever reads the film lets only the wanted ones through.
    """

    fps: float
    every: int = 0
    scenes: float = 0.0
    all: bool = False
    _due: int = 0
    _before: bytes = b""

    @classmethod
    def of(cls, params: Parameters) -> Choice:
        return cls(float(params["fps"]), int(params["every"]), float(params["scenes"]), all=bool(params["keyframes"]))

    def wants(self, moment: Moment) -> bool:
        if self.all:
            return True
        if self.every:
            return moment.number % self.every == 0
        return self._is_new_scene(moment) if self.scenes else self._is_due(moment.seconds)

    def _is_due(self, seconds: float) -> bool:
        """Never two for one gap: a film that stands still for long is not shown again and again."""
        if seconds + _HAIR < self._due / self.fps:
            return False
        self._due = math.floor((seconds + _HAIR) * self.fps) + 1
        return True

    def _is_new_scene(self, moment: Moment) -> bool:
        before, self._before = self._before, _small(moment.picture())
        return not before or _change(before, self._before) >= self.scenes


@dataclass(slots=True)
class Sieve:
    """Leaves out what was asked to be left out, and counts it.

    Attributes:
        last: hash of the pixels of the last picture, if it had to be compared with those before.
    """

    black: bool
    repeats: bool
    left_out: int = 0
    last: str = ""
    _seen: set[str] = field(default_factory=set)

    def remember(self, digest: str, *, left_out: bool) -> None:
        """A picture that went through before: what `last` was then, and whether it passed."""
        self._seen.add(digest)
        self.left_out += left_out

    def passes(self, picture: Image.Image) -> bool:
        self.last = ""
        passed = not (self.black and is_nearly_black(picture)) and not (self.repeats and self._is_known(picture))
        self.left_out += not passed
        return passed

    def _is_known(self, picture: Image.Image) -> bool:
        self.last = hashlib.sha256(repr(picture.size).encode() + picture.tobytes()).hexdigest()
        known = self.last in self._seen
        self._seen.add(self.last)
        return known


def is_nearly_black(picture: Image.Image) -> bool:
    """Hardly a pixel is more than very dark."""
    histogram = picture.convert("L").histogram()
    return sum(histogram[:_DARK_GREY]) >= _DARK_SHARE * sum(histogram)


def _small(picture: Image.Image) -> bytes:
    return picture.resize(_SMALL).convert("L").tobytes()


def _change(before: bytes, after: bytes) -> float:
    """Mean difference of grey, 0 to 1."""
    return sum(abs(a - b) for a, b in zip(before, after, strict=True)) / (255 * len(before))
