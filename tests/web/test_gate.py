"""Who is refused by the review server: everybody but the browser that was given the token."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from support.library import TestLibrary
from support.photos import small
from support.reviewing import Browser, Server, Window, serving


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> TestLibrary:
    library = TestLibrary(tmp_path_factory.mktemp("gate"))
    for seed in range(3):
        small(library.img / f"picture{seed}.png", seed)
    library.ok("register", "img")
    return library


@pytest.fixture(scope="module")
def server(library: TestLibrary) -> Iterator[Server]:
    with serving(library) as running:
        yield running


@pytest.fixture(scope="module")
def browser(server: Server) -> Browser:
    return Browser(server)


def untouched(library: TestLibrary) -> bool:
    return bool(library.value("SELECT count(*) FROM decisions") == 0)


def test_it_listens_on_the_loopback_alone(server: Server) -> None:
    # What listens everywhere answers under every address of this machine.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=10)


@pytest.mark.parametrize("path", ["/", "/assets/main.js", "/picture?size=small&image=picture0", "/news?page=1", "/x"])
def test_without_a_cookie_nothing_is_shown(server: Server, path: str) -> None:
    answer = server.ask(path)
    assert answer.status == 403
    assert b"picture0" not in answer.body


@pytest.mark.parametrize("token", ["", "x", "%00", "%C3%A9", "A" * 43])
def test_a_wrong_token_opens_nothing(server: Server, token: str) -> None:
    answer = server.ask(f"/?token={token}")
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


def test_the_token_becomes_a_cookie_that_scripts_and_other_sites_never_see(server: Server) -> None:
    answer = server.ask(server.start)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert server.start.partition("=")[2].lower() not in cookie


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""])
def test_any_other_host_is_refused(server: Server, browser: Browser, host: str) -> None:
    """A name that somebody else's DNS points at this machine (rebinding) is somebody else's page."""
    named = host.format(port=server.port)
    assert browser.get("/", Host=named).status in {400, 421}
    assert server.ask(server.start, headers={"Host": named}).status in {400, 421}
    answer = browser.post("/open", {"window": "0" * 32}, Host=named)
    assert answer.status in {400, 421}


def test_two_hosts_are_refused(server: Server, browser: Browser) -> None:
    lines = [
        "GET / HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Host: evil.example",
        f"Cookie: {browser.cookie}",
        "Connection: close",
    ]
    assert raw(server, lines).split()[1] in {b"400", b"421"}


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}", None]
)
def test_a_change_from_another_origin_is_refused(
    library: TestLibrary, server: Server, browser: Browser, origin: str | None
) -> None:
    headers = browser.headers()
    del headers["Origin"]
    if origin is not None:
        headers["Origin"] = origin.format(port=server.port)
    answer = server.ask("/undo", method="POST", body=b'{"window": "00000000000000000000000000000000"}', headers=headers)
    assert answer.status == 403
    assert untouched(library)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_asks_for_is_refused(browser: Browser, site: str) -> None:
    """Also reading: a picture in somebody else's page, or a link to ours."""
    assert browser.get("/picture?size=small&image=picture0", **{"Sec-Fetch-Site": site}).status == 403
    assert browser.get("/", **{"Sec-Fetch-Site": site}).status == 403
    assert browser.post("/undo", {"window": "0" * 32}, **{"Sec-Fetch-Site": site}).status == 403


@pytest.mark.parametrize("secret", ["", "x", "é"])
def test_a_change_without_the_secret_of_the_page_is_refused(browser: Browser, secret: str) -> None:
    answer = browser.post("/undo", {"window": "0" * 32}, **{"X-Artpipe-Review": secret})
    assert answer.status == 403


def test_the_secret_of_one_browser_is_none_for_another(server: Server, browser: Browser) -> None:
    other = Browser(server)
    assert browser.post("/undo", {"window": "0" * 32}, **{"X-Artpipe-Review": other.csrf}).status == 403


def test_a_form_cannot_make_a_change(browser: Browser) -> None:
    kinds = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "")
    assert {browser.post("/undo", {}, **{"Content-Type": kind}).status for kind in kinds} == {415}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_other_methods_are_refused(server: Server, browser: Browser, method: str) -> None:
    assert server.ask("/", method=method, headers=browser.headers()).status == 405


def test_reading_an_address_of_a_change_changes_nothing(browser: Browser) -> None:
    assert browser.get("/undo").status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/picture?size=small&image=..%2F..%2Fcv",
        "/picture?size=small&image=../../cv.db",
        "/picture?size=small&image=..",
        "/picture?size=small&image=%2Fetc%2Fpasswd",
        "/picture?size=small&image=picture0%00",
        "/picture?size=small&image=",
        "/picture?size=small",
        "/picture?size=../x&image=picture0",
        "/details?image=../picture0",
        "/news?page=-1",
        "/news?page=%D9%A1",
        "/news?page=99999999999999999999",
    ],
)
def test_ids_that_could_be_paths_are_refused(browser: Browser, path: str) -> None:
    assert browser.get(path).status == 400


