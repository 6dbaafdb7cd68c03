"""register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from artpipe.cli.options import Common, DryRun, names
from artpipe.errors import UsageError
from artpipe.library import create_library, open_library

if TYPE_CHECKING:
    from artpipe.actions.report import Report

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH...|-", help="Files and folders; - reads them from stdin.", show_default=False),
]
Approve = Annotated[bool, typer.Option("--approve", help="Approve what is new or undecided.", show_default=False)]
Username = Annotated[str | None, typer.Option("--username", help="Whose pictures these are.", show_default=False)]
Url = Annotated[str | None, typer.Option("--url", help="Where they came from.", show_default=False)]
Copy = Annotated[bool, typer.Option("--copy", help="Copy originals instead of linking them.", show_default=False)]
Stage = Annotated[
    str | None,
    typer.Option(
        "--stage", metavar="STAGE", help="Put them into this stage's folder too: face-swap-styles.", show_default=False
    ),
]
Rehash = Annotated[bool, typer.Option("--rehash", help="Read unchanged files again too.", show_default=False)]


def register(
    common: Common,
    paths: Paths = None,
    *,
    approve: Approve = False,
    username: Username = None,
    url: Url = None,
    copy: Copy = False,
    rehash: Rehash = False,
    stage: Stage = None,
    dry_run: DryRun = False,
) -> Report:
    """Add files or folders: sha256, size, type, dimensions, and the original into art/upstream.

    What is no picture, truncated or too large gets its row too, rejected with the reason. Videos (mp4, mov, webm, mkv;
    with artpipe[video]) and animations stand in art/video-sources as well.

    Example:
      artpipe register img/
      artpipe register --approve --stage face-swap-styles styles/
      find img -name '*.png' -print0 | artpipe register -0 -
    """
    from artpipe.actions.register import RegisterRequest
    from artpipe.actions.register import register as action
    from artpipe.cli.progress import progress_for

    if not paths or "" in paths:
        raise UsageError("Name the files and folders to register, or - for a list on stdin.")
    request = RegisterRequest(
        names(paths, common),
        approve=approve,
        username=username,
        url=url,
        copy=copy,
        rehash=rehash,
        stage=stage,
        dry_run=dry_run,
    )
    opened = open_library if dry_run else create_library
    with opened(common.place()) as library:
        return action(library, request, progress_for(common))
