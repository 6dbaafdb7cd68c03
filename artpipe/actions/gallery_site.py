"""All pages of a gallery: which there are, and the text of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from artpipe.actions.gallery_facts import Facts
from artpipe.db import gallery, pages
from artpipe.stages.gallery.contents_page import COVERS, Card, ContentsPage, contents_page
from artpipe.stages.gallery.document import Link
from artpipe.stages.gallery.paging import Span, paged
from artpipe.stages.gallery.picture_page import PicturePage, Place, picture_page
from artpipe.stages.gallery.pictures import url
from artpipe.stages.gallery.wording import between_names, between_times, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.db.gallery import Sort
    from artpipe.db.selection import Selection
    from artpipe.library import Library
    from artpipe.stages.gallery.pictures import Picture, Placeholder

# Pages to a list of pages: up to twice this many, with a few small pictures each, stay below 120 KB.
CARDS = 100


@dataclass(frozen=True, slots=True)
class Design:
    """What a gallery shows, and how.

    Args:
        name: begins the names of its files; empty for the library's main gallery.
        originals: show and link what was registered too, with all the metadata in it.
    """

    selection: Selection
    title: str
    name: str = ""
    sort: Sort = "time"
    page_size: int = 500
    placeholder: Placeholder = "blurhash"
    originals: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Args:
        name: its file name.
        pictures: those that the page shows.
    """

    name: str
    text: str
    pictures: Sequence[Picture] = ()


