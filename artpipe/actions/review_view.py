"""review: what a window shows, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from artpipe.actions.review import left
from artpipe.db import artifacts, review_pages
from artpipe.model import UPSTREAM

if TYPE_CHECKING:
    from pathlib import Path

    from artpipe.actions.review import Sitting
    from artpipe.db.connection import Database, Row
    from artpipe.library import Library
    from artpipe.model import Json

Size = Literal["small", "large"]

# What every browser shows, and shows as a picture and nothing else.
MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
}
SMALL = "thumbnails-small"
_STAGES: dict[Size, tuple[str, ...]] = {
    "small": (SMALL, "web-optimized", UPSTREAM),
    "large": (UPSTREAM, "web-optimized", SMALL),
}
# Enough to keep the proportions of what nobody has measured.
_UNKNOWN_SIDE = 400


@dataclass(frozen=True, slots=True)
class Picture:
    """A file to show."""

    path: Path
    media_type: str
    version: str


def page_data(session: Sitting, page_id: int | None) -> dict[str, Json]:
    """A page with everything on it; without one, whether there is more to see from the start."""
    data: dict[str, Json] = {"left": left(session), "tally": session.tally.data(), "page": None}
    if page_id is None:
        return data
    page = review_pages.get(session.library.db, page_id)
    if page is not None:
        rows = review_pages.view(session.library.db, page_id)
        data["page"] = {"id": page_id, "position": page["position"], "items": [_item(row) for row in rows]}
    return data


def _item(row: Row) -> dict[str, Json]:
    known = row["width"] and row["height"]
    return {
        "id": row["id"],
        "position": row["position"],
        "width": row["width"] if known else _UNKNOWN_SIDE,
        "height": row["height"] if known else _UNKNOWN_SIDE,
        "blurhash": row["blurhash"],
        "small": _version(row["small"]),
        "marked": bool(row["marked"]),
        **_standing(row),
    }


def _standing(row: Row) -> dict[str, Json]:
    """How a picture stands: `decided` here, `elsewhere`, or neither."""
    decided = row["decided"] if row["decided"] == row["state"] else None
    elsewhere = row["state"] if decided is None and row["state"] != row["was"] else None
    return {"decided": decided, "elsewhere": elsewhere}


def _version(sha256: str | None) -> str | None:
    return sha256[:12] if sha256 else None


def news(db: Database, page_id: int) -> list[dict[str, Json]]:
    """How the pictures of a page stand now, and which have a thumbnail."""
    rows = review_pages.changes(db, page_id)
    return [{"id": row["id"], "small": _version(row["small"]), **_standing(row)} for row in rows]


def without_thumbnail(db: Database, page_id: int) -> list[str]:
    """Images of a page for which the stage has not made one, in their order."""
    return [row["id"] for row in review_pages.view(db, page_id) if row["small"] is None]


def picture(library: Library, image_id: str, size: Size) -> Picture | None:
    """The best file for a size that a browser can show; found by its row alone, whatever the id looks like.

    Raises:
        StorageError: the row points out of `art/`.
    """
    rows = {row["stage"]: row for row in artifacts.of_image(library.db, image_id)}
    for stage in _STAGES[size]:
        row = rows.get(stage)
        media_type = MEDIA_TYPES.get(PurePath(row["file_path"]).suffix[1:].lower()) if row is not None else None
        if row is not None and media_type is not None:
            return Picture(library.store.path(row["file_path"]), media_type, _version(row["sha256"]) or "")
    return None
