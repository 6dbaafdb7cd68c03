"""Rows of files against the files, while others may be at work on both."""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from artpipe.actions import findings
from artpipe.actions.findings import Finding, Mend, living_runs
from artpipe.db import pages, verification
from artpipe.model import UPSTREAM
from artpipe.store import inspect

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from artpipe.actions.report import Progress
    from artpipe.db.connection import Row
    from artpipe.db.verification import Recorded
    from artpipe.library import Library
    from artpipe.pipeline.stopping import Stop
    from artpipe.store.inspect import Look

# Reading waits for disks more than for cores.
READERS = 8
PAGE = 1000
MARK = 500
# A folder that ought to hold this many files and holds nothing is a disk that is not mounted.
EMPTY_FOLDER = 100
_MOUNT = "Mount its disk; if the files are gone for good, remove the folder itself"
# A file that is replaced this often while we look will be looked at another day.
LOOKS = 3


class Comparison:
    """Looks at every file; what seems wrong is looked at again before it counts.

    Args:
        quick: sizes only.
        noting: what is sound is noted, for the next one to go on with.
        most: how many of each kind (no file, no row) are looked at again; the others are only counted.
    """

    def __init__(
        self, library: Library, stop: Stop, *, quick: bool, noting: bool = False, most: int | None = None
    ) -> None:
        self._library, self._stop, self._quick, self._noting = library, stop, quick, noting
        self._most = most
        self._root = library.store.root
        self._reported: set[tuple[str, str]] = set()
        self._empty: set[str] = set()
        self.findings: list[Finding] = []
        self.checked = self.last_row = 0
        # By (code, stage): how many more there are than were looked at again.
        self.beyond: Counter[tuple[str, str]] = Counter()

    def run(self, progress: Progress, *, go_on: bool) -> bool:
        """Compare; returns whether there was time for everything.

        Args:
            go_on: with contents that were not compared in the last round, if that was not finished.
        """
        db = self._library.db
        verification.prepare(db)
        self.last_row = verification.last_row(db)
        if not self._list():
            return False
        if self._quick:
            progress.start("verifying", sum(verification.file_counts(db).values()))
        suspects, strays = self._compare(progress)
        confirmed = self._confirm_rows(suspects) and self._confirm_strays(strays)
        return confirmed and (self._quick or self._contents(progress, go_on=go_on))

    def _list(self) -> bool:
        """Read every folder once."""
        entries = inspect.listing(self._root)
        while page := list(islice(entries, PAGE)):
            if self._stop.check():
                return False
            verification.load_listing(self._library.db, page)
        for stage, number in verification.file_counts(self._library.db).items():
            if number >= EMPTY_FOLDER and inspect.is_empty_folder(self._root, stage):
                self._empty.add(stage)
                detail = f"{number} files ought to be in this folder, which is empty. {_MOUNT}"
                self.findings.append(Finding("folder-empty", stage, detail, "by-hand", stage))
        return True

    def _compare(self, progress: Progress) -> tuple[list[Recorded], list[str]]:
        """Rows that seem to have no file of their size, and files that seem to have no row."""
        suspects: list[Recorded] = []
        strays: list[str] = []
        for row, path, size in _merged(verification.recorded(self._library.db), verification.listed(self._library.db)):
            if row is None:
                if self._has_room(strays, "file-unrecorded", place_of(path)[1]):
                    strays.append(path)
                continue
            self.checked += self._quick
            if self._quick and self.checked % PAGE == 0:
                progress.advance(PAGE)
            if row.stage in self._empty or (size is not None and row.size in {None, size}):
                continue
            if self._has_room(suspects, "file-missing" if size is None else "file-differs", row.stage):
                suspects.append(row)
        return suspects, strays

    def _has_room(self, found: Sequence[Recorded | str], code: str, stage: str) -> bool:
        """Whether one more is to be looked at again; else it is counted."""
        if self._most is None or len(found) < self._most:
            return True
        self.beyond[code, stage] += 1
        return False

    def _confirm_rows(self, suspects: Iterable[Recorded]) -> bool:
        for row in suspects:
            if self._stop.check():
                return False
            self._report(self.examine(row))
        return True

    def _confirm_strays(self, strays: Sequence[str]) -> bool:
        abandoned = findings.abandoned(self._library) if strays else set()
        for start in range(0, len(strays), PAGE):
            if self._stop.check():
                return False
            with self._library.db.transaction():
                left = unclaimed(self._library, strays[start : start + PAGE], self.last_row)
            for path in left:
                image_id, stage = place_of(path)
                detail, mend = _STRAY[path in abandoned]
                self.findings.append(Finding("file-unrecorded", image_id, detail, mend, stage, path))
        return True

    def _contents(self, progress: Progress, *, go_on: bool) -> bool:
        """Compare contents, those compared longest ago first, noting what is sound."""
        db = self._library.db
        number = verification.begin_round(db, go_on=go_on) if self._noting else verification.NEVER
        progress.start("verifying", verification.count_due(db, number))
        sound: list[Recorded] = []
        with closing(self._looks(verification.due(db, number, PAGE))) as looks:
            for row, look in looks:
                self.checked += 1
                bad = self._difference(row, look) is not None and self._report(self.examine(row))
                progress.advance(1, failed=int(bad))
                if not bad:
                    sound.append(row)
                stopping = self._stop.check()
                if len(sound) >= MARK or stopping:
                    self._note(number, sound)
                    sound.clear()
                if stopping:
                    return False
        self._note(number, sound)
        if self._noting:
            verification.end_round(db, number)
        return True

    def _note(self, number: int, sound: Sequence[Recorded]) -> None:
        if self._noting and sound:
            verification.mark(self._library.db, number, sound)

    def _looks(self, rows: Iterator[Recorded]) -> Generator[tuple[Recorded, Look], None, None]:
        """Read files in threads, results in the order of the rows; memory stays bounded."""
        waiting: deque[tuple[Recorded, Future[Look]]] = deque()
        with ThreadPoolExecutor(READERS, thread_name_prefix="artpipe-verify") as pool:
            try:
                for row in rows:
                    if row.stage in self._empty or (row.image_id, row.stage) in self._reported:
                        continue
                    waiting.append((row, pool.submit(self._look, row)))
                    if len(waiting) >= 4 * READERS:
                        first, look = waiting.popleft()
                        yield first, look.result()
                for left, look in waiting:
                    yield left, look.result()
            finally:
                for _, look in waiting:
                    look.cancel()

    def _look(self, row: Recorded) -> Look:
        if not inspect.is_within(row.path):
            return inspect.Look(trouble="outside")
        return inspect.look(self._root / row.path, hashed=row.sha256 is not None and not self._quick)

    def examine(self, row: Recorded) -> Finding | None:
        """Look twice, and believe only what is wrong while the row stays the same."""
        for _ in range(LOOKS):
            if self._difference(row, self._look(row)) is None:
                return None
            now = verification.find_recorded(self._library.db, row.image_id, row.stage)
            if now is None:
                return None
            if now.same_as(row):
                look = self._look(row)
                return self._finding(row, look, self._difference(row, look))
            row = now
        return None

    def _difference(self, row: Recorded, look: Look) -> tuple[str, str] | None:
        """Code and detail of what is wrong with a file."""
        if look.trouble == "missing" and (self._library.db.path.parent / row.path).is_file():
            # Scripts write paths relative to the library's folder.
            return _TROUBLES["outside"]
        if look.trouble:
            code, detail = _TROUBLES[look.trouble]
            return code, detail or look.reason
        if row.size not in {None, look.size}:
            return "file-differs", f"it has {look.size} bytes, its row says {row.size}"
        if look.sha256 not in {None, row.sha256}:
            return "file-differs", f"its sha256 is {look.sha256}, its row says {row.sha256}"
        return None

    def _finding(self, row: Recorded, look: Look, difference: tuple[str, str] | None) -> Finding | None:
        if difference is None:
            return None
        code, detail = difference
        mend: Mend = "restore" if row.stage == UPSTREAM else "remake"
        if code in {"outside-art", "file-unreadable"} or row.stage not in {UPSTREAM, *self._library.graph.stages}:
            mend = "by-hand"
        return Finding(code, row.image_id, detail, mend, row.stage, row.path, look.sha256 or "")

    def _report(self, finding: Finding | None) -> bool:
        if finding is None:
            return False
        self._reported.add((finding.item, finding.stage))
        self.findings.append(finding)
        return True


