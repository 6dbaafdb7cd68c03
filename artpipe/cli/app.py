"""Which command has which name."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from artpipe.cli.options import Art, AsJson, Db, NoProgress, Quiet, Verbose, before_command, command

# name -> the module that has a function of that name (with _ for -), in the order of a user's day.
COMMANDS = {
    "init": "setting_up",
    "doctor": "setting_up",
    "demo": "setting_up",
    "register": "registering",
    "approve": "deciding",
    "reject": "deciding",
    "reset": "deciding",
    "undo": "deciding",
    "history": "deciding",
    "list": "looking",
    "show": "looking",
    "find-ready": "looking",
    "stats": "looking",
    "why": "looking",
    "run": "running",
    "upscale": "running",
    "blurhash": "running",
    "jobs": "running",
    "retry": "running",
    "verify": "trusting",
    "repair": "trusting",
    "backup": "trusting",
}


def build(argv: Sequence[str]) -> typer.Typer:
    """The command line, or only the one command that is meant: building all of them takes as long as a question."""
    app = typer.Typer(
        name="artpipe",
        help="Curate and process a very large folder of pictures.",
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_before)
    first = argv[0] if argv else ""
    for name in [first] if first in COMMANDS else COMMANDS:
        module = import_module(f"artpipe.cli.{COMMANDS[name]}")
        function = getattr(module, name.replace("-", "_"), None) or getattr(module, f"{name}_")
        app.command(name=name)(command(function))
    return app


def _version(wanted: bool) -> None:
    if wanted:
        from artpipe import __version__

        typer.echo(f"artpipe {__version__}")
        raise typer.Exit


def _before(
    *,
    db: Db = None,
    art: Art = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Curate and process a very large folder of pictures."""
    del version  # its callback has done all
    paths: dict[str, Path | None] = {"db": db, "art": art}
    before_command.clear()
    before_command.update(paths, json=as_json, quiet=quiet, verbose=verbose, no_progress=no_progress)
