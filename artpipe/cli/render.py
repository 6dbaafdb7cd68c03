"""The one place that prints: reports as text or JSON, messages on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from artpipe.names import shown

if TYPE_CHECKING:
    from artpipe.actions.report import Report, Table
    from artpipe.cli.options import Common

# Lines written together.
MOST_AT_ONCE = 1024


class _Now:
    """The flags of the command that is running, for messages about its failure."""

    common: Common | None = None


now = _Now()


def show(report: Report, common: Common) -> int:
    """Print a report; returns the exit code."""
    if common.json:
        errors = [
            {"code": problem.code, "item": problem.item, "message": problem.message} for problem in report.problems
        ]
        _document(common.command, report.data, errors, ok=report.code() == 0)
        return report.code()
    _lines(report.lines, common)
    for table in report.tables:
        _table(table)
    if not common.quiet:
        for note in report.notes:
            say(note)
    for problem in report.problems:
        say(f"artpipe: {problem.message}")
    return report.code()


def failure(message: str, slug: str, code: int) -> int:
    """Say why a command could not be done; returns the exit code."""
    if now.common is not None and now.common.json:
        # If stdout itself is what failed, stderr must do.
        with suppress(OSError):
            _document(now.common.command, None, [{"code": slug, "item": "", "message": message}], ok=False)
            return code
    say(f"artpipe: {message}")
    return code


def expect_json(command: str) -> None:
    """JSON was asked for, although the command never started."""
    from artpipe.cli.options import Common

    now.common = Common(command, json=True)


def say(text: str) -> None:
    """One line on stderr; nobody listening there is no reason to fail."""
    try:
        print("\n".join(shown(line) for line in text.split("\n")), file=sys.stderr, flush=True)
    except (BrokenPipeError, ValueError):
        return


def _document(command: str, data: Any, errors: list[dict[str, str]], *, ok: bool) -> None:
    import json

    document = {"command": command, "ok": ok, "data": data, "errors": errors}
    print(json.dumps(document, ensure_ascii=True, default=list), flush=True)


def _lines(lines: Iterable[str], common: Common) -> None:
    """Items, the first of them at once; exactly as they are, unless a person looks."""
    end = "\0" if common.null else "\n"
    safe = sys.stdout.isatty()
    rest = map(shown, lines) if safe else iter(lines)
    size = 1
    while chunk := list(islice(rest, size)):
        sys.stdout.write(end.join(chunk) + end)
        sys.stdout.flush()
        # A million lines are not written one by one.
        size = min(2 * size, MOST_AT_ONCE)
    sys.stdout.flush()


def _table(table: Table) -> None:
    rows = [[_cell(value) for value in row] for row in table.rows]
    numbers = _number_columns(table, rows)
    if table.title:
        print(shown(table.title))
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        _rich_table(table, rows, numbers)
    else:
        _plain_table(table, rows, numbers)
    sys.stdout.flush()


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else shown(str(value))


def _number_columns(table: Table, rows: Sequence[Sequence[str]]) -> set[int]:
    """Columns that hold only numbers are set to the right."""
    return {
        index
        for index in range(len(table.columns))
        if rows and all(row[index].replace(".", "", 1).isdigit() or row[index] == "" for row in rows)
    }


def _plain_table(table: Table, rows: Sequence[Sequence[str]], numbers: set[int]) -> None:
    every = [list(table.columns), *rows]
    widths = [max(len(row[index]) for row in every) for index in range(len(table.columns))]
    for row in every:
        cells = [
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    print()


def _rich_table(table: Table, rows: Sequence[Sequence[str]], numbers: set[int]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(table.columns):
        drawn.add_column(Text(column), justify="right" if index in numbers else "left", overflow="fold")
    for row in rows:
        # Text objects, never markup: what stands in brackets in a file name is part of the name.
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)
