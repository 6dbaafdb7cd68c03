"""migrate, export-dirs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artpipe.cli.options import Common, DryRun, Limit, TimeLimit, Until, seconds_allowed
from artpipe.errors import UsageError
from artpipe.library import open_library

if TYPE_CHECKING:
    from artpipe.actions.report import Report

Root = Annotated[
    Path, typer.Argument(metavar="[ROOT]", help="The old tree, the folder that img/ lies in.", show_default=False)
]
Mapped = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="DIR=STAGE",
        help="What a folder of the tree holds: a stage, approved, rejected or ignore.",
        show_default=False,
    ),
]
OldDatabase = Annotated[
    Path | None, typer.Option("--db-from", metavar="FILE", help="An old database to read too.", show_default=False)
]
OldRoots = Annotated[
    list[str] | None,
    typer.Option(
        "--old-root",
        metavar="DIR",
        help="Where the tree lay before; colour grids in blur/ are found by the paths of then.",
        show_default=False,
    ),
]
Verify = Annotated[
    bool, typer.Option("--verify", help="Compare both sides, byte for byte; take nothing in.", show_default=False)
]
Target = Annotated[Path, typer.Argument(metavar="DIR", help="A folder of its own; made if it is missing.")]
Markers = Annotated[bool, typer.Option("--markers", help="Only empty names in yes/ and no/.", show_default=False)]
Links = Annotated[
    bool, typer.Option("--links", help="The pictures themselves in yes/ and no/, linked.", show_default=False)
]
CopyOut = Annotated[
    bool,
    typer.Option(
        "--copy", help="Copy files instead of linking them, for scripts that write into them.", show_default=False
    ),
]
Copy = Annotated[
    bool,
    typer.Option(
        "--copy",
        help="Copy files instead of linking them, where old scripts go on writing into them.",
        show_default=False,
    ),
]


def migrate(
    common: Common,
    root: Root = Path(),
    *,
    mapped: Mapped = None,
    old_database: OldDatabase = None,
    old_roots: OldRoots = None,
    verify: Verify = False,
    copy: Copy = False,
    dry_run: DryRun = False,
    limit: Limit = None,
    until: Until = None,
    time_limit: TimeLimit = None,
) -> Report:
    """Move in from directories: yes/, no/, img/, thumbs/, t2/, replicate/, blur/, pub/ and v/ below ROOT.

    Files are linked into art/ and stay where they are; the old tree is not changed. What was taken in before is not
    read again. `artpipe undo` takes back the decisions of an import.

    Example:
      artpipe migrate --dry-run /data/pictures
      artpipe migrate /data/pictures --db-from /data/old.db
      artpipe migrate --verify /data/pictures
    """
    from artpipe.actions.migrate import MigrateRequest, check
    from artpipe.actions.migrate import migrate as action
    from artpipe.cli.progress import progress_for
    from artpipe.pipeline.stopping import Stop

    request = MigrateRequest(
        root,
        mapped=_pairs(mapped),
        database=old_database,
        old_roots=tuple(old_roots or ()),
        copy=copy,
        dry_run=dry_run,
        stop=Stop(seconds=seconds_allowed(until, time_limit), jobs=limit),
    )
    if verify and dry_run:
        raise UsageError("--verify takes nothing in anyway. Leave --dry-run out.")
    with open_library(common.place()) as library:
        return (check if verify else action)(library, request, progress_for(common))


def export_dirs(
    common: Common,
    directory: Target,
    *,
    markers: Markers = False,
    links: Links = False,
    copy: CopyOut = False,
    dry_run: DryRun = False,
    until: Until = None,
    time_limit: TimeLimit = None,
) -> Report:
    """Move out again: yes/, no/, img/, thumbs/, t2/, replicate/, blur/, pub/ and v/ in DIR, by hard links.

    Names are those of the tree that was migrated, empty ones too; what came later is named by its id. Called again it
    changes only what has changed, and removes only what it made itself.

    Example:
      artpipe export-dirs /data/for-old-scripts
      artpipe export-dirs --links /backup/pictures
    """
    from artpipe.actions.export_dirs import ExportRequest
    from artpipe.actions.export_dirs import export_dirs as action
    from artpipe.cli.progress import progress_for
    from artpipe.pipeline.stopping import Stop

    if markers and links:
        raise UsageError("Give one of --markers and --links.")
    request = ExportRequest(
        directory,
        form="markers" if markers else "links" if links else "as-were",
        copy=copy,
        dry_run=dry_run,
        stop=Stop(seconds=seconds_allowed(until, time_limit)),
    )
    with open_library(common.place()) as library:
        return action(library, request, progress_for(common))


def _pairs(mapped: list[str] | None) -> dict[str, str]:
    pairs = {}
    for text in mapped or ():
        folder, equals, stage = text.partition("=")
        if not equals or not folder.strip("/") or not stage:
            raise UsageError(f"--map takes a folder and a stage, like --map old-thumbs=thumbnails-small, not {text!r}.")
        pairs[folder] = stage
    return pairs