class Site:
    """The pages of one gallery, as the database is now; lives within one snapshot of it."""

    def __init__(self, library: Library, design: Design, place: Place) -> None:
        self._db, self._design, self._place = library.db, design, place
        self._prefix = f"{design.name}-" if design.name else ""
        self._newest_first = design.sort != "name"
        self._spans = self._divided()
        self._results = gallery.parents(self._db, design.selection, originals=design.originals)
        grids = design.placeholder == "grid20"
        self._facts = Facts(library, originals=design.originals, grids=grids, results=self._addresses())

    @property
    def pictures(self) -> int:
        return sum(span.count for span in self._spans)

    def bounds(self) -> list[pages.Bound]:
        """What the next build has to know."""
        return [pages.Bound(span.number, *span.first) for span in self._spans]

    def pages(self) -> Iterator[Page]:
        """Every page; the lists of pages come last."""
        cards: list[Card] = []
        for place, ids in enumerate(self._members()):
            pictures = self._facts.pictures(ids)
            cards.append(Card(self._name(place), self._label(place), counted(len(pictures)), pictures[:COVERS]))
            yield Page(self._name(place), self._page(place, pictures), pictures)
        sources: list[Card] = []
        for parent in self._results:
            yield from self._lineage(parent, sources)
        if not cards:
            yield Page(self._index, self._empty())
        if len(cards) > 1:
            contents = ContentsPage(self._index, self._design.title, self._total(), cards, self._to_sources())
            yield from self._contents("contents", contents)
        if sources:
            title, summary = f"{self._design.title}: sources", f"{counted(len(sources))} from which others were made"
            back = [Link("All pictures", self._index)]
            yield from self._contents(
                "sources", ContentsPage(f"{self._prefix}sources.html", title, summary, sources, back)
            )

    def _total(self) -> str:
        return f"{counted(self.pictures)} on {counted(len(self._spans), 'page')}"

    def _divided(self) -> list[Span]:
        design = self._design
        known = pages.bounds(self._db, design.name, design.sort, design.page_size)
        return paged(self._entries(), [(bound.number, (bound.key, bound.id)) for bound in known], design.page_size)

    def _entries(self) -> Iterator[tuple[str, str]]:
        design = self._design
        return gallery.entries(self._db, design.selection, design.sort, originals=design.originals)

    def _members(self) -> Iterator[list[str]]:
        """The ids of each page, in reading order; the query is asked again, so that nothing need be kept."""
        entries = self._entries()
        for span in self._spans:
            ids = [name for _, name in islice(entries, span.count)]
            yield ids[::-1] if self._newest_first else ids

    @property
    def _index(self) -> str:
        return f"{self._prefix}index.html"

    def _name(self, place: int) -> str:
        if len(self._spans) == 1:
            return self._index
        return f"{self._prefix}page-{self._spans[place].number:04d}.html"

    def _label(self, place: int) -> str:
        span = self._spans[place]
        if self._newest_first:
            return between_times(span.first[0], span.last[0])
        return between_names(span.first[1], span.last[1])

    def _page(self, place: int, pictures: Sequence[Picture]) -> str:
        title, label = self._design.title, self._label(place)
        alone = len(self._spans) == 1
        return picture_page(
            PicturePage(
                name=self._name(place),
                title=title if alone else f"{title} · {label}",
                heading=title,
                summary=f"{label} · {counted(len(pictures))}",
                pictures=pictures,
                links=self._to_sources() if alone else self._neighbours(place),
            ),
            self._place,
        )

    def _neighbours(self, place: int) -> list[Link]:
        newer, older = place + 1, place - 1
        before, after = (newer, older) if self._newest_first else (older, newer)
        found = [Link("All pages", self._index)]
        if 0 <= before < len(self._spans):
            found.insert(0, Link("Newer" if self._newest_first else "Previous", self._name(before), "prev"))
        if 0 <= after < len(self._spans):
            found.append(Link("Older" if self._newest_first else "Next", self._name(after), "next"))
        return found

    def _empty(self) -> str:
        title = self._design.title
        return picture_page(PicturePage(self._index, title, title, "No pictures yet.", ()), self._place)

    def _to_sources(self) -> list[Link]:
        return [Link("Sources", f"{self._prefix}sources.html")] if self._results else []

    def _addresses(self) -> dict[str, tuple[int, str]]:
        """How many pictures were made from an image, and the page that shows them, as pages of pictures see it."""
        folder = f"../{self._place.pages}"
        return {
            parent: (number, folder + url(self._lineage_name(parent, 0))) for parent, number in self._results.items()
        }

    def _lineage_name(self, parent: str, place: int) -> str:
        """No two parents share a name: what follows `from` and a number is a dash, then the id as it is."""
        return f"{self._prefix}from{place + 1 if place else ''}-{parent}.html"

    def _lineage(self, parent: str, cards: list[Card]) -> Iterator[Page]:
        """The pages of what was made from one image; adds its card."""
        ids = gallery.children(self._db, parent, self._design.selection, originals=self._design.originals)
        size = self._design.page_size
        parts = [ids[start : start + size] for start in range(0, len(ids), size)]
        shown = [] if gallery.is_rejected(self._db, parent) else self._facts.pictures([parent])
        for place, part in enumerate(parts):
            pictures = self._facts.pictures(part)
            if not place:
                covers = [*shown, *pictures][:COVERS]
                cards.append(Card(self._lineage_name(parent, 0), parent, counted(len(ids)), covers))
            on_page = [*shown, *pictures] if not place else pictures
            page = PicturePage(
                name=self._lineage_name(parent, place),
                title=f"{self._design.title} · from {parent}",
                heading=parent,
                summary=f"{counted(len(ids))} made from it",
                pictures=on_page,
                links=self._lineage_links(parent, place, len(parts)),
                source=bool(shown) and not place,
            )
            yield Page(page.name, picture_page(page, self._place), on_page)

    def _lineage_links(self, parent: str, place: int, number: int) -> list[Link]:
        found = [Link("All sources", f"{self._prefix}sources.html"), Link("All pictures", self._index)]
        if place:
            found.insert(0, Link("Previous", self._lineage_name(parent, place - 1), "prev"))
        if place + 1 < number:
            found.append(Link("Next", self._lineage_name(parent, place + 1), "next"))
        return found

    def _contents(self, kind: str, page: ContentsPage) -> Iterator[Page]:
        """A list of pages, in parts of which all but the newest stay what they are."""
        full = max(0, len(page.cards) // CARDS - 1)
        names = [f"{self._prefix}{kind}-{number + 1:04d}.html" for number in range(full)] + [page.name]
        starts = [number * CARDS for number in range(full + 1)] + [len(page.cards)]
        for number, name in enumerate(names):
            cards = page.cards[starts[number] : starts[number + 1]]
            links = list(page.links)
            if number + 1 < len(names):
                links.append(Link("Previous", names[number + 1], "prev"))
            if number:
                links.append(Link("Next", names[number - 1], "next"))
            reverse = kind == "contents" and self._newest_first
            # Totals stand on the first part alone: the others need not change with them.
            summary = page.summary if name == page.name else counted(len(cards), "page")
            part = ContentsPage(name, page.title, summary, cards[::-1] if reverse else cards, links)
            yield Page(name, contents_page(part, self._place))
