"""Which command has which name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    "review": "reviewing",
    "list": "looking",
    "show": "looking",
    "find-ready": "looking",
    "stats": "looking",
    "why": "looking",
    "lineage": "staging",
    "stages": "staging",
    "pair": "staging",
    "run": "running",
    "rebuild": "rebuilding",
    "upscale": "running",
    "blurhash": "running",
    "jobs": "running",
    "retry": "running",
    "start-job": "bridging",
    "complete-job": "bridging",
    "fail-job": "bridging",
    "log-artifact": "bridging",
    "sync-artifacts": "bridging",
    "store-blurhash": "bridging",
    "snippets": "bridging",
    "report": "trusting",
    "verify": "trusting",
    "repair": "trusting",
    "backup": "trusting",
    "prune": "clearing",
    "truncate": "clearing",
    "gallery": "publishing",
    "migrate": "moving",
    "export-dirs": "moving",
}


def call(argv: Sequence[str]) -> object:
    """Run the command that `argv` begins with; answers what that command returns.

    It is built alone, without the others and without the options before its name: a question takes less time than
    building all of them.
    """
    before_command.clear()
    first, *rest = argv or [""]
    if first in COMMANDS:
        app = _app()
        _add(app, first)
        return app(args=rest, prog_name=f"artpipe {first}", standalone_mode=False)
    asked_for_help = "-h" in argv or "--help" in argv
    named = [] if asked_for_help else [name for name in COMMANDS if name in argv]
    return build(named or COMMANDS)(args=argv, prog_name="artpipe", standalone_mode=False)


def build(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with these commands."""
    app = _app()
    app.callback()(_before)
    for name in names:
        _add(app, name)
    return app


def _app() -> typer.Typer:
    return typer.Typer(
        name="artpipe",
        help="Curate and process a very large folder of pictures.",
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _add(app: typer.Typer, name: str) -> None:
    module = import_module(f"artpipe.cli.{COMMANDS[name]}")
    function = getattr(module, name.replace("-", "_"), None) or getattr(module, f"{name}_")
    app.command(name=name)(command(function))


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
    before_command.update(paths, json=as_json, quiet=quiet, verbose=verbose, no_progress=no_progress)
