"""A list of pages, each with a few of its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from artpipe.stages.gallery.colours import average
from artpipe.stages.gallery.document import Document, Link, html
from artpipe.stages.gallery.picture_page import Place, ratio
from artpipe.stages.gallery.pictures import url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.stages.gallery.pictures import Picture

COVERS: Final = 3


@dataclass(frozen=True, slots=True)
class Card:
    """One page in the list.

    Args:
        href: its file name.
        covers: a few of its pictures.
    """

    href: str
    text: str
    note: str
    covers: Sequence[Picture]


@dataclass(frozen=True, slots=True)
class ContentsPage:
    """A list of pages."""

    name: str
    title: str
    summary: str
    cards: Sequence[Card]
    links: Sequence[Link] = ()


def contents_page(page: ContentsPage, place: Place) -> str:
    """The text of a list of pages; it needs no script."""
    inner = "".join(_card(card, place.up) for card in page.cards)
    return html(
        Document(
            title=page.title,
            heading=page.title,
            summary=page.summary,
            own=url(page.name),
            links=[Link(link.text, url(link.href), link.relation) for link in page.links],
            body=f'<ul class="cards">\n{inner}</ul>\n',
            styles=("tokens", "contents"),
        )
    )


def _card(card: Card, up: str) -> str:
    images = "".join(_cover(picture, up) for picture in card.covers)
    return (
        f"<li><a href={url(card.href)}><span>{images}</span><b>{escape(card.text)}</b> "
        f"<small>{escape(card.note)}</small></a></li>\n"
    )


def _cover(picture: Picture, up: str) -> str:
    colour = average(picture.blurhash, picture.grid)
    look = f"--r:{ratio(picture)}" + (f";--c:#{colour}" if colour else "")
    return f'<img src={up}{url(picture.small.path)} style={look} alt="" loading=lazy>'
