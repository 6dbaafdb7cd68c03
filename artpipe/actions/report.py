"""What an action answers: plain data that a face shows as text or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Table(NamedTuple):
    """Rows for people.

    Args:
        columns: headings.
        rows: one cell per column; numbers are set to the right.
    """

    columns: Sequence[str]
    rows: Iterable[Sequence[object]]
    title: str = ""


class Problem(NamedTuple):
    """One item that was not done.

    Args:
        code: reason code.
        item: which one (an id, a path).
        message: what happened, in one sentence.
    """

    code: str
    item: str
    message: str


class Report(NamedTuple):
    """The answer to one command.

    Args:
        data: what `--json` prints; counts have the same names as in the text.
        lines: results for stdout, one item a line (ids); may be a stream.
        tables: results for stdout, for people.
        notes: what happened, for stderr; left out with `--quiet`.
        problems: items that failed; they make exit code 1.
        exit_code: overrides what the problems say.
    """

    data: Mapping[str, Any] = {}
    lines: Iterable[str] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()
    problems: Sequence[Problem] = ()
    exit_code: int | None = None

    def code(self) -> int:
        if self.exit_code is not None:
            return self.exit_code
        return 1 if self.problems else 0


class Progress(Protocol):
    """What an action tells a person who waits."""

    def start(self, what: str, total: int | None) -> None: ...

    def advance(self, done: int = 1, failed: int = 0) -> None: ...

    def note(self, text: str) -> None:
        """What only somebody who asked for more (`--verbose`) wants to know."""

    def finish(self) -> None: ...


class Silent:
    """Nobody waits."""

    def start(self, what: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, done: int = 1, failed: int = 0) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def finish(self) -> None:
        """Say nothing."""
