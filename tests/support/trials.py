"""Commands that are killed at chosen points in a library that is put back each time."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from artpipe.db.schema import newest
from support.faultpoints import Forge, Point, wait_until_nobody_in
from support.films import film
from support.invariants import violations
from support.library import TestLibrary
from support.photos import small
from support.states import broken, differences, state_of

SOAK = "ARTPIPE_SOAK" in os.environ

Command = tuple[str, ...]


@dataclass(frozen=True)
class Scenario:
    """A command that is killed.

    Args:
        before: what was done to the library before.
        settings: new ones, that the killed command is the first to see.
        after: what the user does after the kill; nothing else is needed to have what was wanted.
    """

    before: tuple[Command, ...]
    killed: Command
    after: tuple[Command, ...]
    settings: str = ""
    kills: int = 3


class Trial:
    """A library that can be put back to the moment before the command."""

    def __init__(self, folder: Path, forge: Forge, scenario: Scenario) -> None:
        self.library = TestLibrary(folder / "library")
        self._template, self._forge, self._scenario = folder / "template", forge, scenario
        self.prepare()
        shutil.copytree(self.library.folder, self._template)
        self.reset()
        ended = forge.run(self.library.folder, *scenario.killed)
        assert ended.code == 0, ended
        self.calls = ended.calls
        self.recover()
        self._expected = state_of(self.library.db, self.library.art)

    def prepare(self) -> None:
        """Bring the library to the moment before the command."""
        fill(self.library.img)
        for command in self._scenario.before:
            self.ok(command)
        self.library.settings(self._scenario.settings)

    def reset(self) -> None:
        shutil.rmtree(self.library.folder)
        shutil.copytree(self._template, self.library.folder)

    def kill(self, point: Point) -> bool:
        """Run the command until it ends itself; False if it came to its end."""
        ended = self._forge.run(self.library.folder, *self._scenario.killed, kill=point)
        assert ended.killed or ended.code == 0, ended
        wait_until_nobody_in(self.library.folder)
        return ended.killed

    def recover(self) -> None:
        for command in self._scenario.after:
            self.ok(command)

    def problems_after_kill(self, point: Point) -> list[str]:
        self.reset()
        killed = self.kill(point)
        database, art = self.library.db, self.library.art
        # Before the schema's own transactions are through there is nothing that could be wrong.
        found = broken(database, art) if killed and has_tables(self.library) else []
        self.recover()
        found += violations(database, art)
        return found + differences(state_of(database, art), self._expected)

    def ok(self, command: Command) -> None:
        ended = self._forge.run(self.library.folder, *command)
        assert ended.code == 0, (command, ended)


def has_tables(library: TestLibrary) -> bool:
    return library.db.exists() and bool(library.value("PRAGMA user_version") == newest())


def fill(img: Path) -> None:
    """Three pictures, one of them twice, a damaged one and an empty one."""
    for seed in range(3):
        small(img / f"{seed}.png", seed)
    shutil.copyfile(img / "0.png", img / "again.png")
    (img / "broken.png").write_bytes((img / "1.png").read_bytes()[:200])
    (img / "empty.png").touch()
    film(img.parent / "films" / "clip.mp4", 15)
    for seed in range(3):
        small(img.parent / "done" / f"{seed}.png", 10 + seed)


def chosen(calls: Counter[str], kills: int) -> list[Point]:
    return [Point(kind, number) for kind, total in sorted(calls.items()) for number in spread(total, kills)]


def spread(total: int, most: int) -> list[int]:
    """Numbers from 1 to `total`, at most so many, the last and then the first among them."""
    if SOAK or total <= most:
        return list(range(1, total + 1))
    if most == 1:
        return [total]
    return sorted({1 + index * (total - 1) // (most - 1) for index in range(most)})
