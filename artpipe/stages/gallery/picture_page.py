"""A page of pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Final

from artpipe.stages.gallery.colours import average
from artpipe.stages.gallery.details import details, embedded
from artpipe.stages.gallery.document import Document, Link, html
from artpipe.stages.gallery.pictures import url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.stages.gallery.pictures import Picture

STYLES: Final = ("tokens", "grid", "viewer")
SCRIPTS: Final = ("blurhash", "rows", "keys", "viewer", "page")
_BASE: Final = "thumbnails-small/"
_LONG: Final = 120_000
_FRAME: Final = '<div class="grid">\n{}</div>\n'
_COLOUR: Final = ";--c:#{}"
_PAGING_HINTS: Final = (("a", "previous page"), ("d", "next page"))
_HINTS: Final = (
    ("arrows", "move"),
    ("Enter", "open"),
    ("s", "scroll by itself"),
)
# Beyond these proportions a picture is shown cropped in its row (whole in the viewer).
_NARROWEST, _WIDEST = 0.4, 4.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where pages and pictures lie, as a page in the folder of pages sees them.

    Args:
        up: leads to the folder with a folder for each stage.
        pages: leads from there to the pages.
    """

    up: str = "../"
    pages: str = "gallery-html/"


@dataclass(frozen=True, slots=True)
class PicturePage:
    """What one page shows.

    Args:
        name: its file name.
        links: to other pages, by their file names.
        source: whether the first picture is what the others were made from.
    """

    name: str
    title: str
    heading: str
    summary: str
    pictures: Sequence[Picture]
    links: Sequence[Link] = ()
    source: bool = False


def picture_page(page: PicturePage, place: Place) -> str:
    """The text of a page of pictures."""
    document = _document(page, place)
    grid = _grid(page, _LONG - len(html(document).encode()))
    return html(replace(document, body=grid))


def _document(page: PicturePage, place: Place) -> Document:
    """Everything but the pictures."""
    gridded = any(picture.grid for picture in page.pictures)
    up = "../"
    own = up + place.pages
    return Document(
        title=page.title,
        heading=page.heading,
        summary=page.summary,
        body="",
        base=place.up + _BASE,
        own=own + url(page.name),
        links=[Link(link.text, own + url(link.href), link.relation) for link in page.links],
        styles=STYLES,
        scripts=("colourgrid", *SCRIPTS) if gridded else SCRIPTS,
        data=details(page.pictures, up),
        extra=blurhash_index(page.pictures) if gridded else "",
        hints=_hints(page),
    )


def _hints(page: PicturePage) -> tuple[tuple[str, str], ...]:
    """The keys that do something on this page."""
    if not page.pictures:
        return ()
    return (_PAGING_HINTS if any(link.relation for link in page.links) else ()) + _HINTS


def _grid(page: PicturePage, room: int) -> str:
    """The rows; if there is not room enough, the last pictures do without a colour that stands in for them."""
    cells = [_cell(number, picture) for number, picture in enumerate(page.pictures, 1)]
    if page.source:
        cells[0] = (cells[0][0].replace("<a ", "<a class=source ", 1), cells[0][1])
    room -= sum(len(start) + len(end) for start, end in cells) + len(_FRAME)
    coloured = room // len(_COLOUR.format("000"))
    inner = []
    for number, (picture, (start, end)) in enumerate(zip(page.pictures, cells, strict=True)):
        colour = average(picture.blurhash, picture.grid) if number < coloured else ""
        inner.append(start + (_COLOUR.format(colour) if colour else "") + end)
    return _FRAME.format("".join(inner))


def _cell(number: int, picture: Picture) -> tuple[str, str]:
    """A picture in its row, before and after its colour; attributes have quotes only where their text needs them."""
    small = url(picture.small.path)
    source = small.removeprefix(_BASE) if small.startswith(_BASE) else f"../{small}"
    alt = _attribute(picture.spoken or str(number))
    return (
        f"<a href=../{url(picture.best.path)} style=--r:{ratio(picture)}",
        f"><img src={source} alt={alt} loading=lazy></a>\n",
    )


def ratio(picture: Picture) -> str:
    """Width through height as CSS takes it, within what a row can show."""
    small = picture.small
    value = min(_WIDEST, max(_NARROWEST, small.width / max(1, small.height)))
    return f"{value:.3f}".rstrip("0").rstrip(".").removeprefix("0")


def _attribute(text: str) -> str:
    return text if text.isascii() and text.replace("-", "").replace("_", "").isalnum() else f'"{escape(text)}"'


def blurhash_index(pictures: Sequence[Picture]) -> str:
    """`window.blurhashIndex`: name of the small file -> its size and 20x20 colours; one picture a line."""
    lines = ",\n".join(
        f"  {embedded(picture.small.path.rpartition('/')[2])}: {{ width: {picture.small.width},"
        f" height: {picture.small.height}, blurhash: {json.dumps(picture.grid)} }}"
        for picture in pictures
        if picture.grid
    )
    return f"\nwindow.blurhashIndex = {{\n{lines}\n}};\n"
