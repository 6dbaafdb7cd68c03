"""Which command has which name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from artpipe.cli import deciding, looking, registering, running, setting_up
from artpipe.cli.options import Art, AsJson, Db, NoProgress, Quiet, Verbose, before_command, command

app = typer.Typer(
    name="artpipe",
    help="Curate and process a very large folder of pictures.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for function in (
    *(setting_up.init, setting_up.doctor, setting_up.demo),
    registering.register,
    *(deciding.approve, deciding.reject, deciding.reset, deciding.undo, deciding.history),
    *(looking.list_, looking.show, looking.find_ready, looking.stats, looking.why),
    *(running.run, running.upscale, running.blurhash, running.jobs, running.retry),
):
    app.command(name=function.__name__.rstrip("_").replace("_", "-"))(command(function))


def _version(wanted: bool) -> None:
    if wanted:
        from artpipe import __version__

        typer.echo(f"artpipe {__version__}")
        raise typer.Exit


@app.callback()
def before(
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
