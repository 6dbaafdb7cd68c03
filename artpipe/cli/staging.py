"""stages, pair, lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from artpipe.cli.options import Common, DryRun, Limit, lines_of_stdin
from artpipe.errors import UsageError
from artpipe.library import open_library

if TYPE_CHECKING:
    from collections.abc import Iterable

    from artpipe.actions.report import Report

Image = Annotated[str, typer.Argument(metavar="ID", help="An image.")]
PairedStage = Annotated[str, typer.Argument(metavar="STAGE", help="A stage with `pairs`.")]
Pair = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FIRST SECOND|-]",
        help="Two images; - reads pairs from stdin, one a line, a tab between the two.",
        show_default=False,
    ),
]
Dot = Annotated[bool, typer.Option("--dot", help="Draw the graph for Graphviz.", show_default=False)]
Mermaid = Annotated[bool, typer.Option("--mermaid", help="Draw the graph for Mermaid.", show_default=False)]
_PAIR = 2


def stages(common: Common, *, dot: Dot = False, mermaid: Mermaid = False) -> Report:
    """List the stages: what they are made from, for which images, and how far they have got.

    Example:
      artpipe stages
      artpipe stages --dot | dot -Tsvg > stages.svg
    """
    from artpipe.actions.stages import graph
    from artpipe.actions.stages import stages as action

    if dot and mermaid:
        raise UsageError("Choose one of --dot and --mermaid.")
    with open_library(common.place()) as library:
        if dot or mermaid:
            return graph(library, "dot" if dot else "mermaid")
        return action(library)


def pair(common: Common, stage: PairedStage, images: Pair = None, *, dry_run: DryRun = False) -> Report:
    """Wish for results that are made of two images each, as face-swap-results are; `run` makes them.

    Without images, for the pairs that the stage's settings name.

    Example:
      artpipe pair face-swap-results mona-lisa 00af
      sqlite3 -tabs cv.db "SELECT style, source FROM my_wishes" | artpipe pair face-swap-results -
    """
    from artpipe.actions.pair import PairRequest
    from artpipe.actions.pair import pair as action

    lines: Iterable[str] | None = None
    if images == ["-"]:
        lines = lines_of_stdin(common)
    elif images:
        if len(images) != _PAIR:
            raise UsageError("A pair is two images; - reads pairs from stdin.")
        lines = ["\t".join(images)]
    with open_library(common.place()) as library:
        return action(library, PairRequest(stage, lines, dry_run))


def lineage(common: Common, image: Image, *, limit: Limit = None) -> Report:
    """Show what an image was made from, and what was made of it.

    Example:
      artpipe lineage mona-lisa-00af
      artpipe lineage mona-lisa --limit 100 --json
    """
    from artpipe.actions.lineage import lineage as action

    with open_library(common.place()) as library:
        return action(library, image, limit)
