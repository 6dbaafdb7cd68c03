"""list, show, find-ready, stats, why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from artpipe.cli import render
from artpipe.cli.options import Common, Limit
from artpipe.library import open_library

if TYPE_CHECKING:
    from artpipe.actions.report import Report


WithStatus = Annotated[
    Literal["approved", "rejected", "pending"] | None,
    typer.Option("--status", help="Only images with this decision.", show_default=False),
]
WithStage = Annotated[
    str | None,
    typer.Option("--stage", metavar="STAGE", help="Only images that have this artifact.", show_default=False),
]
Image = Annotated[str, typer.Argument(metavar="ID", help="An image.")]
StageName = Annotated[str, typer.Argument(metavar="STAGE", help="A stage.")]
InputStage = Annotated[str, typer.Argument(metavar="INPUT", help="The stage they must have.")]
OutputStage = Annotated[str, typer.Argument(metavar="OUTPUT", help="The stage they must lack.")]


def list_(common: Common, *, status: WithStatus = None, stage: WithStage = None, limit: Limit = None) -> int:
    """List the ids of images, newest first.

    Example:
      artpipe list --status pending --limit 100
      artpipe list --stage ersgan-enhanced
    """
    from artpipe.actions.list_images import list_images

    with open_library(common.place()) as library:
        return render.show(list_images(library, status, stage, limit), common)


def show(common: Common, image: Image) -> Report:
    """Show everything about one image.

    Example:
      artpipe show 00af
      artpipe show 00af --json
    """
    from artpipe.actions.show import show as action

    with open_library(common.place()) as library:
        return action(library, image)


def find_ready(common: Common, input_stage: InputStage, output_stage: OutputStage, *, limit: Limit = None) -> int:
    """Print the ids of approved images that have stage INPUT and lack stage OUTPUT.

    Example:
      artpipe find-ready web-optimized ersgan-enhanced | artpipe upscale -
    """
    from artpipe.actions.find_ready import find_ready as action

    with open_library(common.place()) as library:
        return render.show(action(library, input_stage, output_stage, limit), common)


def stats(common: Common) -> Report:
    """Show totals: images by decision, artifacts by stage, jobs by status, space.

    Example:
      artpipe stats
      artpipe stats --json
    """
    from artpipe.actions.stats import stats as action

    with open_library(common.place()) as library:
        return action(library)


def why(common: Common, image: Image, stage: StageName) -> Report:
    """Say whether a stage would be run for an image, and why or why not.

    Example:
      artpipe why 00af ersgan-enhanced
    """
    from artpipe.actions.why import why as action

    with open_library(common.place()) as library:
        return action(library, image, stage)
