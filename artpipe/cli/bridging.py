"""start-job, complete-job, fail-job, log-artifact, sync-artifacts, store-blurhash, snippets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from artpipe.cli import render
from artpipe.cli.options import Common, DryRun
from artpipe.errors import UsageError
from artpipe.library import open_library

if TYPE_CHECKING:
    from artpipe.actions.report import Report

Image = Annotated[str, typer.Argument(metavar="ID", help="An image.")]
StageName = Annotated[str, typer.Argument(metavar="STAGE", help="A stage, also one that only your scripts know.")]
Folder = Annotated[str, typer.Argument(metavar="DIR", help="A folder of files that are named after images.")]
Message = Annotated[str, typer.Argument(metavar="[MESSAGE]", help="Why, as `artpipe jobs` will show it.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="What was made, anywhere on this machine.")]
Params = Annotated[str | None, typer.Argument(metavar="[PARAMS]", help="How it was made, as JSON.", show_default=False)]
Hash = Annotated[str, typer.Argument(metavar="HASH", help="A blurhash.")]
Width = Annotated[int, typer.Argument(metavar="W", min=1, help="Width of the picture.")]
Height = Annotated[int, typer.Argument(metavar="H", min=1, help="Height of the picture.")]
Keep = Annotated[bool, typer.Option("--keep", help="Keep the claim when the calling program ends.", show_default=False)]
IfMissing = Annotated[
    bool, typer.Option("--if-missing", help="Claim nothing (exit 75) if the artifact is there.", show_default=False)
]
Link = Annotated[bool, typer.Option("--link", help="Hard-link FILE instead of copying it.", show_default=False)]
Copy = Annotated[bool, typer.Option("--copy", help="Copy files instead of hard-linking them.", show_default=False)]
Shell = Annotated[bool, typer.Option("--shell", help="Only the shell functions.", show_default=False)]
Just = Annotated[bool, typer.Option("--just", help="Only the Justfile.", show_default=False)]


def start_job(
    common: Common, image: Image, stage: StageName, *, keep: Keep = False, if_missing: IfMissing = False
) -> Report:
    """Claim a job for a script of yours; exit code 75 if somebody else has it.

    The claim ends with complete-job or fail-job. If the program that calls this ends without either, the next
    start-job or run takes the job back; --keep is for programs that hand the work on to others.

    Example:
      artpipe start-job 00af ersgan-enhanced || exit
      artpipe find-ready web-optimized ersgan-enhanced | xargs -P5 -I{} ./my.sh {}
    """
    from artpipe.actions.outside_jobs import StartRequest
    from artpipe.actions.outside_jobs import start_job as action

    with open_library(common.place()) as library:
        return action(library, StartRequest(image, stage, keep, if_missing))


def complete_job(common: Common, image: Image, stage: StageName) -> Report:
    """End a job that start-job claimed.

    Example:
      artpipe log-artifact 00af ersgan-enhanced out.png && artpipe complete-job 00af ersgan-enhanced
    """
    from artpipe.actions.outside_jobs import complete_job as action

    with open_library(common.place()) as library:
        return action(library, image, stage)


def fail_job(common: Common, image: Image, stage: StageName, message: Message = "") -> Report:
    """End a job that start-job claimed, as failed; also one whose program forgot it.

    Example:
      ./enlarge.sh 00af || artpipe fail-job 00af ersgan-enhanced "exit code $?"
    """
    from artpipe.actions.outside_jobs import fail_job as action

    with open_library(common.place()) as library:
        return action(library, image, stage, message)


def log_artifact(
    common: Common, image: Image, stage: StageName, file: File, params: Params = None, *, link: Link = False
) -> Report:
    """Record a file that a script of yours made: checked, copied to art/STAGE/ID.EXT, in place of what was there.

    A file that lies there already is recorded as it is. The job, if start-job claimed one, is ended by complete-job.

    Example:
      artpipe log-artifact 00af ersgan-enhanced out.png '{"model": "x4plus"}'
    """
    from artpipe.actions.log_artifact import LogRequest
    from artpipe.actions.log_artifact import log_artifact as action

    with open_library(common.place()) as library:
        return action(library, LogRequest(image, stage, file, params, link))


def sync_artifacts(
    common: Common, stage: StageName, folder: Folder, *, copy: Copy = False, dry_run: DryRun = False
) -> Report:
    """Record every file below DIR whose image has no such artifact yet; DIR may be art/STAGE itself.

    Example:
      artpipe sync-artifacts thumbnails-small thumbs/
      artpipe sync-artifacts face-swap-results art/face-swap-results
    """
    from artpipe.actions.sync_artifacts import SyncRequest
    from artpipe.actions.sync_artifacts import sync_artifacts as action
    from artpipe.cli.progress import progress_for

    with open_library(common.place()) as library:
        return action(library, SyncRequest(stage, folder, copy, dry_run), progress_for(common))


def store_blurhash(
    common: Common, image: Image, stage: StageName, blurhash: Hash, width: Width, height: Height
) -> Report:
    """Record a blurhash that a script of yours computed for an artifact.

    Example:
      artpipe store-blurhash 00af web-optimized 'LEHV6nWB2yk8pyo0adR*.7kCMdnj' 400 267
    """
    from artpipe.actions.store_blurhash import StoreRequest
    from artpipe.actions.store_blurhash import store_blurhash as action

    with open_library(common.place()) as library:
        return action(library, StoreRequest(image, stage, blurhash, width, height))


def snippets(common: Common, *, shell: Shell = False, just: Just = False) -> int:
    """Print a Justfile and the shell functions of the old scripts, which call artpipe.

    Example:
      eval "$(artpipe snippets --shell)" && db-stats
      artpipe snippets --just > Justfile
    """
    from artpipe.actions.snippets import snippets as action

    if shell and just:
        raise UsageError("Give --shell or --just, or neither for both.")
    return render.show(action(shell=not just, just=not shell), common)
