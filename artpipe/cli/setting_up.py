"""init, doctor, demo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artpipe.cli.options import Common, Jobs
from artpipe.errors import LibraryMissingError
from artpipe.library import create_library, open_library
from artpipe.settings import DATABASE_NAME

if TYPE_CHECKING:
    from artpipe.actions.report import Report


def init(common: Common) -> Report:
    """Create a library: cv.db, art/ and a commented artpipe.toml.

    Example:
      artpipe init
      artpipe --db /data/cv.db init
    """
    from artpipe.actions.init import init as action

    place = common.place()
    here = place._replace(database=place.database or Path.cwd() / DATABASE_NAME)
    with create_library(here) as library:
        return action(library)


def doctor(common: Common) -> Report:
    """Show what this machine has (engines, codecs, GPU, space) and what is missing.

    Example:
      artpipe doctor
    """
    from artpipe.actions.doctor import doctor as action

    try:
        with open_library(common.place()) as library:
            return action(library)
    except LibraryMissingError:
        return action(None)


def demo(
    common: Common,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the demonstration.")],
    jobs: Jobs = 0,
) -> Report:
    """Make two dozen pictures in DIR and run the whole pipeline on them.

    Example:
      artpipe demo demo/
    """
    from artpipe.actions.demo import demo as action
    from artpipe.cli.progress import progress_for

    return action(folder, jobs, progress_for(common))
