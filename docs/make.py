"""Write the generated documents: docs/cli.md from the commands, cv.db.example from the demonstration."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parent.parent
CLI = ROOT / "docs" / "cli.md"
EXAMPLE = ROOT / "cv.db.example"

_HEAD = """\
# Command reference

Generated from the commands by `just docs`; a test holds it up to date.

Exit codes, the same for all: 0 done (also when there was nothing to do), 1 some items failed, 2 usage, 3 `verify` found
something, 4 no library or `art/` missing, 5 time was up and work remains, 69 a tool is missing, 70 a bug, 74 our own
disk or database failed, 75 busy, 78 bad settings, 130 and 143 interrupted cleanly.
"""


def cli_text() -> str:
    """docs/cli.md as it should be."""
    from typer.main import get_command

    from artpipe.cli.app import build

    group = get_command(build())
    commands = getattr(group, "commands")  # noqa: B009 - typer's own copy of click has no public type for a group
    parts = [_HEAD]
    parent = group.make_context("artpipe", [], resilient_parsing=True)
    for name, command in commands.items():
        with command.make_context(name, [], parent=parent, resilient_parsing=True) as context:
            context.terminal_width = 110
            parts.append(f"\n## artpipe {name}\n\n```\n{command.get_help(context).rstrip()}\n```\n")
    return "".join(parts)


def write_example() -> None:
    """The small library that the demonstration leaves, with the paths of this machine taken out."""
    from artpipe.cli.main import main

    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        code = main(["demo", str(demo), "--quiet"])
        if code not in {0, 1}:
            sys.exit(code)
        with closing(sqlite3.connect(demo / "cv.db", isolation_level=None)) as db:
            _anonymise(db, str(demo.resolve()))
            EXAMPLE.unlink(missing_ok=True)
            db.execute("VACUUM INTO ?", (str(EXAMPLE),))


def _anonymise(db: sqlite3.Connection, folder: str) -> None:
    db.execute("UPDATE sources SET path = replace(path, ?, '/home/you/demo')", (folder,))
    db.execute("UPDATE runs SET host = 'example', pid = 1")
    db.execute("UPDATE batches SET decided_by = 'you'")


if __name__ == "__main__":
    if "--screenshots" in sys.argv:
        import screenshots
        import screenshots_review

        screenshots_review.main()
        sys.exit(screenshots.main())
    CLI.write_text(cli_text(), encoding="utf-8")
    if "--cli" not in sys.argv:
        write_example()
