"""What a page says about its pictures besides showing them, in as few characters as possible."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from artpipe.stages.gallery.colours import is_blurhash
from artpipe.stages.gallery.pictures import url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.stages.gallery.pictures import Parent, Picture

Kinds = tuple[tuple[str, str, int, str], ...]
Shape = tuple[Any, ...]
_TWICE: Final = 2


def details(pictures: Sequence[Picture], up: str) -> str:
    """JSON for the script of the page; safe to stand in HTML.

    `hashes` and `shapes` have an entry for each picture, in order. A shape is the original's width and height and
    the number of a set; one that several pictures have stands in `sizes`, and its number there in `shapes`. A set has
    (stage, extension, size, note) for each file, where the size is a width, 0 for as large as the file before it (the
    original, for the first), -4 for four times that. Where that does not describe the files, the shape ends with
    their widths and heights. `odd` are pictures whose files have other names than STAGE/ID.EXT.
    `parents` has numbers in `sources`, which are (id, role, page).
    """
    sets: dict[Kinds, int] = {}
    shapes = [_shape(picture, sets) for picture in pictures]
    times = Counter(shapes)
    shared = {shape: number for number, shape in enumerate(shape for shape in times if times[shape] > 1)}
    data: dict[str, Any] = {
        "up": up,
        "hashes": " ".join(p.blurhash if is_blurhash(p.blurhash) and not p.grid else "-" for p in pictures),
        "shapes": [shared.get(shape, shape) for shape in shapes],
        "sizes": list(shared),
        "sets": list(sets),
    }
    data.update({key: found for key, found in _exceptions(pictures, up).items() if found})
    return embedded(data)


def embedded(data: Any) -> str:
    """JSON that ends no script element and starts no comment, whatever text it holds."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")


def _exceptions(pictures: Sequence[Picture], up: str) -> dict[str, Any]:
    odd, parents, results = {}, {}, {}
    sources: dict[Parent, int] = {}
    for number, picture in enumerate(pictures):
        if not all(version.is_usual(picture.id) for version in picture.versions):
            odd[number] = {"id": picture.id, "urls": [up + url(version.path) for version in picture.versions]}
        if picture.parents:
            parents[number] = [sources.setdefault(parent, len(sources)) for parent in picture.parents]
        if picture.results:
            results[number] = picture.results
    every = [(parent.id, parent.role, parent.page) for parent in sources]
    return {"odd": odd, "parents": parents, "sources": every, "results": results}


def _shape(picture: Picture, sets: dict[Kinds, int]) -> Shape:
    """Adds the set that it names, if that is new."""
    sizes = _sizes(picture)
    kinds = tuple(
        (version.stage, version.extension, size, version.note)
        for version, size in zip(picture.versions, sizes or [0] * len(picture.versions), strict=True)
    )
    shape: Shape = (picture.width, picture.height, sets.setdefault(kinds, len(sets)))
    return shape if sizes else (*shape, tuple(side for v in picture.versions for side in (v.width, v.height)))


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
    if factor >= _TWICE and (new_width, new_height) == (factor * width, factor * height):
        return -factor
    # Half up, as the script computes it.
    return new_width if new_height == max(1, (2 * height * new_width + width) // (2 * width)) else None
