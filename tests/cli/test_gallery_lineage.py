"""gallery: pages of what was made from one picture."""

from __future__ import annotations

import re

import pytest
from support.library import TestLibrary
from support.shelf import shelve


@pytest.fixture
def templates(library: TestLibrary) -> TestLibrary:
    """Two templates, five results of one of them, one of both."""
    shelve(library, ["result-1", "result-2", "result-3", "result-4", "result-5", "both"])
    shelve(library, ['one "and" <only>', "two"], status="pending")
    for number in range(1, 6):
        relate(library, f"result-{number}", 'one "and" <only>', 6 - number)
    relate(library, "both", 'one "and" <only>', 9)
    relate(library, "both", "two", 1)
    return library


def relate(library: TestLibrary, child: str, parent: str, position: int) -> None:
    library.sql(
        "INSERT INTO lineage (child_id, parent_id, role, position) VALUES (?, ?, 'template', ?)",
        (child, parent, position),
    )


def page(library: TestLibrary, name: str) -> str:
    return (library.art / "gallery-html" / name).read_text(encoding="utf-8")


def names(library: TestLibrary) -> list[str]:
    return sorted(path.name for path in (library.art / "gallery-html").iterdir())


def test_each_parent_has_a_page_in_the_order_of_positions(templates: TestLibrary) -> None:
    templates.ok("gallery")
    assert names(templates) == ['from-one "and" <only>.html', "from-two.html", "index.html", "sources.html"]
    shown = re.findall(r"<img src=([^. ]+)\.webp alt", page(templates, 'from-one "and" <only>.html'))
    # First what they were made from.
    assert shown == ["one%20%22and%22%20%3Conly%3E", *(f"result-{number}" for number in (5, 4, 3, 2, 1)), "both"]
    assert "from-two.html" in page(templates, "sources.html")
    assert "sources.html" in page(templates, "index.html")


def test_many_results_take_several_pages(templates: TestLibrary) -> None:
    templates.ok("gallery", "--page-size", "4")
    assert 'from2-one "and" <only>.html' in names(templates)
    assert "from2-one%20%22and%22" in page(templates, 'from-one "and" <only>.html')
    templates.ok("gallery", "--page-size", "500")
    assert 'from2-one "and" <only>.html' not in names(templates)


def test_results_that_are_not_shown_have_no_page(templates: TestLibrary) -> None:
    templates.ok("reject", "both", "--reason", "odd")
    templates.ok("gallery")
    assert "from-two.html" not in names(templates)


def test_a_rejected_parent_is_named_but_not_shown(templates: TestLibrary) -> None:
    templates.ok("reject", "two", "--reason", "private")
    templates.ok("gallery")
    text = page(templates, "from-two.html")
    assert "<h1>two</h1>" in text
    assert "two.webp" not in text + page(templates, "sources.html")


def test_building_again_writes_nothing(templates: TestLibrary) -> None:
    templates.ok("gallery", "--page-size", "3")
    assert templates.json("gallery", "--page-size", "3")["written"] == 0