# Whether a command that died had it in hand.
_STRAY: dict[bool, tuple[str, Mend]] = {
    False: ("no row names it", "quarantine"),
    True: ("no row names it; a command that died had it in hand", "sweep"),
}
_TROUBLES = {
    "missing": ("file-missing", "its row is there, the file is not"),
    "not-a-file": ("file-differs", "something else than a file has its name"),
    "unreadable": ("file-unreadable", ""),
    "outside": ("outside-art", "its row names a file outside art/; `artpipe sync-artifacts` takes such files in"),
}


def _merged(rows: Iterator[Recorded], files: Iterator[Row]) -> Iterator[tuple[Recorded | None, str, int | None]]:
    """Two lists in order of path as one: (row or None, path, size or None for no such regular file)."""
    row, file = next(rows, None), next(files, None)
    matched = False
    while row is not None or file is not None:
        if row is not None and (file is None or row.path < file["path"]):
            yield row, row.path, None
            row = next(rows, None)
        elif row is not None and file is not None and row.path == file["path"]:
            yield row, row.path, file["size"]
            # The file stays: a second row may name it.
            row, matched = next(rows, None), True
        elif file is not None:
            if not matched:
                yield None, file["path"], file["size"]
            file, matched = next(files, None), False


def place_of(path: str) -> tuple[str, str]:
    """The (image id, stage) that a file below art/ would belong to."""
    parts = PurePosixPath(path).parts
    return PurePosixPath(path).stem, parts[0] if len(parts) > 1 else ""


def unclaimed(library: Library, paths: Sequence[str], last_row: int) -> list[str]:
    """Those files that no row names and nobody is about to give one.

    Within an open transaction: whoever registers links files and writes their rows in one, so that none is half done
    now. A run renames files between two, but then it has their jobs in hand; what it has replaced it removes later,
    so its finished jobs count too while it lives.

    Args:
        last_row: paths of rows up to this one were compared already, unless they are in their usual place.
    """
    db, places = library.db, {path: place_of(path) for path in paths}
    wanted = list(places.values())
    named = {str(PurePosixPath(path)) for path in verification.paths_at(db, wanted)}
    named.update(verification.paths_since(db, paths, last_row))
    named.update(pages.known(db, paths))
    alive: set[int | None] = {*living_runs(library)}
    busy = {
        (row["image_id"], row["stage"])
        for row in verification.holders(db, wanted)
        if row["run_id"] in alive or (row["status"] == "running" and row["run_id"] is None)
    }
    root = library.store.root
    return [
        path for path, place in places.items() if path not in named and place not in busy and inspect.exists(root, path)
    ]
