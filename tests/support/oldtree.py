"""A tree of directories as they were before artpipe, with everything that such trees have."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from support.oldpictures import JPEG, PNG, grid, picture

# What is taken in and comes out again; pages and unknown folders stay where they are.
FOLDERS = ("img", "yes", "no", "thumbs", "t2", "replicate", "pub", "v", "blur")


@dataclass
class OldTree:
    """Builds a tree; every case is a method that takes the number of the picture.

    Args:
        earlier: where the tree lay before, for some of the colour grids.
    """

    root: Path
    earlier: str = "/disk1/pictures"

    def put(self, relative: str | bytes, data: bytes = b"") -> None:
        path = os.path.join(os.fsencode(self.root), os.fsencode(relative))
        folder = os.path.dirname(path)
        if folder not in _made:
            os.makedirs(folder, exist_ok=True)
            _made.add(folder)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.write(descriptor, data)
        os.close(descriptor)

    def id(self, number: int) -> str:
        """Like a UUID."""
        digits = hashlib.md5(str(number).encode()).hexdigest()  # noqa: S324 - no secret
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def original(self, number: int, suffix: str = "jpeg", *, empty: bool = False) -> str:
        name = self.id(number)
        data = picture(number, PNG if suffix == "png" else JPEG)
        self.put(f"img/{name}.{suffix}", b"" if empty else data)
        return name

    def derived(self, number: int, folder: str, *, empty: bool = False) -> None:
        number_of = {"thumbs": 1, "t2": 2, "replicate/img": 3, "replicate/t2": 4}[folder]
        size = (120, 80) if folder == "replicate/img" else (40, 27)
        data = b"" if empty else picture(10_000_000 * number_of + number, PNG, size)
        self.put(f"{folder}/{self.id(number)}.png", data)

    def upscaled(self, number: int) -> None:
        self.derived(number, "replicate/img")
        self.derived(number, "replicate/t2")
        note = f'{{"model": "real-esrgan", "input": {{"scale": 4, "seed": {number}}},\n "note": "é"}}\n'
        self.put(f"replicate/js/{self.id(number)}.json", note.encode())

    def complete(self, number: int) -> None:
        name = self.original(number, ("jpeg", "jpg", "png")[number // 20 % 3])
        self.put(f"yes/{name}.jpeg")
        self.derived(number, "thumbs")
        self.derived(number, "t2")
        self.upscaled(number)

    def rejected_and_emptied(self, number: int) -> None:
        name = self.original(number, empty=True)
        self.put(f"no/{name}")
        self.derived(number, "thumbs", empty=True)

    def rejected(self, number: int) -> None:
        name = self.original(number)
        self.put(f"no/{name}.{('jpeg', 'png')[number // 20 % 2]}")
        self.derived(number, "thumbs")

    def emptied_but_upscaled(self, number: int) -> None:
        name = self.original(number, empty=True)
        self.put(f"yes/{name}.png")
        self.derived(number, "thumbs", empty=True)
        self.derived(number, "t2", empty=True)
        self.upscaled(number)

    def undecided(self, number: int) -> None:
        name = self.original(number)
        self.derived(number, "thumbs")
        self.blurred(number, f"{self.root}/img/{name}.jpeg")

    def thumbnail_emptied(self, number: int) -> None:
        self.original(number)
        self.derived(number, "thumbs", empty=True)

    def approved_by_copy(self, number: int) -> None:
        name = self.original(number)
        self.put(f"yes/{name}.jpeg", picture(number, JPEG))

    def approved_by_the_only_bytes(self, number: int) -> None:
        name = self.original(number, empty=True)
        self.put(f"yes/{name}.png", picture(number, PNG))

    def approved_by_other_bytes(self, number: int) -> None:
        name = self.original(number)
        self.put(f"yes/{name}.png", picture(number, PNG))

    def conflicting(self, number: int) -> None:
        name = self.original(number)
        self.put(f"yes/{name}.jpeg")
        self.put(f"no/{name}")

    def nothing_real(self, number: int) -> None:
        name = self.original(number, empty=True)
        self.derived(number, "thumbs", empty=True)
        if number // 20 % 2:
            self.put(f"yes/{name}.jpeg")

    def only_a_name(self, number: int) -> None:
        self.put(f"no/{self.id(number)}")

    def video(self, number: int) -> None:
        name = self.id(number)
        self.put(f"img/{name}.mp4")
        self.put(f"v/mp4/{name}.mp4", b"\0\0\0\x18ftypmp42" + f"video {number}".encode() * 9)
        for frame in range(1, 4):
            self.put(f"v/img/{name}/v-{name}-{frame:04}.jpeg", picture(60_000_000 + 10 * number + frame, JPEG))

    def twins(self, number: int) -> None:
        name = self.original(number)
        self.put(f"img/{name}.png", picture(number, PNG))
        self.derived(number, "thumbs")
        self.put(f"{('yes', 'no')[number // 20 % 2]}/{name}.png")

    def same_bytes(self, number: int) -> None:
        data = picture(number, JPEG)
        for suffix in "ab":
            self.put(f"img/{self.id(number)}{suffix}.jpeg", data)
            self.put(f"thumbs/{self.id(number)}{suffix}.png", picture(10_000_000 + number, PNG))
        self.put(f"yes/{self.id(number)}b.jpeg")

    def case_twins(self, number: int) -> None:
        name = self.id(number)
        for seed, spelled in enumerate((name, name.upper())):
            self.put(f"img/{spelled}.jpeg", picture(70_000_000 + 2 * number + seed, JPEG))
            self.put(f"thumbs/{spelled}.png", picture(80_000_000 + 2 * number + seed, PNG))
        self.put(f"no/{name.upper()}")

    def unsafe_name(self, number: int) -> None:
        odd = _UNSAFE[number // 20 % len(_UNSAFE)] + str(number).encode()
        self.put(b"img/" + odd + b".jpeg", picture(number, JPEG))
        self.put(b"thumbs/" + odd + b".png", picture(10_000_000 + number, PNG))
        self.put(b"no/" + odd)

    def broken(self, number: int) -> None:
        self.original(number)
        self.put(f"thumbs/{self.id(number)}.png", picture(number, PNG)[:60])
        self.put(f"img/{self.id(number)}x.jpeg", b"this was a web page " + str(number).encode())

    def blurred(self, number: int, path: str) -> None:
        name = hashlib.sha256(path.encode()).hexdigest()
        side = (4, 20)[number // 20 % 2]
        newer = number // 40 % 2
        self.put(f"blur/{name}.blur" if newer else f"blur/{name}", grid(number, side).encode())
        if newer:
            self.put(f"blur/{name}.dim", b"600,400")

    def moved_blur(self, number: int) -> None:
        name = self.original(number)
        self.derived(number, "thumbs")
        self.blurred(number, f"{self.earlier}/thumbs/{name}.png")

    def unknown_blur(self, number: int) -> None:
        self.original(number)
        self.blurred(number, f"/somewhere/else/{number}.jpeg")

    def template(self, number: int) -> None:
        name = self.id(number)
        self.put(f"pub/W/{name}.png", picture(20_000_000 + number, PNG))
        for style in ("01", "02"):
            self.put(f"pub/w-{style}/w-{style}-{name}.png", picture(30_000_000 + 10 * number + int(style), PNG))


_made: set[bytes] = set()
_UNSAFE = (
    b"with space ",
    b"quote'\"$(x)",
    "Umlaut-e\u0301-".encode(),
    b"-rf ",
    b"line\nbreak",
    b"not-utf8-\xff\xfe",
    b"dots.in.it.",
    b"percent%20&amp;",
    b"tilde~",
    b"x" * 190,
)
CASES: tuple[Callable[[OldTree, int], None], ...] = (
    OldTree.complete,
    OldTree.rejected_and_emptied,
    OldTree.rejected,
    OldTree.emptied_but_upscaled,
    OldTree.undecided,
    OldTree.thumbnail_emptied,
    OldTree.approved_by_copy,
    OldTree.approved_by_the_only_bytes,
    OldTree.approved_by_other_bytes,
    OldTree.conflicting,
    OldTree.nothing_real,
    OldTree.only_a_name,
    OldTree.video,
    OldTree.twins,
    OldTree.same_bytes,
    OldTree.case_twins,
    OldTree.unsafe_name,
    OldTree.broken,
    OldTree.moved_blur,
    OldTree.unknown_blur,
)


def build(root: Path, pictures: int) -> OldTree:
    """A tree in which every case has its equal share; its img/ is a link to another folder, as on a second disk."""
    _made.clear()
    tree = OldTree(root)
    (root.parent / "disk2").mkdir(parents=True)
    root.mkdir()
    (root / "img").symlink_to(root.parent / "disk2")
    for number in range(pictures):
        CASES[number % len(CASES)](tree, number)
    for number in range(0, min(pictures, 400), 20):
        tree.template(number)
    tree.put("pub/w-01/w-01.png", picture(40_000_000, PNG))
    tree.put("pub/w-01/w-01-nobody.png", picture(40_000_001, PNG))
    for unfinished in ("img/.download.jpeg", "yes/.x", "thumbs/.tmp.png"):
        tree.put(unfinished, b"unfinished")
    for page in ("g/index.html", "tmp/g/1/index.html", "W/a.html", "misc/notes.txt"):
        tree.put(page, b"<html>")
    return tree


Files = dict[bytes, tuple[int, str]]


def files_of(root: Path) -> Files:
    """Every finished file of the known folders: relative path -> (size, sha256)."""
    found = {}
    for path in _walk(root):
        with open(path, "rb") as file:
            data = file.read()
        found[os.path.relpath(path, os.fsencode(root))] = (len(data), hashlib.sha256(data).hexdigest())
    return found


def stamps_of(root: Path) -> dict[bytes, tuple[int, int, int]]:
    """Everything below a root, with size, time and inode: what must not change."""
    found = {}
    for above, folders, names in os.walk(os.fsencode(root), followlinks=True):
        for name in [*folders, *names]:
            status = os.lstat(os.path.join(above, name))
            found[os.path.join(above, name)] = (status.st_size, status.st_mtime_ns, status.st_ino)
    return found


def _walk(root: Path) -> Iterator[bytes]:
    for folder in FOLDERS:
        for above, _, names in os.walk(os.path.join(os.fsencode(root), folder.encode()), followlinks=True):
            yield from (os.path.join(above, name) for name in names if not name.startswith(b"."))


def disk_use(*folders: Path) -> int:
    """Bytes on disk, each file counted once however many names it has."""
    seen = {}
    for folder in folders:
        for above, _, names in os.walk(folder):
            for name in names:
                status = os.lstat(os.path.join(above, name))
                seen[status.st_dev, status.st_ino] = 512 * status.st_blocks
    return sum(seen.values())
