"""Kill it anywhere: what was promised holds at once, and starting again is the whole recovery."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.faultpoints import (
    COMMIT,
    COMMITTED,
    STATEMENT,
    Forge,
    forge_in,
    processes_in,
    wait_until_nobody_in,
)
from support.gates import Gate
from support.invariants import violations
from support.library import TestLibrary
from support.photos import small
from support.processes import children, wait_for
from support.states import State, broken, differences, state_of
from support.trials import Command, Scenario, Trial, chosen, fill

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found through /proc")

ROUNDS = int(os.environ.get("ARTPIPE_SOAK", "30"))
# Each goes through ten rounds; later ones would find everything done.
LIBRARIES = max(3, ROUNDS // 10)

REGISTER: Command = ("register", "img")
CHEAP: Command = ("run", "thumbnails-small", "web-optimized", "blurhash", "phash", "-j", "1")
FILMS: Command = ("register", "films")
FRAMES: Command = ("run", "video-frames", "-j", "1")
APPROVED: Command = ("register", "--approve", "img")
SYNC: Command = ("sync-artifacts", "ersgan-enhanced", "done")
OTHER_RECIPES = "[stages.thumbnails-small]\nwidth = 30\nformat = 'jpeg'\n[stages.web-optimized]\nwidth = 30\n"


def logged(file: str, stage: str = "ersgan-enhanced") -> Command:
    return ("log-artifact", "0", stage, f"img/{file}")


SCENARIOS = {
    "register": Scenario((), APPROVED, (APPROVED,)),
    "register-copy": Scenario((), ("register", "--copy", "img"), (("register", "--copy", "img"),)),
    "run": Scenario((REGISTER,), ("run", "-j", "1"), (REGISTER, ("run", "-j", "1")), kills=2),
    "upscale": Scenario(
        (("register", "img"), ("approve", "0"), CHEAP),
        ("upscale", "-j", "1"),
        (REGISTER, ("upscale", "-j", "1")),
        kills=1,
    ),
    "run-with-other-recipes": Scenario((APPROVED, CHEAP), CHEAP, (REGISTER, CHEAP), OTHER_RECIPES, kills=2),
    # Onto a file of the same name, onto one of another name, many at once.
    "log-artifact": Scenario((APPROVED, CHEAP, logged("1.png")), logged("2.png"), (logged("2.png"),)),
    "log-another-type": Scenario(
        (APPROVED, CHEAP), logged("1.png", "web-optimized"), (logged("1.png", "web-optimized"),)
    ),
    "sync-artifacts": Scenario((APPROVED, CHEAP, logged("1.png")), SYNC, (SYNC,), kills=2),
    "register-films": Scenario((REGISTER,), ("register", "films"), (("register", "films"),), kills=2),
    "frames": Scenario((FILMS,), FRAMES, (FRAMES,), kills=2),
    # Approved ones stay, others are numbered anew, some are no more.
    "other-frames": Scenario(
        (FILMS, FRAMES, ("approve", "v-clip-0002")), FRAMES, (FRAMES,), "[stages.video-frames]\nfps = 4\n", kills=2
    ),
    "fewer-frames": Scenario(
        (FILMS, FRAMES, ("approve", "v-clip-0002")), FRAMES, (FRAMES,), "[stages.video-frames]\nfps = 1\n", kills=2
    ),
    "gallery": Scenario(
        (APPROVED, CHEAP, ("gallery", "--page-size", "1")),
        ("gallery", "--page-size", "2"),
        (("gallery", "--page-size", "2"),),
    ),
}


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    with forge_in(tmp_path_factory.mktemp("forge")) as made:
        yield made


@pytest.mark.soak
@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_any_call(name: str, tmp_path: Path, forge: Forge) -> None:
    trial = Trial(tmp_path, forge, SCENARIOS[name])
    points = chosen(trial.calls, SCENARIOS[name].kills)
    assert {COMMIT, COMMITTED, STATEMENT, "mkdir"} <= {point.kind for point in points}
    found = {point: trial.problems_after_kill(point) for point in points}
    assert {point: problems for point, problems in found.items() if problems} == {}


DECISIONS: dict[str, tuple[Command, ...]] = {
    "approve": (("approve", "0", "1"),),
    "reject": (("approve", "0"), ("reject", "--reason", "dull", "0", "2")),
    "reset": (("approve", "0"), ("reset", "0")),
    "undo": (("approve", "0"), ("reject", "0", "1"), ("undo",)),
}


@pytest.mark.parametrize("commands", DECISIONS.values(), ids=DECISIONS)
def test_killed_decision_is_made_or_not(commands: tuple[Command, ...], library: TestLibrary, forge: Forge) -> None:
    for seed in range(3):
        small(library.img / f"{seed}.png", seed)
    forge.run(library.folder, *REGISTER)
    *before, command = commands
    for earlier in before:
        assert forge.run(library.folder, *earlier).code == 0
    kept = library.folder / "kept.db"
    library.sql("VACUUM INTO ?", (str(kept),))
    old = state_of(library.db, library.art)
    calls = forge.run(library.folder, *command).calls
    new = state_of(library.db, library.art)
    assert differences(new, old)
    assert {COMMIT, COMMITTED, STATEMENT} <= set(calls)
    for point in chosen(calls, 3):
        shutil.copyfile(kept, library.db)
        forge.kill(library.folder, point, *command)
        assert violations(library.db, library.art) == []
        found = state_of(library.db, library.art)
        assert found == new or (found == old and point.kind != COMMITTED), point
        # Whoever sees no answer asks again; an undo that was done is marked so, and would take back one more.
        undone = library.value("SELECT count(*) FROM batches WHERE undone_by IS NOT NULL")
        assert undone == (found == new and command == ("undo",))
        if not undone:
            assert forge.run(library.folder, *command).code == 0
            assert differences(state_of(library.db, library.art), new) == []


def busy_library(folder: Path, seed: int) -> TestLibrary:
    library = TestLibrary(folder)
    for number in range(14):
        small(library.img / f"{number}.png", 100 * seed + number)
    library.settings("[stages.ersgan-enhanced]\ntile = 64\n")
    return library


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(LIBRARIES))
def test_killed_at_random_moments(seed: int, tmp_path: Path, forge: Forge) -> None:
    """The coordinator, a worker, or everything at once, again and again; then one run that nobody disturbs."""
    chance = random.Random(seed)  # noqa: S311 - has to be repeatable, not secret
    expected = undisturbed(tmp_path / "undisturbed", seed, forge)
    library = busy_library(tmp_path / "disturbed", seed)
    assert forge.run(library.folder, "register", "--approve", "img").code == 0
    for number in range(ROUNDS // LIBRARIES):
        pid = forge.start(library.folder, "run", "-j", "2")
        # Up to about as long as it takes to do a good part of it; starting workers takes most of that.
        time.sleep(chance.uniform(0, 0.8))
        strike(chance.choice(("coordinator", "worker", "group")), pid, chance)
        forge.wait()
        wait_until_nobody_in(library.folder)
        assert broken(library.db, library.art) == [], f"round {number}"
        charged = "SELECT count(*) FROM jobs WHERE status = 'failed' AND error_code <> 'worker-died'"
        assert library.value(charged) == 0
    library.settings((expected.folder / "artpipe.toml").read_text())
    assert forge.run(library.folder, "retry").code == 0
    assert forge.run(library.folder, "run", "-j", "2").code == 0
    assert violations(library.db, library.art) == []
    found, wanted = (comparable(state_of(one.db, one.art)) for one in (library, expected))
    assert differences(found, wanted) == []


def undisturbed(folder: Path, seed: int, forge: Forge) -> TestLibrary:
    library = busy_library(folder, seed)
    assert forge.run(library.folder, "register", "--approve", "img").code == 0
    assert forge.run(library.folder, "run", "-j", "2").code == 0
    return library


def comparable(state: State) -> State:
    """Without the paths of the user's files, which lie in another folder."""
    return {table: rows for table, rows in state.items() if table != "sources"}


