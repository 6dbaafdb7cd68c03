"""gallery."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artpipe.cli.looking import WithStage
from artpipe.cli.options import Common, DryRun
from artpipe.library import open_library
from artpipe.model import Decision

if TYPE_CHECKING:
    from artpipe.actions.report import Report


class Shown(StrEnum):
    """Whose pictures are shown."""

    APPROVED = "approved"
    REJECTED = "rejected"
    PENDING = "pending"
    ANY = "any"


_DECISIONS: dict[Shown, Decision | None] = {
    Shown.APPROVED: "approved",
    Shown.REJECTED: "rejected",
    Shown.PENDING: "pending",
    Shown.ANY: None,
}


class Order(StrEnum):
    """What comes after what."""

    TIME = "time"
    CREATED = "created"
    NAME = "name"


class Placeholders(StrEnum):
    """What is seen until a picture has come."""

    BLURHASH = "blurhash"
    GRID20 = "grid20"
    NONE = "none"


WithDecision = Annotated[Shown, typer.Option("--status", help="Images with this decision.")]
Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="SQL",
        help="Only images for which this is true: SQL over the columns of the table images.",
        show_default=False,
    ),
]
Sorted = Annotated[
    Order,
    typer.Option(
        "--sort", help="time: decided on last comes first; created: by created_at, newest first; name: from a to z."
    ),
]
PageSize = Annotated[int, typer.Option("--page-size", metavar="N", min=1, max=100_000, help="Pictures to a page.")]
Title = Annotated[str, typer.Option("--title", metavar="TEXT", help="What stands above the pictures.")]
Name = Annotated[
    str,
    typer.Option(
        "--name",
        metavar="WORD",
        help="Build another gallery beside the main one; its files begin with this word.",
        show_default=False,
    ),
]
Placeholder = Annotated[
    Placeholders,
    typer.Option("--placeholder", help="grid20: 20x20 colours (window.blurhashIndex), 2,400 characters a picture."),
]
Originals = Annotated[
    bool,
    typer.Option("--originals", help="Link the originals too, with all the metadata in them.", show_default=False),
]

To = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="DIR",
        help="Put the pages and every picture they show into this folder too, ready for a web server.",
        show_default=False,
    ),
]


def gallery(
    common: Common,
    *,
    status: WithDecision = Shown.APPROVED,
    stage: WithStage = None,
    where: Where = None,
    sort: Sorted = Order.TIME,
    page_size: PageSize = 500,
    title: Title = "Gallery",
    name: Name = "",
    placeholder: Placeholder = Placeholders.BLURHASH,
    originals: Originals = False,
    to: To = None,
    dry_run: DryRun = False,
) -> Report:
    """Write static pages of the approved pictures into art/gallery-html; prints the path of the first.

    They work from the disk and from any web server, as long as the folders beside them come along (--to makes a
    folder that has all of it). Only pages whose content has changed are written again. Nothing is fetched from
    anywhere, and everything but the viewer works without JavaScript.

    Example:
      artpipe gallery --title "Wallpapers"
      artpipe gallery --name tall --where "height > width" --sort name
      artpipe gallery --to public/ && rsync -a --delete public/ host:/srv/www/
      xdg-open "$(artpipe gallery)"
    """
    from artpipe.actions.gallery import GalleryRequest
    from artpipe.actions.gallery import gallery as action
    from artpipe.actions.gallery_site import Design
    from artpipe.cli.progress import progress_for
    from artpipe.db.selection import Selection

    selection = Selection(_DECISIONS[status], stage, where)
    design = Design(selection, title, name, sort.value, page_size, placeholder.value, originals)
    with open_library(common.place()) as library:
        return action(library, GalleryRequest(design, dry_run, to), progress_for(common))
