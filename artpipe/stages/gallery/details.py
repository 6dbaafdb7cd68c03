"""What a page says about its pictures besides showing them, in as few characters as possible."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from artpipe.stages.gallery.colours import is_blurhash
from artpipe.stages.gallery.pictures import url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.stages.gallery.pictures import Picture

_NAMED = 2


def details(pictures: Sequence[Picture], up: str) -> str:
    """JSON for the script of the page; safe to stand in HTML.

    `hashes` and `shapes` have an entry for each picture, in order. A shape is the original's width and height and
    the number of a set; pictures of one size share it. A set has (stage, extension, size, note) for each file, where
    the size is a width, 0 for as large as the file before it (the original, for the first), -4 for four times that.
    Where that does not describe the files, the shape ends with their widths and heights. `odd` are pictures whose
    files have other names than STAGE/ID.EXT.
    """
    table = _Table()
    data: dict[str, Any] = {
        "up": up,
        "hashes": " ".join(p.blurhash if is_blurhash(p.blurhash) and not p.grid else "-" for p in pictures),
        "shapes": [table.shape_of(picture) for picture in pictures],
    }
    data["sizes"], data["sets"] = table.shapes(), table.sets()
    data.update({key: found for key, found in _exceptions(pictures, up).items() if found})
    return embedded(data)


def embedded(data: Any) -> str:
    """JSON that ends no script element and starts no comment, whatever text it holds."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")


def _exceptions(pictures: Sequence[Picture], up: str) -> dict[str, dict[int, Any]]:
    odd, parents, results = {}, {}, {}
    for number, picture in enumerate(pictures):
        if not all(version.is_usual(picture.id) for version in picture.versions):
            odd[number] = {"id": picture.id, "urls": [up + url(version.path) for version in picture.versions]}
        if picture.parents:
            parents[number] = [[parent.id, parent.role, parent.page] for parent in picture.parents]
        if picture.results:
            results[number] = picture.results
    return {"odd": odd, "parents": parents, "results": results}


class _Table:
    """Every shape and every set once."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[Any, ...], int] = {}
        self._sets: dict[tuple[Any, ...], int] = {}

    def shape_of(self, picture: Picture) -> int:
        sizes = _sizes(picture)
        kinds = tuple(
            (version.stage, version.extension, size, version.note)
            for version, size in zip(picture.versions, sizes or [0] * len(picture.versions), strict=True)
        )
        number = self._sets.setdefault(kinds, len(self._sets))
        exact = () if sizes else tuple(side for v in picture.versions for side in (v.width, v.height))
        shape = (picture.width, picture.height, number, exact)
        return self._shapes.setdefault(shape, len(self._shapes))

    def shapes(self) -> list[list[Any]]:
        return [[*shape[:3], *([shape[3]] if shape[3] else [])] for shape in self._shapes]

    def sets(self) -> list[Any]:
        return list(self._sets)


def _sizes(picture: Picture) -> list[int] | None:
    """How each file's size follows from the one before it; None if one does not."""
    sizes = []
    width, height = picture.width, picture.height
    for version in picture.versions:
        size = _size(width, height, version.width, version.height)
        if size is None:
            return None
        sizes.append(size)
        width, height = version.width, version.height
    return sizes


def _size(width: int, height: int, new_width: int, new_height: int) -> int | None:
    if not width or not height:
        return None
    if (new_width, new_height) == (width, height):
        return 0
    factor = new_width // width
    if factor >= _NAMED and (new_width, new_height) == (factor * width, factor * height):
        return -factor
    # Half up, as the script computes it.
    return new_width if new_height == max(1, (2 * height * new_width + width) // (2 * width)) else None