@pytest.mark.parametrize(
    "path", ["/assets/../app.py", "/assets/..%2Fapp.py", "/assets/%2e%2e/app.py", "/assets/index.html", "/../cv.db"]
)
def test_nothing_but_the_parts_of_the_page_is_served(browser: Browser, path: str) -> None:
    assert browser.get(path).status == 404


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"window": "x"},
        {"window": 7},
        {"window": "0" * 32, "windows": "all"},
        {"window": "0" * 32, "windows": ["../x"]},
        [],
        "text",
        None,
    ],
)
def test_an_odd_body_is_refused_in_one_sentence(browser: Browser, fields: object) -> None:
    answer = browser.post("/open", fields)
    assert answer.status == 400
    assert answer.text.count("\n") == 1


def test_odd_fields_of_a_page_are_refused(server: Server, library: TestLibrary) -> None:
    window = Window(Browser(server))
    window.open()
    page = window.page["id"]
    odd: list[tuple[str, dict[str, object]]] = [
        ("/mark", {"page": page, "marks": {"../x": True}}),
        ("/mark", {"page": page, "marks": {"picture0": 1}}),
        ("/mark", {"page": page, "marks": []}),
        ("/mark", {"page": True, "marks": {}}),
        ("/mark", {"page": page, "marks": {"\ud800": True}}),
        ("/decide", {"page": page, "image": "..", "decision": "approved"}),
        ("/decide", {"page": page, "image": "\ud800", "decision": "approved"}),
        ("/decide", {"page": page, "image": "picture0", "decision": "pending"}),
        ("/commit", {"page": page, "yes": 0}),
        ("/commit", {"page": page, "yes": -1, "no": 1}),
        ("/look", {"page": page, "position": 1.5}),
    ]
    assert {window.ask(path, **fields).status for path, fields in odd} == {400}
    assert untouched(library)


def test_too_long_a_body_is_refused(browser: Browser) -> None:
    assert browser.post("/open", {"window": "0" * 300_000}).status == 400


def test_a_row_that_points_out_of_art_shows_nothing(library: TestLibrary, browser: Browser) -> None:
    library.sql("INSERT INTO images (id) VALUES ('outside')")
    library.sql(
        "INSERT INTO artifacts (image_id, stage, file_path) VALUES ('outside', 'upstream', '../img/picture0.png')"
    )
    assert browser.get("/picture?size=large&image=outside").status == 500
    (library.art / "upstream" / "link.png").symlink_to(library.img / "picture0.png")
    library.sql("UPDATE artifacts SET file_path = 'upstream/link.png' WHERE image_id = 'outside'")
    assert browser.get("/picture?size=large&image=outside").status == 404
    (library.art / "upstream" / "link.png").unlink()


def test_only_pictures_are_shown_as_what_they_are(library: TestLibrary, browser: Browser) -> None:
    """An SVG can hold a script; it would run with the powers of this page."""
    library.sql("INSERT INTO images (id) VALUES ('drawing')")
    (library.art / "upstream" / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    library.sql(
        "INSERT INTO artifacts (image_id, stage, file_path) VALUES ('drawing', 'upstream', 'upstream/drawing.svg')"
    )
    assert browser.get("/picture?size=large&image=drawing").status == 404
    shown = browser.get("/picture?size=large&image=picture0")
    assert (shown.status, shown.headers["content-type"]) == (200, "image/png")
    assert shown.body == (library.img / "picture0.png").read_bytes()


def test_every_answer_carries_the_policies(server: Server, browser: Browser) -> None:
    answers = [
        browser.get("/"),
        browser.get("/nothing"),
        server.ask("/"),
        browser.get("/picture?size=large&image=picture0"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers


def test_garbage_does_no_harm(server: Server, browser: Browser) -> None:
    for line in (b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"A" * 100_000):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(line)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1000)
    assert browser.get("/").status == 200


def test_a_failure_is_said_without_a_traceback(library: TestLibrary, server: Server) -> None:
    window = Window(Browser(server))
    answer = window.ask("/next", page=12345, windows=[])
    assert answer.status == 409
    assert "Traceback" not in answer.text
    assert json.loads(window.ask("/undo", windows=None).body)["undone"]["undone"] == 0
    assert untouched(library)


def raw(server: Server, lines: list[str]) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection.recv(4000)
