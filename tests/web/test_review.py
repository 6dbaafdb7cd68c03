"""What `artpipe review` does, asked as its page asks."""

from __future__ import annotations

import signal

from support.library import TestLibrary
from support.reviewing import Window, after_a_kill, serving, window
from web.conftest import Fill


def states(library: TestLibrary) -> dict[str, str | None]:
    """Yes, no with its reason, or None."""
    rows = library.sql("SELECT id, approved, rejected, rejection_reason FROM images ORDER BY id")
    return {row[0]: "yes" if row[1] else row[3] if row[2] else None for row in rows}


def test_a_page_is_committed_as_one_batch(library: TestLibrary, fill: Fill) -> None:
    ids = fill(10)
    with serving(library, "--page", 6) as server:
        here = window(server)
        assert here.open() == ids[:6]
        assert here.mark(ids[1], ids[4]).data == {"marked": 2}
        assert here.mark(ids[4], marked=False).data == {"marked": 1}
        answer = here.commit(1, 5)
        assert answer.data["done"] == {"yes": 1, "no": 5}
        assert float(answer.headers["server-timing"].partition("dur=")[2]) > 0
        assert [item["id"] for item in here.items] == ids[6:]
        assert server.stop() == 0
    assert states(library) == {name: ("yes" if name == ids[1] else "page") if name in ids[:6] else None for name in ids}
    assert library.sql(
        "SELECT command, count(DISTINCT d.batch_id), count(*) FROM batches b JOIN decisions d ON d.batch_id = b.id"
    ) == [("review page", 1, 6)]
    assert b"6 seen, 1 yes, 5 no" in server.said


def test_undo_brings_page_after_page_back_with_its_marks(library: TestLibrary, fill: Fill) -> None:
    ids = fill(9)
    with serving(library, "--page", 3) as server:
        here = window(server)
        for first in (0, 3):
            here.open()
            here.mark(ids[first])
            assert here.commit(1, 2).status == 200
        here.mark(ids[7])
        assert here.undo() == {"undone": 3, "kept": 0, "image": None}
        assert ([item["id"] for item in here.items], here.marked) == (ids[3:6], [ids[3]])
        assert here.undo()["undone"] == 3
        assert ([item["id"] for item in here.items], here.marked) == (ids[:3], [ids[0]])
        assert here.undo()["undone"] == 0
        assert set(states(library).values()) == {None}
        # Forth again: the pages come in their order, and the marks on the third are still there.
        assert here.commit(1, 2).status == 200
        assert here.commit(1, 2).status == 200
        assert here.marked == [ids[7]]


def test_one_by_one_with_undo_and_skip(library: TestLibrary, fill: Fill) -> None:
    ids = fill(5)
    with serving(library) as server:
        here = window(server)
        here.open()
        assert here.decide(ids[0], "approved").data["elsewhere"] is None
        here.decide(ids[1], "rejected")
        assert here.skip(ids[2]).data["tally"]["skipped"] == 1
        here.decide(ids[3], "approved")
        assert here.undo() == {"undone": 1, "kept": 0, "image": ids[3]}
        assert here.page["position"] == 3
        assert here.undo()["image"] == ids[1]
        assert here.page["position"] == 1
        here.decide(ids[1], "approved")
        here.decide(ids[3], "rejected")
        here.decide(ids[4], "rejected")
        assert here.next() == []
        server.stop()
    assert list(states(library).values()) == ["yes", "yes", None, "manual", "manual"]
    assert b"5 seen, 2 yes, 2 no, 1 skipped, 2 undone" in server.said


def test_undo_goes_back_beyond_the_page_and_the_sitting(library: TestLibrary, fill: Fill) -> None:
    ids = fill(4)
    with serving(library, "--page", 2) as server:
        here = window(server)
        for name in here.open():
            here.decide(name, "approved")
        here.next()
    with serving(library, "--page", 2) as server:
        here = window(server)
        assert here.open() == ids[2:]
        assert here.undo()["image"] == ids[1]
        assert ([item["id"] for item in here.items], here.page["position"]) == ([ids[1], *ids[2:]], -1)
        assert here.undo()["image"] == ids[0]
        assert [item["id"] for item in here.items] == ids
    assert set(states(library).values()) == {None}


