"""export-dirs: directories out again, for scripts that know no database."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from artpipe.actions.ending import exit_code
from artpipe.actions.moving.names_out import want_everything
from artpipe.actions.moving.output import Output
from artpipe.actions.report import Progress, Report, Silent, Table
from artpipe.db import exports, oldfiles
from artpipe.errors import UsageError
from artpipe.names import path_text, shown
from artpipe.pipeline.stopping import Stop, listening

if TYPE_CHECKING:
    from pathlib import Path

    from artpipe.db.wanted import Form
    from artpipe.library import Library


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to make.

    Args:
        form: how decisions are shown.
        copy: never link: what a script writes into a copy stays there.
    """

    directory: Path
    form: Form = "as-were"
    copy: bool = False
    dry_run: bool = False
    stop: Stop = field(default_factory=Stop)


def export_dirs(library: Library, request: ExportRequest, progress: Progress | None = None) -> Report:
    """Bring a folder up to date with the library; what an export did not make there is not touched."""
    library.require_art()
    directory = os.path.realpath(request.directory)
    _require_harmless(library, directory)
    request.stop.start()
    with listening(request.stop):
        output = _go(library, request, directory, progress or Silent())
    return _report(library, request, output)


def _go(library: Library, request: ExportRequest, directory: str, progress: Progress) -> Output:
    db = library.db
    exports.prepare(db)
    with db.interruptible(request.stop.check), db.temporary():
        want_everything(library, request.form, request.stop)
    number = exports.find(db, directory) or 0
    if not request.dry_run:
        os.makedirs(directory, exist_ok=True)
        with db.transaction():
            number = exports.begin(db, directory)
    output = Output(library, directory, number, request.stop)
    output.copy = request.copy
    progress.start("exporting", None)
    try:
        output.run(progress, dry_run=request.dry_run)
    finally:
        progress.finish()
    return output


def _require_harmless(library: Library, directory: str) -> None:
    """Never write where originals are.

    Raises:
        UsageError: the folder is the library's own, or an old tree that was taken in.
    """
    art = os.path.realpath(library.settings.art)
    if _is_within(directory, art):
        raise UsageError(f"{directory} belongs to the library's own files ({art}). Name another folder.")
    if exports.find(library.db, directory) is not None:
        return
    for root in oldfiles.roots(library.db):
        if _is_within(directory, root):
            message = f"{directory} is the old tree that was taken in, or within it; it is never changed."
            raise UsageError(f"{message} Name another folder.")
    sources = {os.path.realpath(f"{root}/{folder}") for root, folder in oldfiles.folders_of(library.db)}
    for folder in {folder for _, folder in oldfiles.folders_of(library.db)}:
        if os.path.realpath(f"{directory}/{folder}") in sources:
            message = f"{directory}/{folder} is a folder of the old tree that was taken in; it is never changed."
            raise UsageError(f"{message} Name another folder.")


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _report(library: Library, request: ExportRequest, output: Output) -> Report:
    total, empty = exports.totals(library.db)
    counts = {
        "names": total,
        "empty": empty,
        "made": output.made,
        "replaced": output.replaced,
        "removed": output.removed,
        "unchanged": output.unchanged,
        "failed": len(output.problems),
    }
    data: dict[str, Any] = {**counts, "complete": output.complete, "dry_run": request.dry_run}
    would = "would be " if request.dry_run else ""
    rest = "" if output.complete else "; not everything was done, the same command goes on"
    note = (
        f"{output.made} {would}made, {output.replaced} replaced, {output.removed} removed, {output.unchanged} unchanged"
        f" in {shown(path_text(output.directory))}{rest}"
    )
    folders = exports.by_folder(library.db)
    table = Table(("folder", "names", "empty"), [(path_text(folder), names, none) for folder, names, none in folders])
    data["folders"] = [{"folder": path_text(folder), "names": names, "empty": none} for folder, names, none in folders]
    code = exit_code(request.stop.why, remains=request.stop.why == "time" and not output.complete)
    return Report(data=data, tables=[table], notes=[note], problems=output.problems, exit_code=code)
