"""Options and arguments that commands share, and what is read from them."""

from __future__ import annotations

import functools
import inspect
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from artpipe.errors import UsageError
from artpipe.library import Place

if TYPE_CHECKING:
    from artpipe.actions.report import Report


class Common(NamedTuple):
    """The flags that every command has.

    Args:
        null: NUL instead of line ends, in lists read from stdin and written to stdout.
    """

    command: str
    db: Path | None = None
    art: Path | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    no_progress: bool = False
    null: bool = False

    def place(self) -> Place:
        db, art = self.db or _path("ARTPIPE_DB"), self.art or _path("ARTPIPE_ART")
        return Place(database=db, art=art)


Db = Annotated[
    Path | None,
    typer.Option(
        "--db", metavar="PATH", help="The library's database [default: the nearest cv.db]", show_default=False
    ),
]
Art = Annotated[
    Path | None,
    typer.Option(
        "--art",
        metavar="DIR",
        help="The folder of all artifacts [default: art/ beside the database]",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.", show_default=False)]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress and no notes.", show_default=False)]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say more on stderr.", show_default=False)]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="No progress bar.", show_default=False)]
Null = Annotated[
    bool,
    typer.Option("-0", "--null", help="Lists on stdin and stdout are separated by NUL.", show_default=False),
]

_TIME_LIMIT = "Stop after this long: 90m, 2h30m, 45s; work in hand gets up to a minute more."

DryRun = Annotated[bool, typer.Option("-n", "--dry-run", help="Only say what would be done.", show_default=False)]
Limit = Annotated[
    int | None, typer.Option("--limit", metavar="N", min=0, max=2**62, help="At most this many.", show_default=False)
]
Jobs = Annotated[
    int,
    typer.Option(
        "-j",
        "--jobs",
        metavar="N",
        min=0,
        help="Worker processes [default: one per core]",
        show_default=False,
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="HH:MM",
        help="Stop at this time of day, as --time-limit does.",
        show_default=False,
    ),
]
TimeLimit = Annotated[
    str | None,
    typer.Option(
        "--time-limit",
        metavar="TIME",
        help=_TIME_LIMIT,
        show_default=False,
    ),
]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Stop at the first failure.", show_default=False)]
Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ID...|-]", help="Ids or file names of images; - reads them from stdin.", show_default=False
    ),
]


class ReaderGoneError(Exception):
    """Whoever read our output has enough, for example `head`."""


_COMMON: dict[str, tuple[Any, Any]] = {
    "db": (Db, None),
    "art": (Art, None),
    "as_json": (AsJson, False),
    "quiet": (Quiet, False),
    "verbose": (Verbose, False),
    "no_progress": (NoProgress, False),
    "null": (Null, False),
}


def command(function: Callable[..., Report | int]) -> Callable[..., int]:
    """Make a function that takes `Common` first a command: shared options are added, its report is shown.

    One that streams shows its report itself while the library is open, then returns the exit code.
    """
    # Reports are only named for type checkers; importing them here would cost every command its start-up time.
    function.__annotations__.pop("return", None)
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in _COMMON.items()
    ]
    keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    name = function.__name__.rstrip("_").replace("_", "-")

    @functools.wraps(function)
    def wrapper(**values: Any) -> int:
        from artpipe.cli import render

        flags = {key: values.pop(key) for key in _COMMON}
        flags["json"] = flags.pop("as_json")
        common = merged(Common(name, **flags))
        render.now.common = common
        try:
            report = function(common, **values)
            return report if isinstance(report, int) else render.show(report, common)
        except BrokenPipeError:
            # Under a name of our own: typer would make exit code 1 of it.
            raise ReaderGoneError from None

    # \b keeps typer from filling the lines of the example.
    wrapper.__doc__ = inspect.cleandoc(function.__doc__ or "").replace("\nExample:\n", "\n\b\nExample:\n")
    wrapper.__signature__ = inspect.Signature([*keyword, *shared])  # type: ignore[attr-defined]  # typer reads it
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in [*keyword, *shared]}
    return wrapper


# What stood before the command's name: `artpipe --db other.db stats`.
before_command: dict[str, Any] = {}


def merged(common: Common) -> Common:
    return common._replace(**{key: value for key, value in before_command.items() if not getattr(common, key)})


def _path(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


def names(given: Iterable[str] | None, common: Common) -> Iterator[str]:
    """Names from the arguments, with `-` replaced by the lines of stdin."""
    for name in given or ():
        if name == "-":
            yield from lines_of_stdin(common)
        else:
            yield name


def lines_of_stdin(common: Common) -> Iterator[str]:
    """Names from stdin, one a line or separated by NUL; bytes that are not UTF-8 survive."""
    separator = b"\0" if common.null else b"\n"
    rest = b""
    # os.read returns what is there: a slow producer's first lines are not kept waiting.
    while chunk := os.read(sys.stdin.fileno(), 65536):
        *whole, rest = (rest + chunk).split(separator)
        yield from _decoded(whole, common)
    yield from _decoded([rest], common)


def _decoded(parts: list[bytes], common: Common) -> Iterator[str]:
    for part in parts:
        text = os.fsdecode(part if common.null else part.removesuffix(b"\r"))
        if text:
            yield text


def seconds_allowed(until: str | None, limit: str | None) -> float | None:
    """The sooner of a time of day and a length of time, in seconds from now.

    Raises:
        UsageError: one of them cannot be read.
    """
    allowed = [seconds_until(until)] if until else []
    if limit:
        allowed.append(duration(limit))
    return min(allowed, default=None)


def seconds_until(text: str) -> float:
    """Seconds until the local clock shows HH:MM; 0 while it does."""
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text, re.ASCII)
    if match is None:
        raise UsageError(f"--until takes a time of day like 06:30, not {text!r}.")
    now = time.localtime()
    wanted = int(match[1]) * 3600 + int(match[2]) * 60
    passed = now.tm_hour * 3600 + now.tm_min * 60 + now.tm_sec
    if now.tm_hour * 60 + now.tm_min == wanted // 60:
        # It is that time now: a run that cron starts late must not go on until tomorrow.
        return 0.0
    return float((wanted - passed) % 86400)


def duration(text: str) -> float:
    """Seconds of `90m`, `2h30m`, `45s` or a plain number of seconds."""
    match = re.fullmatch(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s?)?", text, re.ASCII)
    if not text or match is None:
        raise UsageError(f"--time-limit takes a length of time like 90m, 2h30m or 45s, not {text!r}.")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)
