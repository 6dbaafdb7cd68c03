"""Under which names of the old layout the library's files and decisions are exported."""

from __future__ import annotations

import os
from itertools import takewhile
from typing import TYPE_CHECKING

from artpipe.db import wanted
from artpipe.db.wanted import Wanted
from artpipe.model import UPSTREAM
from artpipe.names import safe_id
from artpipe.pipeline.oldlayout import ENHANCED, FOLDERS, FRAMES, RESULTS, STYLES, style_of
from artpipe.pipeline.placing import spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artpipe.db.connection import Database
    from artpipe.db.wanted import Form, GivenBack, NewArtifact, NewDecision
    from artpipe.library import Library
    from artpipe.pipeline.stopping import Stop

PAGE = 1000
_FOLDER_OF = {folder.stage: folder.pattern for folder in FOLDERS if folder.role in {"original", "made"}}
_NOTES = next(folder.pattern for folder in FOLDERS if folder.role == "how")
_DECIDED = {"approved": "yes", "rejected": "no"}


def want_everything(library: Library, form: Form, stop: Stop) -> None:
    """Collect every name: first those that old trees had, as far as they still hold, then what is new since.

    Not all of them if it had to stop.
    """
    db = library.db

    def in_time(_: object) -> bool:
        return not stop.check()

    stages = {**_FOLDER_OF, STYLES: _FOLDER_OF[RESULTS]}
    wanted.want_unchanged(db)
    # What lies in yes/ or no/ alone is there already.
    wanted.want_decisions(db, form)
    for artifacts in takewhile(in_time, wanted.new_artifacts(db, list(stages), PAGE)):
        _add(db, [_named(one, stages) for one in artifacts if not _is_list(one)])
    wanted.want_kept(db, ENHANCED)
    for artifacts in takewhile(in_time, wanted.undescribed(db, ENHANCED, PAGE)):
        _add(db, [_note(one) for one in artifacts])
    for decisions in takewhile(in_time, wanted.new_decisions(db, PAGE)):
        _add(db, [_decided(one, form) for one in decisions])
    wanted.want_empty(db)
    for originals in takewhile(in_time, wanted.given_back(db, PAGE)):
        _add(db, [_given_back(one) for one in originals])


def _add(db: Database, names: Sequence[Wanted]) -> None:
    for one in names:
        wanted.want(db, _free(db, one))


def _free(db: Database, one: Wanted) -> Wanted:
    """Another name where an old tree's file has it."""
    stem, dot, suffix = one.name.rpartition(".")
    number, name = 1, one.name
    while wanted.is_wanted(db, one.folder, name):
        number += 1
        name = f"{stem}~{number}.{suffix}" if dot else f"{one.name}~{number}"
    return one._replace(name=name)


def _is_list(one: NewArtifact) -> bool:
    """Beside the frames of a video stands which they are; old trees knew nothing of that."""
    return one.stage == FRAMES and one.path.endswith(".json")


def _named(one: NewArtifact, stages: dict[str, str]) -> Wanted:
    base = safe_id(one.image_id)
    folder = stages[one.stage]
    if one.stage == FRAMES:
        folder = folder.replace("*", safe_id(one.parent or base))
    elif one.stage in {RESULTS, STYLES}:
        folder = folder.replace("w-*", f"w-{style_of(base)}")
    name = base + os.path.splitext(one.path)[1]
    return Wanted(folder, name, one.path, None, one.version, one.image_id, one.stage)


def _given_back(one: GivenBack) -> Wanted:
    """An empty name, by which old scripts know that they have seen a picture."""
    name = safe_id(one.image_id) + _suffix(one)
    return Wanted(_FOLDER_OF[UPSTREAM], name, None, None, None, one.image_id, UPSTREAM)


def _suffix(one: GivenBack | NewDecision) -> str:
    """What a picture's name ends in, of which there is no file."""
    real = (one.mime_type or "").partition("image/")[2] or "jpeg"
    return f".{spelled(real, one.source or '')}"


def _note(one: NewArtifact) -> Wanted:
    return Wanted(_NOTES, f"{safe_id(one.image_id)}.json", None, None, f"how {one.version}", one.image_id, "how")


def _decided(one: NewDecision, form: Form) -> Wanted:
    suffix = os.path.splitext(one.path)[1] if one.path else _suffix(one)
    name = one.name or safe_id(one.image_id) + suffix
    linked = form == "links" and one.path is not None
    if linked and one.name is not None:
        name = os.path.splitext(one.name)[0] + suffix
    source, version = (one.path, one.version) if linked else (None, None)
    return Wanted(_DECIDED[one.state], name, source, None, version, one.image_id, one.state)


def described(db: Database, one: Wanted) -> bytes | None:
    """What a note of how something was made says."""
    params = wanted.params_of(db, one.image_id or "", ENHANCED)
    return None if params is None else params.encode()
