"""Results that are wanted of pairs of images, made rows before they are made files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from artpipe.db import images, lineage
from artpipe.db.lineage import Result
from artpipe.errors import SettingsError
from artpipe.names import MAX_ID_BYTES, candidates, safe_id, shown, with_suffix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from artpipe.db.connection import Database
    from artpipe.library import Library
    from artpipe.model import Stage

ALL: Final = "all"
ASKED: Final = "asked"
CHUNK: Final = 1000
_PAIR: Final = 2


@dataclass(slots=True)
class Paired:
    """What became of a list of pairs.

    Args:
        problems: (the line, what is wrong with it).
    """

    created: int = 0
    known: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)


def ensure(library: Library, stage: Stage) -> Paired:
    """Within an open transaction: a row for every pair that the stage's rule wants.

    Raises:
        SettingsError: the file of pairs can't be read.
    """
    if stage.pairs == ALL:
        paired = Paired()
        pairs = list(lineage.unknown_pairs(library.db, stage, library.graph.lists_for(stage.name)))
        paired.created = _create(library.db, stage, pairs)
        return paired
    if stage.pairs in {None, ASKED}:
        return Paired()
    return wish(library, stage, _lines(library.settings.file, stage), f"{stage.pairs}, ")


def wish(library: Library, stage: Stage, lines: Iterable[str], where: str = "") -> Paired:
    """Within an open transaction: a row for every line that names two images.

    Args:
        where: what the lines stand in, for messages.
    """
    paired, known = Paired(), lineage.known_pairs(library.db, stage)
    numbered = ((f"{where}line {at}", line) for at, line in enumerate(lines, 1) if line.strip())
    while chunk := list(islice(numbered, CHUNK)):
        pairs = [pair for pair in _resolved(library.db, chunk, paired) if not _count_known(pair, known, paired)]
        paired.created += _create(library.db, stage, pairs)
    return paired


def _count_known(pair: tuple[str, str], known: set[tuple[str, str]], paired: Paired) -> bool:
    if pair in known:
        paired.known += 1
        return True
    known.add(pair)
    return False


def _resolved(db: Database, lines: list[tuple[str, str]], paired: Paired) -> Iterator[tuple[str, str]]:
    """The images that lines name, each of which comes with where it stands."""
    split = [(place, line, _two(line)) for place, line in lines]
    names = [name for *_, pair in split for name in pair]
    found = dict(zip(names, images.resolve(db, [candidates(name) for name in names]), strict=True))
    for place, line, pair in split:
        missing = [name for name in pair if found[name] is None]
        if len(pair) != _PAIR:
            message = f"{shown(line)!r} is no pair ({shown(place)}): two ids, with a tab between them, are."
            paired.problems.append((line, message))
        elif missing:
            message = f"There is no image {shown(missing[0])}, which a pair names ({shown(place)})."
            paired.problems.append((line, message))
        else:
            yield str(found[pair[0]]), str(found[pair[1]])


def _two(line: str) -> list[str]:
    """The names in a line: with a tab between them, or with a space where neither holds one."""
    return line.split("\t") if "\t" in line else line.split()


def _lines(settings: Path, stage: Stage) -> Iterator[str]:
    path = settings.parent / str(stage.pairs)
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        message = f"stages.{stage.name}.pairs names {path}, which can't be read: {error.strerror}."
        allowed = '"all", "asked" or the name of a file beside this one'
        raise SettingsError(f"{settings}: {message} Allowed are {allowed}.") from None
    return (line.rstrip("\r") for line in text.split("\n"))


def _create(db: Database, stage: Stage, pairs: list[tuple[str, str]]) -> int:
    for at in range(0, len(pairs), CHUNK):
        chunk = pairs[at : at + CHUNK]
        lineage.add_results(db, stage, _named(db, stage, chunk))
    return len(pairs)


def _named(db: Database, stage: Stage, pairs: list[tuple[str, str]]) -> Iterator[Result]:
    """Give each pair an id of its own: FIRST-SECOND, with a hash behind it where that is taken or too long."""
    wanted = [safe_id(f"{first}-{second}") for first, second in pairs]
    taken = lineage.taken_ids(db, wanted)
    for (first, second), base in zip(pairs, wanted, strict=True):
        name = base
        if base in taken or len(f"{first}-{second}".encode()) > MAX_ID_BYTES:
            name = _unused(db, base, f"{stage.name}\0{first}\0{second}", taken)
        taken.add(name)
        yield Result(name, first, second)


def _unused(db: Database, base: str, pair: str, taken: set[str]) -> str:
    digest = hashlib.sha256(pair.encode()).hexdigest()
    names = [with_suffix(base, digest, digits) for digits in (8, 16, 64)]
    free = set(names) - taken - lineage.taken_ids(db, names)
    return next(name for name in names if name in free)
