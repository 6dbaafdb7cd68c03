"""What the pages are made from: plain data about pictures, chosen and named for a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

Placeholder = Literal["blurhash", "grid20", "none"]

_GRID_STAGES: Final = ("thumbnails-small", "web-optimized", "ersgan-thumbnails")
_HASHLIKE: Final = re.compile(r"[0-9a-fA-F][0-9a-fA-F_-]{6,}")


@dataclass(frozen=True, slots=True)
class Version:
    """One file of a picture.

    Args:
        path: relative to art/.
        note: how it was made, in a word (`realesr-animevideov3-x4`).
        sha256: what its row says.
    """

    stage: str
    path: str
    width: int
    height: int
    note: str = ""
    sha256: str = ""

    def is_usual(self, image_id: str) -> bool:
        """Whether the file is called what artpipe would call it, so that its name needs not be written out."""
        return self.path == f"{self.stage}/{image_id}.{self.extension}"

    @property
    def extension(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Parent:
    """What a picture was made from; `page` is where its other results are shown."""

    id: str
    role: str
    page: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture.

    Args:
        width, height: the original's; 0 where nobody knows.
        versions: in the order of the pipeline; at least one.
        grid: 400 colours in hexadecimal digits, for pages with such placeholders.
        results: how many pictures were made from it, and the page that shows them.
    """

    id: str
    width: int
    height: int
    versions: tuple[Version, ...]
    blurhash: str = ""
    grid: str = ""
    parents: tuple[Parent, ...] = ()
    results: tuple[int, str] | None = None

    @property
    def small(self) -> Version:
        """What stands in the grid."""
        named = {version.stage: version for version in self.versions}
        found = next((named[stage] for stage in _GRID_STAGES if stage in named), None)
        return found or min(self.versions, key=_pixels)

    @property
    def best(self) -> Version:
        """What a link leads to where no script runs."""
        return max(self.versions, key=_pixels)

    @property
    def spoken(self) -> str:
        """Its name if that means anything to a listener, else nothing: hashes are no names."""
        return "" if _HASHLIKE.fullmatch(self.id) else self.id


def _pixels(version: Version) -> int:
    return version.width * version.height


def url(path: str) -> str:
    """A relative path as a URL; nothing is left in it that means something in HTML."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/-._~")