def strike(whom: str, coordinator: int, chance: random.Random) -> None:
    workers = children(coordinator)
    victims = {"coordinator": [coordinator], "worker": workers[:], "group": [*workers, coordinator]}[whom]
    if whom == "worker" and victims:
        victims = [chance.choice(victims)]
    for pid in victims:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_worker_that_crashes(library: TestLibrary, forge: Forge) -> None:
    """A segmentation fault in a decoder, as the kernel reports it."""
    for seed in range(4):
        small(library.img / f"{seed}.png", seed, (120, 80))
    library.ok("register", "--approve", "img")
    gate = Gate(library)
    forge.start(library.folder, "run", "-j", "1")
    wait_for(gate.workers)
    os.kill(gate.workers()[0], signal.SIGSEGV)
    gate.open()
    assert forge.wait().code == 1
    failed = library.sql("SELECT error_code, failure_kind, attempts, error_message FROM jobs WHERE status = 'failed'")
    assert [row[:3] for row in failed] == [("worker-died", "transient", 1)]
    assert "SIGSEGV" in failed[0][3]
    library.ok("retry")
    library.ok("run")
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == 4 * 7


def test_nothing_is_left_behind(library: TestLibrary, forge: Forge) -> None:
    """No process, no scratch, no lock after a normal end (the fixture looks for files once more)."""
    fill(library.img)
    for command in (("register", "--approve", "--copy", "img"), ("run", "-j", "2"), ("run",), ("undo",)):
        assert forge.run(library.folder, *command).code == 0
        assert processes_in(library.folder) == []
        assert list((library.art / ".scratch").glob("*")) == []
        assert list(library.folder.glob("cv.db.runs/*")) == []
        assert sorted(path.name for path in library.folder.glob("cv.db*")) in (["cv.db"], ["cv.db", "cv.db.runs"])
