"""Whether what a program wrote is what its stage promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from artpipe.errors import PictureError, WorkError
from artpipe.stages import kinds
from artpipe.stages.imaging import Picture
from artpipe.stages.wholeness import Whole, wholeness

if TYPE_CHECKING:
    from pathlib import Path

    from artpipe.stages.imaging import Limits
    from artpipe.stages.kinds import Kind

_PICTURES: Final[dict[str, Kind]] = {
    "png": kinds.PNG,
    "jpg": kinds.JPEG,
    "jpeg": kinds.JPEG,
    "webp": kinds.WEBP,
    "gif": kinds.GIF,
    "bmp": kinds.BMP,
    "tif": kinds.TIFF,
    "tiff": kinds.TIFF,
    "avif": kinds.AVIF,
    "jp2": kinds.JP2,
    "j2k": kinds.J2K,
    "ppm": kinds.PPM,
}
# Extension -> the extensions of the kinds that its bytes may show.
_OTHERS: Final[dict[str, frozenset[str]]] = {
    "mp4": frozenset({"mp4", "mov"}),
    "mov": frozenset({"mov", "mp4"}),
    "webm": frozenset({"webm"}),
    "mkv": frozenset({"mkv", "webm"}),
    "avi": frozenset({"avi"}),
    "mpg": frozenset({"mpg"}),
    "flv": frozenset({"flv"}),
    "wmv": frozenset({"wmv"}),
    "psd": frozenset({"psd"}),
    "jxl": frozenset({"jxl"}),
    "heic": frozenset({"heic"}),
}
_SIGNATURES: Final[dict[str, bytes]] = {
    "pdf": b"%PDF-",
    "zip": b"PK",
    "npz": b"PK",
    "npy": b"\x93NUMPY",
    "gz": b"\x1f\x8b",
    "zst": b"\x28\xb5\x2f\xfd",
}


def check(path: Path, extension: str, limits: Limits, *, flat_for: Path | None) -> tuple[int, int]:
    """Width and height of a picture, 0 and 0 for any other file.

    Args:
        flat_for: what a picture of one colour may not have been made from, unless that is of one colour too;
            None where any may be.

    Raises:
        WorkError: the code says what is wrong with the file.
    """
    _require_content(path)
    kind = _PICTURES.get(extension)
    if kind is None:
        _require_signature(path, extension)
        return 0, 0
    picture = _opened(path, kind, limits)
    if flat_for is not None and _is_flat(picture) and not _is_flat_too(flat_for, limits):
        raise WorkError("output-flat", "Its output is all one colour; `allow_flat = true` accepts that.")
    return picture.width, picture.height


def _require_content(path: Path) -> None:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise WorkError("output-invalid", "Its output is no plain file.")
    if not path.exists():
        raise WorkError("output-missing", "It wrote no output.")
    if path.stat().st_size == 0:
        raise WorkError("output-empty", "Its output is empty.")


def _require_signature(path: Path, extension: str) -> None:
    head = _head(path)
    if extension in _OTHERS:
        kind = kinds.sniff(head)
        fits = kind is not None and kind.extension in _OTHERS[extension]
    else:
        fits = head.startswith(_SIGNATURES.get(extension, b""))
    if not fits:
        raise WorkError("output-invalid", f"Its output is no {extension} file.")


def _opened(path: Path, kind: Kind, limits: Limits) -> Picture:
    """Decode it: half a picture has a sound beginning."""
    found = kinds.sniff(_head(path))
    if found is not kind:
        is_what = f"a {found.extension} file" if found else "no picture"
        raise WorkError("output-invalid", f"Its output should be {kind.extension}, and is {is_what}.")
    with path.open("rb") as file:
        if wholeness(kind, file, path.stat().st_size) in {Whole.CUT, Whole.UNMARKED}:
            raise WorkError("output-invalid", "Its output ends too early.")
    try:
        picture = Picture.open(path, limits)
        picture.full()
    except PictureError as error:
        trouble = "too large" if error.code == "too-large" else "a damaged picture"
        raise WorkError("output-invalid", f"Its output is {trouble}: {error.message}.") from error
    return picture


def _is_flat(picture: Picture) -> bool:
    extremes = picture.full().getextrema()
    bands = extremes if isinstance(extremes[0], tuple) else (extremes,)
    return all(low == high for low, high in bands)


def _is_flat_too(path: Path, limits: Limits) -> bool:
    try:
        return _is_flat(Picture.open(path, limits))
    except WorkError:  # no picture
        return False


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(kinds.HEAD_BYTES)
