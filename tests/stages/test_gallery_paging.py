"""Pages keep their pictures, whatever comes and goes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from artpipe.stages.gallery.paging import Key, Span, paged


def keys(*numbers: int) -> list[Key]:
    return [(f"{number:05d}", "") for number in numbers]


def bounds(spans: list[Span]) -> list[tuple[int, Key]]:
    return [(span.number, span.first) for span in spans]


def members(spans: list[Span], entries: list[Key]) -> dict[int, list[Key]]:
    found, start = {}, 0
    for span in spans:
        found[span.number] = entries[start : start + span.count]
        start += span.count
    return found


def test_first_build_fills_pages_from_the_oldest() -> None:
    assert [(span.number, span.count) for span in paged(keys(*range(12)), [], 5)] == [(1, 5), (2, 5), (3, 2)]


def test_new_ones_fill_the_last_page_then_new_pages() -> None:
    before = paged(keys(*range(12)), [], 5)
    after = paged(keys(*range(23)), bounds(before), 5)
    assert [(span.number, span.count) for span in after] == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 3)]


def test_a_page_that_overflows_is_divided_and_others_stay() -> None:
    before = paged(keys(*range(0, 300, 10)), [], 10)
    entries = sorted(keys(*range(0, 300, 10), 105, 115))
    after = paged(entries, bounds(before), 10)
    assert [span.number for span in after] == [1, 2, 4, 3]
    assert members(after, entries)[1] == members(before, keys(*range(0, 300, 10)))[1]
    assert members(after, entries)[3] == members(before, keys(*range(0, 300, 10)))[3]


def test_neighbours_that_became_small_are_put_together() -> None:
    before = paged(keys(*range(30)), [], 10)
    after = paged(keys(0, 1, 10, 11, *range(20, 30)), bounds(before), 10)
    assert [(span.number, span.count) for span in after] == [(1, 4), (3, 10)]


def test_a_page_that_empties_goes() -> None:
    before = paged(keys(*range(30)), [], 10)
    after = paged(keys(*range(10), *range(20, 30)), bounds(before), 10)
    assert [span.number for span in after] == [1, 3]


@given(
    st.lists(st.sets(st.integers(0, 400), max_size=120), min_size=1, max_size=6),
    st.integers(1, 20),
)
def test_any_history_keeps_every_picture_once_in_order(states: list[set[int]], page_size: int) -> None:
    spans: list[Span] = []
    for state in states:
        entries = keys(*sorted(state))
        spans = paged(entries, bounds(spans), page_size)
        assert sum(span.count for span in spans) == len(entries)
        assert all(0 < span.count <= page_size for span in spans)
        assert len({span.number for span in spans}) == len(spans)
        for number, part in members(spans, entries).items():
            span = next(span for span in spans if span.number == number)
            assert (part[0], part[-1]) == (span.first, span.last)
        assert paged(entries, bounds(spans), page_size) == spans
