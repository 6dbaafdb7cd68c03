"""The old layout: which folder of a tree holds what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from artpipe.model import UPSTREAM
from artpipe.names import safe_id

Role = Literal["original", "approved", "rejected", "made", "how", "grid", "page", "unknown"]

APPROVED, REJECTED, IGNORED = "approved", "rejected", "ignore"
ENHANCED = "ersgan-enhanced"
FRAMES, VIDEOS = "video-frames", "video-sources"
SOURCES, STYLES, RESULTS = "face-swap-sources", "face-swap-styles", "face-swap-results"

PICTURES: Final = frozenset(
    ("png", "jpg", "jpeg", "webp", "gif", "avif", "tif", "tiff", "bmp", "jp2", "heic", "heif", "jxl")
)
_MEDIA: Final = PICTURES | {"mp4", "webm", "mov", "mkv", "m4v", "avi"}
# Most names are ids already; normalising each costs more than reading the folder.
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_~][A-Za-z0-9_~.-]{0,199}")
_RESULT: Final = re.compile(r"w-([^-]+)-(.+)", re.DOTALL)
_FRAME: Final = re.compile(r"v-(.+)-(\d{1,9})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Folder:
    """What the files of one folder are.

    Args:
        pattern: relative to the root; a last part with `*` stands for every folder that fits.
        stage: what the files become; empty for what becomes no artifact.
    """

    pattern: str
    role: Role
    stage: str = ""


# In the order in which they are taken in: what something was made from comes before it.
FOLDERS: Final = (
    Folder("img", "original", UPSTREAM),
    Folder("yes", "approved"),
    Folder("no", "rejected"),
    Folder("thumbs", "made", "thumbnails-small"),
    Folder("t2", "made", "web-optimized"),
    Folder("replicate/img", "made", ENHANCED),
    Folder("replicate/t2", "made", "ersgan-thumbnails"),
    Folder("pub/W", "made", SOURCES),
    Folder("pub/w-*", "made", RESULTS),
    Folder("v/mp4", "made", VIDEOS),
    Folder("v/img/*", "made", FRAMES),
    Folder("replicate/js", "how", ENHANCED),
    Folder("blur", "grid"),
    Folder("g", "page"),
    Folder("tmp/g", "page"),
    Folder("W", "page"),
)


def layout(mapped: dict[str, str]) -> list[Folder]:
    """The usual folders with what a user said about some: DIR -> stage, `approved`, `rejected` or `ignore`."""
    named = [_mapped(folder, stage) for folder, stage in mapped.items()]
    taken = {folder.pattern for folder in named}
    every = [folder for folder in FOLDERS if folder.pattern not in taken] + named
    return sorted(every, key=_order)


def _mapped(pattern: str, stage: str) -> Folder:
    if stage == APPROVED:
        return Folder(pattern, "approved")
    if stage == REJECTED:
        return Folder(pattern, "rejected")
    if stage == IGNORED:
        return Folder(pattern, "page")
    return Folder(pattern, "original" if stage == UPSTREAM else "made", stage)


_ROLES: Final = ("original", "approved", "rejected", "made", "how", "grid", "page")


def _order(folder: Folder) -> int:
    return _ROLES.index(folder.role)


def stem(name: str, role: Role) -> str:
    """The name without its extension. A decision's name may have none, and dots of its own."""
    head, dot, tail = name.rpartition(".")
    if not dot or not head or not tail:
        return name
    if role in {"approved", "rejected"} and tail.lower() not in _MEDIA:
        return name
    return head


def id_of(base: str) -> str:
    """`names.safe_id`, at once for what is an id already."""
    return base if _PLAIN_ID.fullmatch(base) else safe_id(base)


def is_picture_name(name: str) -> bool:
    return name.rpartition(".")[2].lower() in PICTURES


def made_stage(folder: Folder, base: str) -> str:
    """What one file becomes: beside the results of a style lie pictures of the style itself."""
    if folder.stage == RESULTS and not _RESULT.fullmatch(base):
        return STYLES
    return folder.stage


def parents_of(stage: str, folder: str, base: str) -> list[tuple[str, str, float | None]]:
    """From which names a picture was made: (role, name, seconds)."""
    if stage == FRAMES:
        video = folder.rpartition("/")[2]
        frame = _FRAME.fullmatch(base)
        seconds = float(int(frame[2]) - 1) if frame and frame[1] == video else None
        return [("frame", video, seconds)]
    result = _RESULT.fullmatch(base) if stage == RESULTS else None
    return [("style", f"w-{result[1]}", None), ("source", result[2], None)] if result else []


def style_of(base: str) -> str:
    """The style in a result's name; 0 where it tells none."""
    result = _RESULT.fullmatch(base)
    return result[1] if result else base.removeprefix("w-") if base.startswith("w-") else "0"


def group_of(folder: str) -> str:
    """The pattern that a folder belongs to; itself if it is the only one."""
    above, _, name = folder.rpartition("/")
    for known in FOLDERS:
        start, star, _ = known.pattern.rpartition("/")[2].partition("*")
        if star and known.pattern.rpartition("/")[0] == above and name.startswith(start):
            return known.pattern
    return folder
