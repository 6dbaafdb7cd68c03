"""Which pictures stand on which page, so that pages stay what they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A page with more pictures than fit is divided into pages this full, so that the next picture divides nothing.
_FULLNESS = 0.75

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """Some pictures in a row, in order of their keys.

    Args:
        number: the page's, for ever; 0 for one that has none yet.
        first, last: keys of its first and last picture.
    """

    number: int
    first: Key
    last: Key
    count: int


def paged(entries: Iterable[Key], known: Sequence[tuple[int, Key]], page_size: int) -> list[Span]:
    """Divide pictures into pages.

    Each goes to the page in whose range its key lies. What comes after all others fills up the last page, then new
    ones. A page that overflows elsewhere is divided. Neighbours that have become small are put together.

    Args:
        entries: keys, in order; read once.
        known: number and first key of each page there is, in order.
    """
    spans: list[Span] = []
    for number, keys, is_last in _gathered(entries, known, page_size):
        size = page_size if is_last else _size(len(keys), page_size)
        parts = [keys[start : start + size] for start in range(0, len(keys), size)]
        for place, part in enumerate(parts):
            spans.append(Span(0 if place else number, part[0], part[-1], len(part)))
    return _numbered(_compacted(spans, page_size), max((number for number, _ in known), default=0))


def _size(count: int, page_size: int) -> int:
    """How many pictures to a page, if they cannot stay on one."""
    if count <= page_size:
        return page_size
    parts = -(-count // max(1, int(page_size * _FULLNESS)))
    return -(-count // parts)


def _gathered(
    entries: Iterable[Key], known: Sequence[tuple[int, Key]], page_size: int
) -> Iterator[tuple[int, list[Key], bool]]:
    """(number, keys, whether it is the open end) of each page that has any; the open end comes in full pages."""
    place = 0
    keys: list[Key] = []
    number = known[0][0] if known else 0
    for key in entries:
        if place + 1 < len(known) and key >= known[place + 1][1]:
            if keys:
                yield number, keys, False
            while place + 1 < len(known) and key >= known[place + 1][1]:
                place += 1
            keys, number = [], known[place][0]
        keys.append(key)
        if place + 1 >= len(known) and len(keys) == page_size:
            yield number, keys, True
            keys, number = [], 0
    if keys:
        yield number, keys, place + 1 >= len(known)


def _compacted(spans: Sequence[Span], page_size: int) -> list[Span]:
    found: list[Span] = []
    for span in spans:
        if found and found[-1].count + span.count <= page_size // 2:
            before = found.pop()
            found.append(Span(before.number or span.number, before.first, span.last, before.count + span.count))
        else:
            found.append(span)
    return found


def _numbered(spans: Sequence[Span], highest: int) -> list[Span]:
    numbered = []
    for span in spans:
        highest += not span.number
        numbered.append(Span(span.number or highest, span.first, span.last, span.count))
    return numbered