def test_undo_leaves_alone_what_others_decided(library: TestLibrary, fill: Fill) -> None:
    ids = fill(4)
    with serving(library, "--page", 2) as server:
        one = window(server)
        other = Window(one.browser)
        one.open()
        other.open(one)
        one.decide(ids[0], "approved")
        other.decide(ids[2], "approved")
        library.ok("approve", ids[3])
        assert one.undo(other)["image"] == ids[0]
        assert one.undo(other)["undone"] == 0
    assert states(library) == {ids[0]: None, ids[1]: None, ids[2]: "yes", ids[3]: "yes"}


def test_a_killed_server_leaves_the_page_with_its_marks_and_its_place(library: TestLibrary, fill: Fill) -> None:
    ids = fill(10)
    with serving(library, "--page", 5) as server:
        here = window(server)
        here.open()
        here.mark(ids[0], ids[3])
        here.ask("/look", page=here.page["id"], position=2)
        here.ask("/ahead", windows=[here.name])
        server.stop(signal.SIGKILL)
    with serving(library, "--page", 5) as server:
        here = window(server)
        assert here.open() == ids[:5]
        assert (here.marked, here.page["position"]) == ([ids[0], ids[3]], 2)
        here.commit(2, 3)
        assert [item["id"] for item in here.items] == ids[5:]
    after_a_kill(library)


def test_two_windows_never_get_the_same_picture(library: TestLibrary, fill: Fill) -> None:
    fill(20)
    with serving(library, "--page", 4) as first, serving(library, "--page", 4) as second:
        one = window(first)
        windows = [one, Window(one.browser), window(first), window(second)]
        pages = [here.open(*windows) for here in windows]
        pages.append([item["id"] for item in windows[0].ask("/ahead", windows=None).data["page"]["items"]])
        shown = [name for page in pages for name in page]
        assert len(shown) == len(set(shown)) == 20
        assert windows[3].commit(0, 4).status == 200
        assert windows[3].items == []


def test_what_somebody_looks_at_is_on_no_other_page_whatever_is_asked_for(library: TestLibrary, fill: Fill) -> None:
    ids = fill(6)
    with serving(library, "--page", 2) as first, serving(library, "--page", 2, "--where", "id < 'p0005'") as second:
        one, two = window(first), window(second)
        assert one.open() == ids[:2]
        assert two.open() == ids[2:4]
        again = Window(one.browser).ask("/over", windows=None).data["page"]["items"]
        assert [item["id"] for item in again] == ids[4:]
        first.stop(signal.SIGKILL)
        # Nobody looks at them any more.
        assert two.commit(0, 2).status == 200
        assert [item["id"] for item in two.items] == ids[4:5]
        assert two.ask("/over", windows=[two.name]).data["page"]["items"][0]["id"] == ids[4]
        assert [item["id"] for item in two.ask("/ahead", windows=[two.name]).data["page"]["items"]] == ids[:2]
    after_a_kill(library)


def test_a_closed_windows_page_goes_to_the_next_new_one(library: TestLibrary, fill: Fill) -> None:
    ids = fill(9)
    with serving(library, "--page", 3) as server:
        closed = window(server)
        closed.open()
        closed.mark(ids[1])
        new = Window(closed.browser)
        assert new.open() == ids[:3]
        assert new.marked == [ids[1]]
        # Another browser's windows are not known to be closed.
        assert window(server).open() == ids[3:6]
        assert closed.mark(ids[0]).status == 409


def test_a_reload_shows_the_same_page(library: TestLibrary, fill: Fill) -> None:
    ids = fill(6)
    with serving(library, "--page", 3) as server:
        here = window(server)
        here.open()
        here.mark(ids[2])
        here.decide(ids[0], "rejected")
        assert here.open() == ids[:3]
        assert here.marked == [ids[2]]
        assert here.items[0]["decided"] == "rejected"
        assert here.page["position"] == 1
        assert here.commit(1, 1).data["done"] == {"yes": 1, "no": 1}
    assert list(states(library).values()) == ["manual", "page", "yes", None, None, None]


