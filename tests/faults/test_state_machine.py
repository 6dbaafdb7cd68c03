"""Anything in any order, kills among it, against a model that fits on a page."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support.faultpoints import COMMIT, COMMITTED, Forge, Point, forge_in, wait_until_nobody_in
from support.invariants import violations
from support.library import TestLibrary
from support.photos import small
from support.states import broken

from artpipe.names import with_suffix

SOAK = os.environ.get("ARTPIPE_SOAK")
NAMES = tuple("abcd")
STAGES = ("thumbnails-small", "web-optimized", "phash")
RUN = ("run", *STAGES, "-j", "1")

FINDINGS = 3

Decision = Literal["approved", "rejected", "pending"]
names = st.sampled_from(NAMES)
contents = st.integers(0, 5)
subsets = st.lists(names, min_size=1, max_size=3, unique=True)
# From the first claim to the last settling of a small run.
points = st.builds(Point, st.sampled_from(("rename", "fsync")), st.integers(1, 4)) | st.builds(
    Point, st.sampled_from((COMMIT, COMMITTED)), st.integers(4, 12)
)


class Machine(RuleBasedStateMachine):
    """What a user does, and what must come of it.

    `images` is the model: id -> decision. `batches` is what undo takes back: id -> (before, after) per command.
    """

    forge: ClassVar[Forge]

    def __init__(self) -> None:
        super().__init__()
        self.library = TestLibrary(Path(tempfile.mkdtemp(prefix="artpipe-machine-")))
        self.library.img.mkdir()
        self.images: dict[str, Decision] = {}
        self.by_content: dict[str, str] = {}
        self.batches: list[dict[str, tuple[Decision, Decision]]] = []
        self.width = 60  # the pictures are smaller than the default
        self.crashed = False
        # Files whose rows the test has deleted; nothing but a run that makes them again may touch them.
        self.orphans: set[str] = set()
        # Files that the test has damaged, until they are made again.
        self.damaged: set[str] = set()
        self.command("init")

    def command(self, *arguments: str) -> None:
        ended = self.forge.run(self.library.folder, *arguments)
        assert ended.code == 0, (arguments, ended)

    @initialize()
    def begin(self) -> None:
        for content, name in enumerate(NAMES):
            self.write_source(name, content)
        self.register()
        self.decide(["a"], "approved", "approve")
        self.run()

    @rule(name=names, content=contents)
    def write_source(self, name: str, content: int) -> None:
        """A new file, or an old one edited in place."""
        file = self.library.img / f"{name}.png"
        fresh = small(self.library.folder / "fresh.png", content)
        with file.open("r+b" if file.exists() else "xb") as target:
            target.truncate()
            target.write(fresh.read_bytes())

    @rule()
    def register(self) -> None:
        # Copies: who edits a file in place edits a hard link of it too.
        self.command("register", "--copy", "img")
        for file in sorted(self.library.img.iterdir()):
            sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
            if sha256 not in self.by_content:
                image_id = file.stem if file.stem not in self.images else with_suffix(file.stem, sha256, 8)
                self.by_content[sha256] = image_id
                self.images[image_id] = "pending"

    @precondition(lambda self: self.images)
    @rule(wanted=subsets)
    def approve(self, wanted: list[str]) -> None:
        self.decide(wanted, "approved", "approve")

    @precondition(lambda self: self.images)
    @rule(wanted=subsets)
    def reject(self, wanted: list[str]) -> None:
        self.decide(wanted, "rejected", "reject", "--reason", "dull")

    def decide(self, wanted: list[str], became: Decision, *command: str) -> None:
        ids = [name for name in wanted if name in self.images]
        if not ids:
            return
        self.command(*command, *ids)
        changed = {image_id: (self.images[image_id], became) for image_id in ids if self.images[image_id] != became}
        self.images |= dict.fromkeys(ids, became)
        if changed:
            self.batches.append(changed)

    @precondition(lambda self: self.batches)
    @rule()
    def undo(self) -> None:
        self.command("undo")
        for image_id, (before, after) in self.batches.pop().items():
            if self.images[image_id] == after:
                self.images[image_id] = before

    @precondition(lambda self: self.images)
    @rule()
    def run(self) -> None:
        self.command(*RUN)
        self.crashed = False
        self.damaged = {path for path in self.damaged if self.is_hurt(path)}
        self.check_products()

    @precondition(lambda self: self.images)
    @rule(point=points)
    def killed_run(self, point: Point) -> None:
        ended = self.forge.run(self.library.folder, *RUN, kill=point)
        wait_until_nobody_in(self.library.folder)
        assert ended.killed or ended.code == 0, ended
        self.crashed = self.crashed or ended.killed

    @rule()
    def verify(self) -> None:
        """No false alarm, and no finding missed; what a killed run left may be a finding or not."""
        strays = [path for path in self.orphans if not self.stands(path)]
        hurt = [path for path in self.damaged if self.is_hurt(path)]
        ended = self.forge.run(self.library.folder, "verify")
        if strays or hurt or not self.crashed:
            assert ended.code == (FINDINGS if strays or hurt else 0), ended
        else:
            assert ended.code in {0, FINDINGS}, ended

    @rule()
    def repair(self) -> None:
        """What verify finds is mended, nothing else is touched, and verify is content."""
        self.command("repair")
        self.orphans = {path for path in self.orphans if self.stands(path)}
        self.damaged.clear()
        self.crashed = False
        shutil.rmtree(self.library.art / ".quarantine", ignore_errors=True)
        self.command("verify")

    def is_hurt(self, path: str) -> bool:
        """Whether a row stands over other bytes than it says."""
        rows = self.library.sql("SELECT sha256 FROM artifacts WHERE file_path = ?", (path,))
        file = self.library.art / path
        return bool(rows) and (
            not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() not in {row[0] for row in rows}
        )

    def stands(self, path: str) -> bool:
        return bool(self.library.value("SELECT count(*) FROM artifacts WHERE file_path = ?", (path,)))

    @rule(width=st.sampled_from((20, 30, 40)), extension=st.sampled_from(("webp", "jpeg")))
    def change_recipe(self, width: int, extension: str) -> None:
        self.width = width
        self.library.settings(f"[stages.thumbnails-small]\nwidth = {width}\nformat = '{extension}'\n")

    @precondition(lambda self: self.images)
    @rule(name=names)
    def delete_artifact(self, name: str) -> None:
        paths = self.library.sql(
            "DELETE FROM artifacts WHERE image_id = ? AND stage = 'thumbnails-small' RETURNING file_path", (name,)
        )
        self.orphans |= {str(path) for (path,) in paths}

    @precondition(lambda self: self.images)
    @rule(name=names, how=st.sampled_from(("delete", "truncate", "flip")))
    def damage_artifact(self, name: str, how: str) -> None:
        """Behind everybody's back; a folder that is empty as a whole is an unmounted disk, and another test."""
        for stage in ("thumbnails-small", "web-optimized"):
            for file in self.library.art.glob(f"{stage}/{name}.*"):
                data = file.read_bytes()
                file.unlink()
                if how != "delete" or not any(file.parent.iterdir()):
                    file.write_bytes(data[:40] if how == "truncate" else data[:-9] + bytes(9))
                self.damaged.add(str(file.relative_to(self.library.art)))

    @invariant()
    def nothing_is_broken(self) -> None:
        database, art = self.library.db, self.library.art
        look = broken if self.crashed else violations
        found = look(database, art, repeats=True)
        expected = {f"file without row: {path}" for path in self.orphans}
        for what in ("row without file", "row over other bytes"):
            expected |= {f"{what}: {path}" for path in self.damaged}
        assert [problem for problem in found if problem not in expected] == []

    @invariant()
    def decisions_are_the_models(self) -> None:
        state = "CASE WHEN approved THEN 'approved' WHEN rejected THEN 'rejected' ELSE 'pending' END"
        assert dict(self.library.sql(f"SELECT id, {state} FROM images")) == self.images

    @invariant()
    def originals_are_there(self) -> None:
        rows = self.library.sql("SELECT sha256, image_id FROM artifacts WHERE stage = 'upstream'")
        assert dict(rows) == self.by_content

    def check_products(self) -> None:
        """After a run that nobody disturbed everything is there, and made as it is wanted now."""
        rows = self.library.sql("SELECT image_id, stage, width FROM artifacts WHERE stage <> 'upstream'")
        made = {(image_id, stage): width for image_id, stage, width in rows}
        for image_id, decision in self.images.items():
            if decision != "rejected":
                assert made[image_id, "thumbnails-small"] == self.width
            if decision == "approved":
                assert made[image_id, "web-optimized"] == 60
        hashed = {row[0] for row in self.library.sql("SELECT image_id FROM perceptual_hashes")}
        assert {image_id for image_id, decision in self.images.items() if decision != "rejected"} <= hashed
        assert self.library.value("SELECT count(*) FROM jobs WHERE status <> 'completed'") == 0

    def teardown(self) -> None:
        if self.images:
            self.repair()
            self.run()
            assert not self.damaged
            self.nothing_is_broken()
        shutil.rmtree(self.library.folder)


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    with forge_in(tmp_path) as made:
        yield made


@pytest.mark.soak
def test_anything_in_any_order(forge: Forge) -> None:
    Machine.forge = forge
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=int(SOAK or 10),
            stateful_step_count=40 if SOAK else 15,
            deadline=None,
            derandomize=not SOAK,
            database=None,
            # Each try takes seconds: a failure is shown as it was found.
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
