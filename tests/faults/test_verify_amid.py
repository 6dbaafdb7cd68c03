"""verify after a killed run, and beside commands that work."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from contextlib import closing, suppress

from support.damage import fill, in_background
from support.gates import Gate
from support.library import TestLibrary
from support.photos import small
from support.processes import wait_for
from support.verifying import codes, found_in


def test_what_a_killed_run_leaves_is_found(library: TestLibrary) -> None:
    for seed in range(3):
        small(library.img / f"{seed}.png", seed, (60, 40))
    library.ok("register", "--approve", "img")
    gate = Gate(library)
    process = library.start("run", "-j", "1")
    gate.wait(process)
    assert codes(library) == set(), "the run is alive"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    # Workers end by themselves when their run is gone.
    wait_for(lambda: codes(library) >= {"run-died", "job-orphaned", "scratch-left"})
    assert library.json("repair")["unrepairable"] == 0
    library.repeats = True
    assert codes(library) == set()
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'running'") == 0


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
until [ -e enough ]; do
  for format in jpeg webp jpeg; do
    printf '[stages.%s]\\nformat = "%s"\\n' thumbnails-small $format web-optimized $format > artpipe.toml
    artpipe run -q -j 2 thumbnails-small web-optimized blurhash phash
  done
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
        if looks > 3:
            (library.folder / "enough").touch()
    assert [(worker.wait(), worker.communicate()) for worker in workers] == [(0, (b"", b""))] * 2
    assert looks > 3
    library.settings("")
    assert found_in(library) == {}
