"""Reading an animated GIF, WebP, PNG or AVIF as a film."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from artpipe.errors import PictureError
from artpipe.stages.imaging import blaming_the_picture, open_header
from artpipe.stages.video.choice import Moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image
    from PIL.ImageFile import ImageFile

    from artpipe.stages.imaging import Limits
    from artpipe.stages.kinds import Kind

# What browsers show for pictures that name no time, or next to none.
_UNTIMED: Final = 0.1
_SHORTEST: Final = 0.011
_MILLISECONDS: Final = 1000
_WHITE: Final = (255, 255, 255, 255)


class Animation:
    """The pictures of an open animation."""

    def __init__(self, header: ImageFile) -> None:
        self._header = header
        self.damaged = 0
        # Each picture is painted over the one before.
        self.can_be_entered = False

    def facts(self) -> dict[str, Any]:
        """Its length is known only when all of it has been looked at."""
        width, height = self._header.size
        lengths = list(self._lengths())
        length = sum(lengths)
        return {
            "width": width,
            "height": height,
            "seconds": round(length, 3) or None,
            "fps": round(len(lengths) / length, 3) if length else None,
            "codec": str(self._header.format).lower(),
        }

    def complaints(self, file: BinaryIO) -> int:
        """Whatever is wrong with it shows when its pictures are read."""
        del file
        return 0

    def moments(
        self, *, only_keys: bool = False, threads: int = 1, since: tuple[int, int, float] | None = None
    ) -> Iterator[Moment]:
        """All pictures that can be read. Each is whole by itself, so all are key pictures."""
        del only_keys, threads, since
        begin = 0.0
        for number, seconds in enumerate(self._lengths()):
            yield Moment(begin, number, self._picture)
            begin += seconds

    def _lengths(self) -> Iterator[float]:
        """Go through the pictures, saying of each how long it is shown; where the file is damaged, it ends."""
        for number in range(getattr(self._header, "n_frames", 1)):
            try:
                with blaming_the_picture():
                    self._header.seek(number)
                    self._header.load()
            except PictureError:
                self.damaged += 1
                return
            seconds = float(self._header.info.get("duration") or 0) / _MILLISECONDS
            yield seconds if seconds >= _SHORTEST else _UNTIMED

    def _picture(self) -> Image.Image:
        """As on a white page."""
        from PIL import Image

        shown = self._header.convert("RGBA")
        page = Image.new("RGBA", shown.size, _WHITE)
        page.alpha_composite(shown)
        return page.convert("RGB")


@contextmanager
def opened(file: BinaryIO, kind: Kind, limits: Limits) -> Iterator[Animation]:
    """An animation.

    Raises:
        PictureError: it is none, or too large.
    """
    header = open_header(file, kind, limits)
    with header:
        limits.check_pixels(*header.size)
        yield Animation(header)
