"""The review server from outside: what it makes on the way, how it starts, ends and refuses to start."""

from __future__ import annotations

import json
import signal
import sys
import time

import pytest
from support.library import TestLibrary
from support.reviewing import serving, window
from web.conftest import Fill


def test_a_page_is_looked_at_with_its_thumbnails(library: TestLibrary, fill: Fill) -> None:
    ids = fill(3)
    with serving(library) as server:
        here = window(server)
        here.open()
        while not all(item["small"] for item in here.browser.get(f"/news?page={here.page['id']}").data["items"]):
            time.sleep(0.05)
        assert here.browser.get(f"/picture?size=small&image={ids[0]}").headers["content-type"] == "image/webp"
        here.open()
        assert all(item["small"] for item in here.items)
    assert library.value("SELECT count(*) FROM jobs WHERE stage = 'thumbnails-small' AND status = 'completed'") == 3
    assert library.value("SELECT count(*) FROM runs WHERE command = 'review' AND ended_at IS NULL") == 0


def test_what_nobody_can_see_is_not_shown(library: TestLibrary, fill: Fill) -> None:
    ids = fill(1)
    library.sql("INSERT INTO images (id, original_url) VALUES ('elsewhere', 'https://example.com/x.png')")
    with serving(library) as server:
        assert window(server).open() == ids


def test_details_are_what_show_says(library: TestLibrary, fill: Fill) -> None:
    ids = fill(1)
    with serving(library) as server:
        here = window(server)
        assert here.browser.get(f"/details?image={ids[0]}").data == library.json("show", ids[0])
        assert here.browser.get("/details?image=nobody").status == 404


def test_the_summary_as_json_and_the_exit_codes(library: TestLibrary, fill: Fill) -> None:
    fill(1)
    with serving(library, "--json") as server:
        assert server.stop() == 0
        assert json.loads(server.out)["data"]["seen"] == 0
    with serving(library) as server:
        assert server.stop(signal.SIGTERM) == 143


def test_a_taken_port_is_named(library: TestLibrary, fill: Fill) -> None:
    fill(1)
    with serving(library) as server:
        result = library.run("review", "--no-open", "--port", server.port)
    assert result.code == 75
    assert f"Port {server.port} cannot be had" in result.err


def test_a_wrong_condition_is_refused_before_anything_is_served(library: TestLibrary, fill: Fill) -> None:
    fill(1)
    result = library.run("review", "--no-open", "--where", "hight > 3")
    assert result.code == 2
    assert "no such column: hight" in result.err
    assert library.run("review", "--no-open", "--db", "none.db").code == 4


def test_without_the_extra_it_says_what_to_install(
    library: TestLibrary, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(1)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = library.run("review")
    assert result.code == 69
    assert "pip install 'artpipe[web]'" in result.err
