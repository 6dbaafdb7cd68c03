"""demo: the whole pipeline on two dozen pictures of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.actions.decide import DecideRequest, decide
from artpipe.actions.init import init
from artpipe.actions.register import RegisterRequest, register
from artpipe.actions.report import Progress, Report
from artpipe.actions.run import RunRequest, run
from artpipe.actions.stats import stats
from artpipe.db import images
from artpipe.errors import UsageError
from artpipe.library import Library, Place, create_library
from artpipe.pipeline.plan import Wish
from artpipe.settings import DATABASE_NAME
from artpipe.store import durable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def demo(folder: Path, workers: int, progress: Progress, environment: Mapping[str, str] | None = None) -> Report:
    """Make pictures in `folder/img`, register, decide and process them in a library of their own.

    Raises:
        UsageError: the folder holds something already.
    """
    from artpipe.samples.gallery import write_samples

    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty. Name a new folder for the demonstration.")
    with durable.naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_samples(folder / "img")
    with create_library(Place(folder / DATABASE_NAME, folder / "art", environment)) as library:
        init(library)
        registered = register(library, RegisterRequest([str(folder / "img")]), progress)
        _decide(library)
        made = run(library, RunRequest("demo", Wish(), workers), progress)
        numbers = stats(library)
    data = {"folder": str(folder), "register": registered.data, "run": made.data, "stats": numbers.data}
    notes = [f"register: {registered.notes[-1]}", f"run: {made.notes[-1]}", _next(folder)]
    return Report(data=data, tables=numbers.tables, notes=notes, problems=[*registered.problems, *made.problems])


def _decide(library: Library) -> None:
    """Approve two thirds, so that there is something left to decide."""
    pending = sorted(row["id"] for row in images.ids(library.db, "pending", None, None))
    approved = [name for number, name in enumerate(pending) if number % 3]
    decide(library, DecideRequest(approved, "approved", "demo"))
    decide(library, DecideRequest(pending[-1:], "rejected", "demo", reason="not-for-the-wall"))


def _next(folder: Path) -> str:
    return f"""
Try next, in {folder}:
  artpipe list --status pending
  artpipe show misty-lake
  artpipe why misty-lake ersgan-enhanced
  artpipe approve $(artpipe list --status pending --limit 1) && artpipe run
  artpipe history"""
