"""Counts, dates and names as a page says them."""

from __future__ import annotations

from datetime import date
from typing import Final

_LONGEST: Final = 28
_TO: Final = "\N{EN DASH}"


def counted(number: int, what: str = "picture") -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def between_times(first: str, last: str) -> str:
    """`3 to 14 May 2025`, with a dash, for two times from the database; what is no time comes back as it is."""
    try:
        begin, end = date.fromisoformat(first[:10]), date.fromisoformat(last[:10])
    except ValueError:
        return between_names(first[:10], last[:10])
    if begin == end:
        return _day(end)
    if begin.year != end.year:
        return f"{_day(begin)} {_TO} {_day(end)}"
    if begin.month != end.month:
        return f"{begin.day} {begin:%B} {_TO} {_day(end)}"
    return f"{begin.day} {_TO} {_day(end)}"


def between_names(first: str, last: str) -> str:
    return _clipped(first) if first == last else f"{_clipped(first)} {_TO} {_clipped(last)}"


def _day(when: date) -> str:
    return f"{when.day} {when:%B %Y}"


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
