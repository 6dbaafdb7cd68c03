"""review."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from artpipe.cli import render
from artpipe.cli.options import Common, Names, names
from artpipe.errors import ToolMissingError
from artpipe.library import open_library
from artpipe.model import Decision

if TYPE_CHECKING:
    from artpipe.actions.report import Problem, Report

WithStatus = Annotated[
    Literal["approved", "rejected", "pending"] | None,
    typer.Option("--status", help="Images with this decision [default: pending]", show_default=False),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where", metavar="SQL", help="Only images that fulfil this condition on their columns.", show_default=False
    ),
]
PageSize = Annotated[int, typer.Option("--page", metavar="N", min=1, max=500, help="Pictures on a page.")]
Port = Annotated[
    int, typer.Option("--port", metavar="N", min=0, max=65535, help="[default: one that is free]", show_default=False)
]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Do not open a browser.", show_default=False)]

_NEEDED = ("starlette", "uvicorn")


def review(
    common: Common,
    ids: Names = None,
    *,
    status: WithStatus = None,
    where: Where = None,
    page: PageSize = 500,
    port: Port = 0,
    no_open: NoOpen = False,
) -> Report:
    """Decide on pictures in a browser, page by page or one by one; Ctrl-C ends it.

    Only this machine can reach the page, and only the address that is printed opens it.

    Example:
      artpipe review
      artpipe review --status approved --where "width < 800"
      artpipe list --stage ersgan-enhanced | artpipe review -
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ToolMissingError(f"`artpipe review` needs {' and '.join(missing)}: pip install 'artpipe[web]'.")
    from artpipe.actions.identify import resolve_all
    from artpipe.actions.review import ReviewRequest
    from artpipe.web.server import Serving, serve

    # What is named is meant, whatever was decided on it.
    decision: Decision | None = status or (None if ids else "pending")
    named: list[str] | None = None
    problems: list[Problem] = []
    if ids:
        with open_library(common.place()) as library:
            named, problems = resolve_all(library, names(ids, common))
    request = ReviewRequest(decision, where, tuple(named) if named is not None else None, page)
    return serve(Serving(common.place(), request, render.say, port, not no_open, problems))