def test_what_was_decided_elsewhere_is_not_overwritten(library: TestLibrary, fill: Fill) -> None:
    ids = fill(4)
    with serving(library) as server:
        here = window(server)
        here.open()
        here.mark(ids[1])
        library.ok("reject", ids[1], "--reason", "blurry")
        library.ok("approve", ids[0])
        news = {
            item["id"]: item["elsewhere"] for item in here.browser.get(f"/news?page={here.page['id']}").data["items"]
        }
        assert news == {ids[0]: "approved", ids[1]: "rejected", ids[2]: None, ids[3]: None}
        refused = here.commit(1, 3)
        assert refused.status == 409
        assert "0 yes and 2 no" in refused.text
        # One by one: the first choice says so, the second one overrules.
        assert here.decide(ids[1], "approved").data["elsewhere"] == "rejected"
        assert states(library)[ids[1]] == "blurry"
        assert here.decide(ids[1], "approved").data["elsewhere"] is None
        assert here.open() == ids[1:]
        assert here.commit(0, 2).status == 200
    assert list(states(library).values()) == ["yes", "yes", "page", "page"]


def test_what_was_skipped_comes_again_when_asked_for(library: TestLibrary, fill: Fill) -> None:
    ids = fill(3)
    with serving(library, "--page", 2) as server:
        here = window(server)
        here.open()
        here.skip(ids[0])
        here.decide(ids[1], "rejected")
        assert here.next() == [ids[2]]
        here.skip(ids[2])
        answer = here.ask("/next", page=here.page["id"], windows=[here.name])
        assert answer.data["page"] is None
        assert answer.data["left"] == 2
        again = here.ask("/over", windows=[here.name]).data["page"]["items"]
        assert [item["id"] for item in again] == [ids[0], ids[2]]


def test_a_page_with_marks_is_not_left_without_a_commit(library: TestLibrary, fill: Fill) -> None:
    ids = fill(2)
    with serving(library) as server:
        here = window(server)
        here.open()
        here.mark(ids[0])
        assert here.ask("/next", page=here.page["id"], windows=[here.name]).status == 409


def test_approved_pictures_begin_as_marked(library: TestLibrary, fill: Fill) -> None:
    ids = fill(5)
    library.ok("approve", *ids[:3])
    library.ok("reject", ids[3], "--reason", "blurry")
    with serving(library, "--status", "approved", "--page", 2) as server:
        here = window(server)
        assert here.open() == here.marked == ids[:2]
        here.mark(ids[0], marked=False)
        here.commit(1, 1)
        assert [item["id"] for item in here.items] == [ids[2]]
    # The place is kept, although what was confirmed looks as before.
    with serving(library, "--status", "approved", "--page", 2) as server:
        assert window(server).open() == [ids[2]]
    with serving(library, "--status", "rejected") as server:
        here = window(server)
        assert here.open() == [ids[0], ids[3]]
        here.mark(ids[3])
        here.commit(1, 1)
    assert list(states(library).values()) == ["page", "yes", "yes", "yes", None]


def test_named_pictures_in_the_order_they_were_named(library: TestLibrary, fill: Fill) -> None:
    ids = fill(6)
    library.ok("approve", ids[2])
    named = "\n".join([ids[4], "nobody", ids[2] + ".jpg", ids[0]])
    with serving(library, "--page", 2, "-", stdin=named) as server:
        here = window(server)
        assert here.open() == [ids[4], ids[2]]
        here.commit(1, 1)
        assert server.stop() == 1
        assert b"There is no image nobody." in server.said
    with serving(library, "--page", 2, ids[4], ids[2], ids[0]) as server:
        assert window(server).open() == [ids[0]]


def test_where_takes_a_condition(library: TestLibrary, fill: Fill) -> None:
    fill(9)
    with serving(library, "--where", "height > 80 -- tall") as server:
        assert window(server).open() == ["p0002", "p0005", "p0008"]
