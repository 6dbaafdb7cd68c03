"""rebuild, killed anywhere: what was asked for is made again by the next run, and each file is old or new, never torn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.faultpoints import COMMIT, COMMITTED, STATEMENT, Forge, Point, forge_in
from support.library import TestLibrary
from support.photos import small
from support.states import broken
from support.trials import Command, Scenario, Trial, chosen

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found through /proc")

# No two runs of it give the same.
STAMP = json.dumps(["sh", "-c", 'cat "$1" > "$2"; date +%s%N >> "$2"', "sh", "{input}", "{output}"])
COPY = json.dumps(["cp", "{input}", "{output}"])
SETTINGS = (
    f'[stages.stamped]\ncommand = {STAMP}\nextension = "bin"\n'
    f'[stages.copied]\ninput = "stamped"\ncommand = {COPY}\nextension = "bin"\n'
)
RUN: Command = ("run", "stamped", "copied", "-j", "1")
REBUILD: Command = ("rebuild", "stamped", "-j", "1")
SCENARIO = Scenario((), REBUILD, (RUN,), SETTINGS)


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    with forge_in(tmp_path_factory.mktemp("forge")) as made:
        yield made


class Rebuilding(Trial):
    """A library with two images, of which everything is made once."""

    def prepare(self) -> None:
        for seed in range(2):
            small(self.library.img / f"{seed}.png", seed)
        self.library.settings(SETTINGS)
        for command in (("register", "--approve", "img"), RUN):
            self.ok(command)


def stamps(library: TestLibrary) -> dict[str, str]:
    files = library.sql("SELECT image_id, file_path FROM artifacts WHERE stage = 'stamped'")
    return {row[0]: hashlib.sha256((library.art / row[1]).read_bytes()).hexdigest() for row in files}


def times_made(library: TestLibrary, stage: str) -> dict[str, int]:
    sql = "SELECT image_id, count(*) FROM jobs WHERE stage = ? AND status = 'completed' GROUP BY 1"
    return dict(library.sql(sql, (stage,)))


def asked(library: TestLibrary) -> set[str]:
    return {row[0] for row in library.sql("SELECT image_id FROM rebuilds WHERE stage = 'stamped'")}


@pytest.mark.soak
def test_killed_at_any_call(tmp_path: Path, forge: Forge) -> None:
    trial = Rebuilding(tmp_path, forge, SCENARIO)
    before = {"0", "1"}
    assert set(times_made(trial.library, "copied").values()) == {2}
    points = chosen(trial.calls, 4)
    assert {COMMIT, COMMITTED, STATEMENT, "rename"} <= {point.kind for point in points}
    seen = set()
    for point in points:
        seen.add(killed_and_carried_on(trial, point, before))
    # Before anything was asked for, with some of it done, with all of it done.
    assert seen >= {(0, 0), (2, 0)}


def killed_and_carried_on(trial: Rebuilding, point: Point, every: set[str]) -> tuple[int, int]:
    """Returns how many were asked for and how many of them were done when it was killed."""
    library = trial.library
    trial.reset()
    old = stamps(library)
    trial.kill(point)
    assert broken(library.db, library.art, repeats=True) == [], point
    waiting, done = asked(library), {name for name, number in times_made(library, "stamped").items() if number == 2}
    assert waiting | done in (set(), every), point
    assert not waiting & done, point
    trial.recover()
    again = waiting | done
    assert asked(library) == set(), point
    assert times_made(library, "stamped") == {name: 2 if name in again else 1 for name in every}, point
    new = stamps(library)
    assert {name for name in every if new[name] != old[name]} == again, point
    for name in every:
        assert library.artifact(name, "copied").read_bytes() == library.artifact(name, "stamped").read_bytes(), point
    library.repeats = True
    assert library.run("verify").code == 0, point
    return len(again), len(done)
