"""verify finds every damage, and raises no false alarm."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from support.damage import STAGES, Vandal, fill, in_background, put_back, undone
from support.library import TestLibrary
from support.photos import small

from artpipe.actions import compare
from artpipe.pipeline.stopping import Stop, Why


def found_in(library: TestLibrary, *options: str) -> dict[str, str]:
    """Findings as path (or item) -> code."""
    result = library.run("verify", "--json", *options)
    assert result.data, result
    findings = result.data["findings"]
    assert result.code == (3 if findings else 0), result
    return {finding["path"] or finding["item"]: finding["code"] for finding in findings}


def codes(library: TestLibrary) -> set[str]:
    return set(library.json("verify")["by_code"])


@contextmanager
def stopping_after(checks: int, monkeypatch: pytest.MonkeyPatch, why: Why = "time") -> Iterator[None]:
    """As if time were up (or somebody pressed Ctrl-C) at that look at the clock."""
    asked = 0

    def check(stop: Stop) -> bool:
        nonlocal asked
        asked += 1
        if asked >= checks:
            stop.ask(why)
        return stop.why is not None

    with monkeypatch.context() as patch:
        patch.setattr(Stop, "check", check)
        yield


def test_finds_200_of_200_random_damages(library: TestLibrary) -> None:
    files = fill(library, 60)
    found = 0
    for seed in range(5):
        damaged = Vandal(library.art, seed).damage(40)
        findings = found_in(library)
        assert findings.keys() == damaged.keys()
        for path, kind in damaged.items():
            expected = {"delete": "file-missing", "stray": "file-unrecorded"}.get(kind, "file-differs")
            assert findings[path] == expected, (path, kind)
        found += 40
        put_back(library, files)
        assert found_in(library) == {}
    assert found == 200


def test_quick_finds_what_changes_sizes_and_names(library: TestLibrary) -> None:
    files = fill(library, 12)
    before = library.value("SELECT group_concat(verified_round) FROM artifacts")
    damaged = Vandal(library.art, 1).damage(30)
    same_size = {path for path in damaged if path in files and len(library.files().get(path, b"")) == len(files[path])}
    assert same_size, "the seed should leave something to be missed"
    assert found_in(library, "--quick").keys() == damaged.keys() - same_size
    assert library.value("SELECT group_concat(verified_round) FROM artifacts") == before
    put_back(library, files)


def test_every_kind_of_image_is_sound(library: TestLibrary) -> None:
    fill(library, 4)
    (library.img / "empty.png").write_bytes(b"")
    (library.img / "text.png").write_bytes(b"no picture")
    (library.img / "again.png").write_bytes((library.img / "00.png").read_bytes())
    small(library.img / "00" / "01.png", 100)
    library.ok("register", "img")
    library.ok("reject", "02", "--reason", "blurry")
    library.ok("reset", "03")
    library.ok("undo")
    library.sql("INSERT INTO images (id, original_url) VALUES ('somewhere', 'https://example.org/x.png')")
    library.ok("run", *STAGES)
    data = library.json("verify")
    assert (data["findings"], data["complete"]) == ([], True)
    assert data["checked"] == library.value("SELECT count(*) FROM artifacts")
    assert library.ok("verify").out == ""


def test_strange_things_are_found_and_nothing_waits_for_them(library: TestLibrary) -> None:
    files = fill(library, 4)
    thumbs = library.art / "thumbnails-small"
    os.mkfifo(thumbs / "pipe.webp")
    (thumbs / "nowhere.webp").symlink_to("nowhere")
    (thumbs / "folder").mkdir()
    (thumbs / "folder" / "deep.webp").write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(thumbs) + b"/\xff.webp")).write_bytes(b"x")
    (library.art / "note.txt").write_bytes(b"x")
    (library.art / "foreign").mkdir()
    (library.art / "foreign" / "00.png").write_bytes(b"x")
    (library.art / ".DS_Store").write_bytes(b"x")
    (thumbs / "00.webp").unlink()
    (thumbs / "00.webp").mkdir()
    (thumbs / "01.webp").unlink()
    os.mkfifo(thumbs / "01.webp")
    (thumbs / "02.webp").unlink()
    (thumbs / "02.webp").symlink_to("nowhere")
    strays = ("pipe.webp", "nowhere.webp", "folder/deep.webp", "\\xff.webp")
    expected = dict.fromkeys([f"thumbnails-small/{name}" for name in strays], "file-unrecorded")
    expected |= {"note.txt": "file-unrecorded", "foreign/00.png": "file-unrecorded"}
    expected |= {f"thumbnails-small/{name}.webp": "file-differs" for name in ("00", "01")}
    expected |= {"thumbnails-small/02.webp": "file-missing"}
    assert found_in(library) == found_in(library, "--quick") == expected
    for path in [*thumbs.iterdir(), library.art / ".DS_Store"]:
        if path.is_dir():
            for inner in path.iterdir():
                inner.unlink()
            path.rmdir()
        elif str(path.relative_to(library.art)) not in files:
            path.unlink()
    (thumbs / "01.webp").unlink()
    (thumbs / "02.webp").unlink()
    put_back(library, files)


REPLACE = (
    "INSERT OR REPLACE INTO images (id, sha256, file_size) SELECT id, sha256, file_size FROM images WHERE id = '00'"
)
PLAIN_SQL = {
    "state-unclear": "UPDATE images SET approved = NULL WHERE id = '00'",
    "original-unexpected": "UPDATE images SET content = 'absent' WHERE id = '00'",
    "original-unrecorded": "DELETE FROM artifacts WHERE image_id = '00' AND stage = 'upstream'",
    "original-differs": "UPDATE images SET sha256 = 'other' WHERE id = '00'",
    "blurhash-stale": "UPDATE blurhash_cache SET input_sha256 = 'other' WHERE image_id = '00'",
    "phash-stale": "UPDATE perceptual_hashes SET input_sha256 = 'other' WHERE image_id = '00'",
    "decision-weakened": REPLACE,
    "image-gone": "DELETE FROM images WHERE id = '00'",
    "file-differs": "UPDATE artifacts SET sha256 = 'other' WHERE image_id = '00' AND stage = 'web-optimized'",
    "file-missing": "UPDATE artifacts SET file_path = 'web-optimized/x' WHERE image_id = '00' AND stage = 'web-optimized'",
    "job-orphaned": "INSERT INTO jobs (image_id, stage, status, run_id) SELECT '00', 'x', 'running', max(id) FROM runs",
    "run-died": "INSERT INTO runs (command, host, pid) VALUES ('run', 'here', 1)",
}
# What else is wrong then.
COMPANIONS = {
    "original-unrecorded": {"file-unrecorded"},
    "file-missing": {"file-unrecorded"},
    "file-differs": {"blurhash-stale"},
}


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestLibrary]:
    """A small library that every test leaves as it was."""
    library = TestLibrary(tmp_path_factory.mktemp("settled"))
    fill(library, 4)
    yield library
    assert found_in(library) == {}


@pytest.mark.parametrize("code", PLAIN_SQL)
def test_what_plain_sql_breaks_is_found(settled: TestLibrary, code: str) -> None:
    with undone(settled):
        settled.sql(PLAIN_SQL[code])
        assert codes(settled) == {code} | COMPANIONS.get(code, set())


@pytest.mark.parametrize("path", ["/etc/passwd", "../img/00.png", "img/00.png", "thumbnails-small/../../cv.db", ""])
def test_rows_that_point_outside_are_found(settled: TestLibrary, path: str) -> None:
    with undone(settled):
        settled.sql("UPDATE artifacts SET file_path = ? WHERE image_id = '00' AND stage = 'web-optimized'", (path,))
        findings = found_in(settled)
        assert findings.pop(path or "00") == "outside-art"
        assert findings == {"web-optimized/00.webp": "file-unrecorded"}


def test_decision_that_was_changed_behind_the_triggers_is_found(settled: TestLibrary) -> None:
    with undone(settled):
        settled.sql("DROP TRIGGER decisions_on_update")
        settled.sql("UPDATE images SET approved = FALSE WHERE id = '00'")
        assert codes(settled) == {"decision-contradicts", "schema-differs"}


def test_decision_that_a_person_takes_back_is_no_finding(settled: TestLibrary) -> None:
    with undone(settled):
        # By plain SQL, which is how the seed decides, and by REPLACE with the decision named again.
        settled.sql("UPDATE images SET approved = FALSE WHERE id = '00'")
        settled.sql("UPDATE images SET approved = FALSE, rejected = TRUE WHERE id = '01'")
        settled.sql(
            "INSERT OR REPLACE INTO images (id, sha256, content, approved)"
            " SELECT id, sha256, content, approved FROM images WHERE id = '02'"
        )
        assert found_in(settled) == {}


def test_weakened_decision_is_settled_by_a_person(settled: TestLibrary) -> None:
    with undone(settled):
        settled.sql(REPLACE)
        assert found_in(settled) == {"00": "decision-weakened"}
        settled.ok("approve", "00")
        assert found_in(settled) == {}
        settled.ok("reset", "00")
        assert found_in(settled) == {}


def test_jobs_of_other_programs_are_only_mentioned(settled: TestLibrary) -> None:
    with undone(settled):
        settled.sql(
            "INSERT INTO jobs (image_id, stage, status, started_at) VALUES ('00', 'x', 'running', '2020-01-01 00:00:00')"
        )
        (settled.art / "x").mkdir()
        (settled.art / "x" / "00.png").write_bytes(b"half of it")
        data = settled.json("verify")
        assert data["findings"] == []
        assert "1 jobs were started by other programs" in data["mentions"][0]
        assert "2020-01-01" in settled.ok("verify").err
        (settled.art / "x" / "00.png").unlink()
        (settled.art / "x").rmdir()


def test_damaged_database_is_found(settled: TestLibrary) -> None:
    with undone(settled):
        with closing(sqlite3.connect(settled.db)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'images_by_age'").fetchone()[0]
            size = db.execute("PRAGMA page_size").fetchone()[0]
        data = bytearray(settled.db.read_bytes())
        data[(page - 1) * size : (page - 1) * size + 200] = bytes(200)
        settled.db.write_bytes(data)
        for option in ("--quick", "--no-progress"):
            result = settled.run("verify", option, "--json")
            assert (result.code, set(result.data["by_code"]), result.data["complete"]) == (
                3,
                {"database-corrupt"},
                False,
            )


def test_missing_art_folder_is_not_compared(settled: TestLibrary) -> None:
    aside = settled.folder / "aside"
    settled.art.rename(aside)
    assert settled.run("verify").code == 4
    settled.art.mkdir()
    assert settled.run("verify").code == settled.run("repair").code == 4
    settled.art.rmdir()
    aside.rename(settled.art)


def test_empty_mount_point_is_one_finding(settled: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "EMPTY_FOLDER", 3)
    aside = settled.folder / "aside"
    (settled.art / "web-optimized").rename(aside)
    (settled.art / "web-optimized").mkdir()
    with undone(settled):
        assert found_in(settled) == found_in(settled, "--quick") == {"web-optimized": "folder-empty"}
        assert settled.json("repair") == {**settled.json("repair"), "unrepairable": 1, "queued": 0}
    (settled.art / "web-optimized").rmdir()
    aside.rename(settled.art / "web-optimized")


def test_time_limit_leaves_the_rest(settled: TestLibrary) -> None:
    result = settled.run("verify", "--time-limit", "0s", "--json")
    assert (result.code, result.data["complete"], result.data["checked"]) == (5, False, 0)
    assert settled.run("verify", "--until", "25:00").code == 2
    assert settled.run("verify", "--quick", "--incremental").code == 2


def test_incremental_goes_on_where_the_last_one_ended(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "PAGE", 7)
    fill(library, 12)
    checked, calls = 0, 0
    while True:
        with stopping_after(20, monkeypatch):
            result = library.run("verify", "--incremental", "--json")
        checked, calls = checked + result.data["checked"], calls + 1
        assert result.code == (0 if result.data["complete"] else 5)
        if result.data["complete"]:
            break
        done = library.value("SELECT count(*) FROM artifacts WHERE verified_round = 1 AND verified_at IS NOT NULL")
        assert done == checked
    assert (checked, library.value("SELECT count(*) FROM artifacts")) == (36, 36)
    assert calls > 2
    # A new round begins with what is new, then takes what was looked at first.
    small(library.img / "new.png", 99)
    library.ok("register", "img")
    with stopping_after(14, monkeypatch):
        first = library.json("verify", "--incremental")["checked"]
    assert first > 1
    rows = library.sql("SELECT image_id, id FROM artifacts WHERE verified_round = 2 ORDER BY id")
    assert len(rows) == first
    assert "new" in {image_id for image_id, _ in rows}
    oldest = library.sql("SELECT id FROM artifacts WHERE image_id <> 'new' ORDER BY id LIMIT ?", (first - 1,))
    assert [number for image_id, number in rows if image_id != "new"] == [row[0] for row in oldest]


def test_damage_stays_due_and_rows_that_change_are_due_again(library: TestLibrary) -> None:
    files = fill(library, 4)
    file = library.artifact("00", "web-optimized")
    file.write_bytes(file.read_bytes()[::-1])
    for _ in range(2):
        assert found_in(library, "--incremental") == {"web-optimized/00.webp": "file-differs"}
    due = "SELECT image_id || stage FROM artifacts WHERE verified_round = 0"
    assert library.sql(due) == [("00web-optimized",)]
    put_back(library, files)
    library.ok("verify")
    assert library.sql(due) == []
    size = library.value("SELECT file_size FROM artifacts WHERE image_id = '01' AND stage = 'upstream'")
    library.sql("UPDATE artifacts SET file_size = file_size + 1 WHERE image_id = '01' AND stage = 'upstream'")
    assert library.sql(due) == [("01upstream",)]
    library.sql("UPDATE artifacts SET file_size = ? WHERE image_id = '01' AND stage = 'upstream'", (size,))


def test_interruption_tells_what_was_found_so_far(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    files = fill(library, 4)
    library.artifact("00", "thumbnails-small").unlink()
    with stopping_after(8, monkeypatch, "interrupted"):
        result = library.run("verify", "--json")
    assert (result.code, result.data["by_code"], result.data["complete"]) == (130, {"file-missing": 1}, False)
    put_back(library, files)


def test_what_a_killed_run_leaves_is_found(library: TestLibrary) -> None:
    for seed in range(6):
        small(library.img / f"{seed}.png", seed, (160, 120))
    library.ok("register", "--approve", "img")
    process = library.start("run", "-j", "1")
    while not library.value("SELECT count(*) FROM jobs WHERE stage = 'ersgan-enhanced' AND status = 'running'"):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    assert codes(library) == set(), "the run is alive"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    wait_until(lambda: codes(library) >= {"run-died", "job-orphaned", "scratch-left"})
    assert library.json("repair")["unrepairable"] == 0
    library.repeats = True
    assert codes(library) == set()
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'running'") == 0


def wait_until(condition: Callable[[], Any]) -> None:
    """Workers end by themselves when their run is gone; give them the time."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_file_whose_row_is_not_committed_yet_is_no_finding(library: TestLibrary) -> None:
    """What a register looks like in the middle: the original is linked, its row is only seen by itself."""
    fill(library, 4)
    with closing(sqlite3.connect(library.db, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        os.link(library.img / "00.png", library.art / "upstream/late.png")
        db.execute("INSERT INTO images (id, sha256, content) VALUES ('late', 'x', 'present')")
        db.execute(
            "INSERT INTO artifacts (image_id, stage, file_path, sha256, file_size)"
            " SELECT 'late', stage, 'upstream/late.png', 'x', file_size FROM artifacts WHERE id = 1"
        )
        process = library.start("verify", "--quick", "--json")
        # Long enough for a look that does not wait.
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
        db.execute("COMMIT")
    out, err = process.communicate()
    assert json.loads(out)["data"]["findings"] == [], err
    (library.art / "upstream/late.png").unlink()
    library.sql("DELETE FROM artifacts WHERE image_id = 'late'")
    library.sql("DELETE FROM images WHERE id = 'late'")


WORK = """
set -e
for format in jpeg webp jpeg; do
  printf '[stages.%s]\\nformat = "%s"\\n' thumbnails-small $format web-optimized $format > artpipe.toml
  artpipe run -q -j 2 thumbnails-small web-optimized blurhash phash
done
"""
REGISTER = "for part in 1 2 3 4; do artpipe register -q --approve more/$part && artpipe reset -q $part-1; done"


def test_no_false_alarm_while_runs_and_registers_work(library: TestLibrary) -> None:
    library.repeats = True  # one recipe comes back
    fill(library, 12)
    for number in range(40):
        small(library.folder / f"more/{number // 10 + 1}/{number // 10 + 1}-{number % 10}.png", 1000 + number)
    workers = [in_background(library, script) for script in (WORK, REGISTER)]
    looks = 0
    while any(worker.poll() is None for worker in workers):
        assert found_in(library, *(["--quick"] if looks % 2 else [])) == {}
        looks += 1
    assert [(worker.wait(), worker.communicate()) for worker in workers] == [(0, (b"", b""))] * 2
    assert looks > 3
    library.settings("")
    assert found_in(library) == {}
