"""register: take files into the library by their content."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from artpipe.actions.admit import Admission
from artpipe.actions.enlist import require_folder
from artpipe.actions.report import Problem, Progress, Report, Silent
from artpipe.db import sources
from artpipe.errors import ToolMissingError
from artpipe.names import path_text, shown
from artpipe.pipeline.walk import Candidate, PassedOver, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from artpipe.actions.admitted import Admitted
    from artpipe.library import Library
    from artpipe.pipeline.intake import Found

NO_PYAV = "no-pyav"
# What is known of a video without anybody having read it: nothing that could be said against it.
_UNDECIDED = {
    NO_PYAV: "is a video, for which PyAV is needed: pip install 'artpipe[video]', then register it again",
    "pyav-broken": "is a video, and PyAV can't be loaded here: `python -c 'import av'` says why",
    "decoder-died": "is a video, and the program that looks into videos hung or died; register it again",
}
LOOK_UP = 1000
RECORD = 500


@dataclass(frozen=True, slots=True)
class RegisterRequest:
    """What to register.

    Args:
        paths: files and folders.
        approve: approve what is new or pending, unless its bytes are bad.
        rehash: read files also when size, time and inode say that they are unchanged.
        copy: copy originals instead of linking them.
        stage: put the originals into this stage's folder as well.
    """

    paths: Iterable[str]
    approve: bool = False
    username: str | None = None
    url: str | None = None
    copy: bool = False
    rehash: bool = False
    dry_run: bool = False
    stage: str | None = None


@dataclass(slots=True)
class _Counts:
    registered: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: int = 0
    problems: list[Problem] = field(default_factory=list)
    skipped: list[PassedOver] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)


def register(library: Library, request: RegisterRequest, progress: Progress | None = None) -> Report:
    """Register files; every one of them ends as a row, as known already, or as a named problem."""
    library.require_art()
    if request.stage is not None:
        require_folder(library, request.stage)
    registering = _Registering(library, request, progress or Silent())
    registering.run()
    return registering.report()


class _Registering:
    def __init__(self, library: Library, request: RegisterRequest, progress: Progress) -> None:
        self._library, self._request, self._progress = library, request, progress
        self._counts = _Counts()
        self._admission = Admission(library, request)

    def run(self) -> None:
        from artpipe.pipeline.intake import read_all

        self._progress.start("registering", None)
        try:
            with self._admission.reading(films=True) as how:
                found = self._only_found(read_all(self._to_read(), how))
                while batch := list(islice(found, RECORD)):
                    self._count(self._admission.admit(batch))
        finally:
            self._progress.finish()

    def _to_read(self) -> Iterator[Candidate]:
        """Candidates that are new or look changed."""
        every = walk(self._request.paths, self._library.own_paths())
        while chunk := list(islice(every, LOOK_UP)):
            candidates = [entry for entry in chunk if isinstance(entry, Candidate)]
            for entry in chunk:
                if isinstance(entry, PassedOver):
                    self._pass_over(entry)
            yield from self._changed(candidates)

    def _changed(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        if self._request.rehash:
            return list(candidates)
        texts = [path_text(candidate.path) for candidate in candidates]
        seen = sources.seen(self._library.db, texts)
        unread = [
            candidate for candidate, text in zip(candidates, texts, strict=True) if (text, *candidate[1:]) not in seen
        ]
        same = len(candidates) - len(unread)
        self._counts.unchanged += same
        self._progress.advance(same)
        if same and self._admission.concerns_the_known:
            changed = {path_text(candidate.path) for candidate in unread}
            known = sources.find(self._library.db, texts)
            self._admission.seen_again([known[text][1] for text in texts if text in known and text not in changed])
        return unread

    def _only_found(self, read: Iterator[Found | PassedOver]) -> Iterator[Found]:
        for entry in read:
            if isinstance(entry, PassedOver):
                self._pass_over(entry)
            elif entry.probe and entry.probe.problem in _UNDECIDED:
                code = entry.probe.problem
                self._pass_over(PassedOver(entry.path, code, _UNDECIDED[code], failed=True))
            else:
                yield entry

    def _pass_over(self, entry: PassedOver) -> None:
        if entry.failed:
            self._counts.problems.append(
                Problem(entry.code, path_text(entry.path), f"{shown(path_text(entry.path))} {entry.message}")
            )
            self._progress.advance(1, failed=1)
        else:
            self._counts.skipped.append(entry)

    def _count(self, admitted: Sequence[Admitted | PassedOver]) -> None:
        counts = self._counts
        for one in admitted:
            if isinstance(one, PassedOver):
                self._pass_over(one)
                continue
            setattr(counts, one.how, getattr(counts, one.how) + 1)
            if one.reason:
                counts.reasons[one.reason] = counts.reasons.get(one.reason, 0) + 1
            self._progress.advance()

    def report(self) -> Report:
        counts = self._counts
        data = {
            "registered": counts.registered,
            "unchanged": counts.unchanged,
            "duplicates": counts.duplicates,
            "rejected": counts.rejected,
            "failed": len(counts.problems),
            "skipped": len(counts.skipped),
            "approved": self._admission.approved,
            "enlisted": self._admission.enlisted,
            "overwritten": self._admission.overwritten,
            "rejected_by_reason": dict(sorted(counts.reasons.items())),
        }
        lacking = counts.problems and all(problem.code == NO_PYAV for problem in counts.problems)
        exit_code = ToolMissingError.exit_code if lacking else None
        return Report(data=data, notes=self._notes(data), problems=counts.problems, exit_code=exit_code)

    def _notes(self, data: dict[str, object]) -> list[str]:
        would = "would be " if self._request.dry_run else ""
        reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(self._counts.reasons.items()))
        parts = [
            f"{data['registered']} {would}registered",
            f"{data['unchanged']} unchanged",
            f"{data['duplicates']} duplicates",
        ]
        parts.append(f"{data['rejected']} rejected" + (f" ({reasons})" if reasons else ""))
        parts.append(f"{data['failed']} failed")
        skipped = [f"skipped: {shown(path_text(entry.path))} {entry.message}" for entry in self._counts.skipped]
        if data["approved"]:
            parts.append(f"{data['approved']} approved")
        if self._request.stage:
            parts.append(f"{data['enlisted']} put into {self._request.stage}")
        lost = [
            f"the original of {shown(image_id)} was written over in place; `artpipe repair` looks for another copy"
            for image_id in self._admission.overwritten
        ]
        return [*skipped, *lost, ", ".join(parts)]
