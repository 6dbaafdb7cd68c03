"""Damaging the files of a library at random, reproducibly."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

from support.library import TestLibrary
from support.photos import small
from support.templates import Preparation, prepared

STAGES = ("thumbnails-small", "web-optimized", "blurhash", "phash")


def fill(library: TestLibrary, number: int, *options: str) -> dict[str, bytes]:
    """A library with everything made but the upscales, which take long; returns all files below art/."""
    return prepared(library, _filling(number, options)).files()


@cache
def _filling(number: int, options: tuple[str, ...]) -> Preparation:
    def fill(library: TestLibrary) -> None:
        for seed in range(number):
            small(library.img / f"{seed:02}.png", seed)
        library.ok("register", "--approve", *options, "img")
        library.ok("run", *STAGES)

    return fill


class Vandal:
    """Damages files; each of them once."""

    def __init__(self, art: Path, seed: int, *, only: tuple[str, ...] = ()) -> None:
        self._art, self._random = art, random.Random(seed)  # noqa: S311 - repeatable, that is the point
        folders = [
            folder for folder in sorted(art.iterdir()) if folder.name in only or (not only and folder.name[0] != ".")
        ]
        self._files = [file for folder in folders for file in sorted(folder.iterdir())]
        self._random.shuffle(self._files)
        self._folders = folders
        self._kinds: list[Callable[[], list[Path]]] = [
            self._flip,
            self._truncate,
            self._delete,
            self._swap,
            self._stray,
        ]

    def damage(self, number: int) -> dict[str, str]:
        """Do this much damage; returns the files concerned, relative to art/, with what was done to them."""
        done = {}
        for _ in range(number):
            kind = self._random.choice(self._kinds)
            for path in kind():
                done[str(path.relative_to(self._art))] = kind.__name__[1:]
        return done

    def _flip(self) -> list[Path]:
        path = self._files.pop()
        data = bytearray(path.read_bytes())
        data[self._random.randrange(len(data))] ^= 1 << self._random.randrange(8)
        return self._put(path, bytes(data))

    def _truncate(self) -> list[Path]:
        path = self._files.pop()
        data = path.read_bytes()
        return self._put(path, data[: self._random.randrange(len(data))])

    def _delete(self) -> list[Path]:
        path = self._files.pop()
        path.unlink()
        return [path]

    def _swap(self) -> list[Path]:
        first = self._files.pop()
        other = next(path for path in self._files if path.read_bytes() != first.read_bytes())
        self._files.remove(other)
        aside = first.with_name("aside")
        first.rename(aside)
        other.rename(first)
        aside.rename(other)
        return [first, other]

    def _stray(self) -> list[Path]:
        path = self._random.choice(self._folders) / f"stray {self._random.randrange(10**9)}.png"
        return self._put(path, self._random.randbytes(100))

    def _put(self, path: Path, data: bytes) -> list[Path]:
        """In place or as a new file, as programs do either."""
        if path.exists() and self._random.random() < 0.5:
            path.unlink()
        path.write_bytes(data)
        return [path]


def put_back(library: TestLibrary, files: dict[str, bytes]) -> None:
    """Undo all damage."""
    for name in library.files().keys() - files.keys():
        (library.art / name).unlink()
    for name, data in files.items():
        path = library.art / name
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)


@contextmanager
def undone(library: TestLibrary) -> Iterator[None]:
    """Whatever happens to the database meanwhile is taken back."""
    saved = library.folder / ".saved.db"
    with closing(sqlite3.connect(library.db)) as db, closing(sqlite3.connect(saved)) as copy:
        db.backup(copy)
    try:
        yield
    finally:
        for suffix in ("-wal", "-shm"):
            library.db.with_name(library.db.name + suffix).unlink(missing_ok=True)
        os.replace(saved, library.db)


@contextmanager
def as_it_was(library: TestLibrary) -> Iterator[None]:
    """Whatever happens to the library meanwhile, files included, is taken back."""
    saved = library.folder / ".saved.art"
    shutil.copytree(library.art, saved, copy_function=os.link, symlinks=True)
    with undone(library):
        try:
            yield
        finally:
            shutil.rmtree(library.art)
            saved.rename(library.art)


def take_quarantine(library: TestLibrary) -> dict[str, bytes]:
    """What was moved out of the way: path below the day's folder -> bytes; the quarantine is empty afterwards."""
    found = {}
    root = library.art / ".quarantine"
    for path in sorted(root.rglob("*"), reverse=True) if root.is_dir() else []:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
            continue
        if path.is_file():
            found["/".join(path.relative_to(root).parts[1:])] = path.read_bytes()
        path.unlink()
    return found


def in_background(library: TestLibrary, script: str) -> subprocess.Popen[bytes]:
    """A bash script at work in the library's folder, with `artpipe` and `python` as they are here."""
    ours = f'python() {{ "{sys.executable}" "$@"; }}; artpipe() {{ python -m artpipe "$@"; }}; '
    return subprocess.Popen(
        ["bash", "-e", "-o", "pipefail", "-c", ours + script],
        cwd=library.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    )
