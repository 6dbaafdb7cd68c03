"""find-ready answers what the seed's query answers, for any pair of stages, whatever plain SQL does."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from support.films import film
from support.library import TestLibrary
from support.photos import small
from support.plain_sql import STAGES, Statement, histories, perform

from artpipe.db import ready, schema
from artpipe.db.connection import Database

SEED = """
SELECT i.id FROM images i
JOIN artifacts a1 ON i.id = a1.image_id AND a1.stage = '{0}'
LEFT JOIN artifacts a2 ON i.id = a2.image_id AND a2.stage = '{1}'
WHERE i.approved = true AND a2.id IS NULL
"""
# The same for what is kept in rows about the first stage.
SEED_ROWS = """
SELECT i.id FROM images i
JOIN artifacts a1 ON i.id = a1.image_id AND a1.stage = '{0}'
LEFT JOIN {2} b ON b.image_id = i.id AND b.stage = '{0}'
WHERE i.approved = true AND b.image_id IS NULL
"""
ROWS = {"blurhash": "blurhash_cache", "phash": "perceptual_hashes"}
PAIRS = [(first, second) for first in STAGES for second in (*STAGES, *ROWS)]


def seed_answer(db: sqlite3.Connection, first: str, second: str) -> list[str]:
    sql = SEED_ROWS if second in ROWS else SEED
    return sorted(str(row[0]) for row in db.execute(sql.format(first, second, ROWS.get(second, ""))))


# Some that no stage of ours is made by, so that rows come and go on both sides.
WATCHED = {
    ("my-own", "upstream"),
    ("upstream", "phash"),
    ("upstream", "upstream"),
    ("web-optimized", "ersgan-enhanced"),
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ready") / "cv.db"
    with closing(schema.create_database(path)) as made, made.transaction():
        ready.watch(made, WATCHED)
    return path


@contextmanager
def copy_of(path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copy(path, folder))


@given(every=histories())
@settings(max_examples=80, deadline=None)
def test_the_answer_is_the_seeds_after_any_statements(empty: Path, every: list[Statement]) -> None:
    with copy_of(empty) as path, closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        for one in every:
            perform(db, one)
        if db.in_transaction:
            db.execute("COMMIT")
        with closing(Database(path)) as opened:
            answers = {pair: list(ready.find_ready(opened, *pair, None)) for pair in PAIRS}
            assert ready.count_missing(opened) == 0
        assert answers == {pair: seed_answer(db, *pair) for pair in PAIRS}


def test_what_is_done_does_not_stay_listed(library: TestLibrary) -> None:
    """Otherwise the list would be as long to read as the whole library."""
    small(library.img / "a.png")
    library.ok("register", "img", "--approve")
    library.ok("run", "web-optimized", "thumbnails-small", "blurhash", "phash")
    listed = "SELECT w.input, w.output FROM ready r JOIN watched w ON w.id = r.watched_id"
    assert library.sql(listed) == [("web-optimized", "ersgan-enhanced")]
    library.ok("reset", "a")
    assert library.sql(listed) == []
    library.ok("approve", "a")
    library.sql("DELETE FROM artifacts WHERE stage = 'web-optimized'")
    assert library.sql(listed) == [("upstream", "web-optimized")]
    library.repeats = True
    library.ok("run", "web-optimized")
    assert ("upstream", "web-optimized") not in library.sql(listed)


def test_pairs_follow_the_stages_of_the_settings(library: TestLibrary) -> None:
    small(library.img / "a.png")
    library.ok("register", "img", "--approve")
    library.ok("run", "web-optimized")
    library.settings('[stages.poster]\nkind = "resize"\ninput = "web-optimized"\nwidth = 20\n')
    assert library.ok("find-ready", "web-optimized", "poster").lines == ["a"]
    assert library.value("SELECT count(*) FROM watched WHERE output = 'poster'") == 0
    library.ok("run", "--limit", "0")
    assert library.value("SELECT count(*) FROM watched WHERE output = 'poster'") == 1
    assert library.ok("find-ready", "web-optimized", "poster").lines == ["a"]
    library.settings("")
    library.ok("run", "--limit", "0")
    assert library.value("SELECT count(*) FROM ready WHERE watched_id NOT IN (SELECT id FROM watched)") == 0
    assert library.ok("find-ready", "web-optimized", "poster").lines == ["a"]


def test_the_built_in_pairs_are_watched_from_the_start(library: TestLibrary) -> None:
    library.ok("init")
    before = library.sql("SELECT id, input, output FROM watched")
    library.ok("run")
    assert library.sql("SELECT id, input, output FROM watched") == before


def test_a_reader_that_leaves_early_is_told_nothing(library: TestLibrary) -> None:
    library.ok("init")
    library.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " INSERT INTO images (id, approved) SELECT printf('%05d', i), 1 FROM n"
    )
    library.sql("INSERT INTO artifacts (image_id, stage, file_path) SELECT id, 'web-optimized', 'p' FROM images")
    for output in ("ersgan-enhanced", "something-else"):
        done = library.shell(f"artpipe find-ready web-optimized {output} | head -1; echo ${{PIPESTATUS[0]}}")
        assert (done.out.split()[0], done.err) == ("00001", "")
    library.sql("DELETE FROM artifacts")


def test_frames_and_results_are_ready_like_other_images(library: TestLibrary) -> None:
    """What they have in place of `upstream` lies in the folder of the stage that made them."""
    film(library.img / "clip.mp4", 25)
    small(library.img / "a.png")
    library.ok("register", "img", "--approve")
    library.ok("run", "video-frames")
    library.ok("approve", "v-clip-0001", "v-clip-0002")
    expected = {"a", "clip", "v-clip-0001", "v-clip-0002"}
    pairs = [("upstream", "web-optimized"), ("upstream", "phash"), ("upstream", "unwatched")]
    for pair in pairs:
        assert set(library.ok("find-ready", *pair).lines) == expected, pair
    assert set(library.ok("find-ready", "video-frames", "web-optimized").lines) == expected - {"a"}
    ids = library.ok("find-ready", "upstream", "web-optimized").out.encode()
    assert library.json("run", "web-optimized", "phash", "-", stdin=ids)["failed"] == 0
    for pair in pairs[:2]:
        assert library.ok("find-ready", *pair).lines == [], pair
    assert library.value("SELECT count(*) FROM ready r JOIN watched w ON w.id = watched_id WHERE output = 'phash'") == 0
    assert set(library.ok("find-ready", "upstream", "unwatched").lines) == expected
    library.sql("DELETE FROM artifacts WHERE stage = 'web-optimized'")
    assert set(library.ok("find-ready", "upstream", "web-optimized").lines) == expected
    library.repeats = True
    library.ok("run", "web-optimized")
    library.ok("verify")


def test_seeds_answer_is_among_what_is_found(library: TestLibrary) -> None:
    film(library.img / "clip.mp4", 15)
    small(library.img / "a.png")
    library.ok("register", "img", "--approve")
    library.ok("run", "video-frames")
    library.sql("UPDATE images SET approved = 1")
    for pair in (("upstream", "web-optimized"), ("video-frames", "web-optimized"), ("video-sources", "video-posters")):
        seeds = {str(row[0]) for row in library.sql(SEED.format(*pair))}
        found = set(library.ok("find-ready", *pair).lines)
        assert seeds <= found
        frames = {"v-clip-0001", "v-clip-0002"} if pair[0] == "upstream" else set()
        assert found - seeds == frames
