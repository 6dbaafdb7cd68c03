"""What was taken of a film so far, written down picture by picture so that whoever comes next need not begin again."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.stages.video.choice import Moment

_NAME: Final = "journal.jsonl"


class Entry(NamedTuple):
    """A picture that was chosen: taken, or left out by the sieve.

    Args:
        pts: its time as the file has it; None where the file does not tell.
        began: seconds of the first picture of all, from which moments are counted.
        digest: of its pixels, where repeats are left out; else empty.
        taken: what the answer says of it; None if it was left out.
        sha256: of its file.
    """

    seconds: float
    number: int
    pts: int | None
    began: float
    digest: str
    taken: dict[str, Any] | None = None
    sha256: str = ""


def entry(moment: Moment, digest: str, taken: dict[str, Any] | None = None, data: bytes = b"") -> Entry:
    sha256 = hashlib.sha256(data).hexdigest() if taken else ""
    return Entry(moment.seconds, moment.number, moment.pts, moment.began, digest, taken, sha256)


class Journal:
    """The journal of a folder; without one, everything that lies in the folder is overwritten.

    A line is written when its picture's file is complete. Nothing is synced: what a power cut leaves is told from the
    hashes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / _NAME

    def sound(self) -> list[Entry]:
        """What stands in it, up to the first picture whose file is not what it says."""
        found: list[Entry] = []
        with suppress(OSError, ValueError, TypeError):
            for line in self._path.read_text(encoding="utf-8").splitlines():
                one = Entry(**json.loads(line))
                if one.taken is not None and not self._holds(one):
                    break
                found.append(one)
        return found

    def _holds(self, one: Entry) -> bool:
        assert one.taken is not None  # noqa: S101 - for mypy: asked before
        data = (self._folder / Path(one.taken["file"]).name).read_bytes()
        return hashlib.sha256(data).hexdigest() == one.sha256

    def begin(self, entries: Sequence[Entry]) -> None:
        """Let it hold these alone."""
        text = "".join(_line(one) for one in entries)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._path)

    def add(self, one: Entry) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(one))

    def distrust(self) -> None:
        """The film is damaged: where that was met with, nobody can enter it and see the same."""
        self._path.unlink(missing_ok=True)


def _line(one: Entry) -> str:
    return json.dumps(one._asdict()) + "\n"
