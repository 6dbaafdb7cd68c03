"""Which pictures come next, in libraries of any size and shape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from support.library import TestLibrary

from artpipe.db import reviewing
from artpipe.db.connection import Database, Row
from artpipe.db.reviewing import Pictures


class Explaining(Database):
    """Notes how SQLite finds what is asked for."""

    plans: list[str]

    def rows(self, sql: str, parameters: Any = ()) -> list[Row]:
        plan = super().rows(f"EXPLAIN QUERY PLAN {sql}", parameters)
        self.plans = [*getattr(self, "plans", []), *(row["detail"] for row in plan)]
        return super().rows(sql, parameters)


@pytest.fixture
def db(library: TestLibrary) -> Iterator[Explaining]:
    library.ok("init")
    times = [None, None, 5, "2024-01-01 00:00:00", "2024-01-01 00:00:00", "2024-01-02 00:00:00", "2024-01-03 00:00:00"]
    rows = ", ".join(f"('i{number}', 'present')" for number in range(len(times)))
    library.sql(f"INSERT INTO images (id, content) VALUES {rows}")
    for number, time in enumerate(times):
        library.sql("UPDATE images SET created_at = ? WHERE id = ?", (time, f"i{number}"))
    with closing(Explaining(library.db)) as opened:
        yield opened
    library.sql("UPDATE images SET content = 'absent'")


def every_page(db: Database, size: int, where: str | None = None) -> list[list[str]]:
    pictures = Pictures("pending", where, "scope", [])
    pages: list[list[str]] = []
    while found := reviewing.after(db, pictures, reviewing.place_of(db, "scope"), size):
        pages.append(found)
        reviewing.keep_place(db, "scope", found[-1])
    return pages


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_every_picture_once_whatever_its_time(db: Explaining, size: int) -> None:
    pages = every_page(db, size)
    assert [name for page in pages for name in page] == [f"i{number}" for number in range(7)]
    assert all(len(page) == size for page in pages[:-1])


def test_a_place_whose_picture_is_gone(db: Explaining) -> None:
    reviewing.keep_place(db, "scope", "i4")
    db.execute("DELETE FROM images WHERE id = 'i4'")
    # Its time is known, its place within it is not: nothing after it is left out.
    assert every_page(db, 10) == [["i3", "i5", "i6"]]


def test_an_index_finds_the_next_page(db: Explaining) -> None:
    every_page(db, 3)
    every_page(db, 3, "width IS NULL")
    assert not [plan for plan in db.plans if plan.startswith("SCAN") and "json_each" not in plan]
    assert not [plan for plan in db.plans if "TEMP B-TREE" in plan]
    # Within one time too: a bulk import gives millions of rows the same.
    assert any("created_at=? AND rowid>?" in plan for plan in db.plans)
