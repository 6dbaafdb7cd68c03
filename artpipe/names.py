"""Safe names: ids from file names, text for a terminal, paths for the database."""

from __future__ import annotations

import os
from pathlib import PurePath

MAX_ID_BYTES = 200
# Of ids that other programs insert: with a suffix it still is a file name.
_LONGEST_ID = 240
_UNSAFE = {"/", "\x00", "\x7f"}


def image_id(name: str) -> str:
    """Make an id from the base name of a file, without its extension.

    The result is NFC, valid UTF-8, at most 200 bytes, holds no control character and no slash, and starts
    with neither `-` nor `.`.
    """
    return safe_id(_stem(os.path.basename(name)))


def _stem(name: str) -> str:
    """As `PurePath.stem` of Python 3.11 to 3.13, without taking the path apart."""
    dot = name.rfind(".")
    return name[:dot] if 0 < dot < len(name) - 1 else name


def safe_id(text: str) -> str:
    """Make any text an id; text that is one already comes back unchanged."""
    readable = os.fsencode(text).decode("utf-8", "backslashreplace") if _has_surrogate(text) else text
    clean = readable.replace("/", "_") if _is_plain(readable) else _cleaned(readable)
    if clean[:1] in {"-", "."}:
        clean = "_" + clean[1:]
    return clip(clean, MAX_ID_BYTES) or "_"


def _is_plain(text: str) -> bool:
    """Nothing in it to look up, as in nearly all names."""
    return text.isascii() and text.isprintable()


def _cleaned(text: str) -> str:
    import unicodedata

    normal = unicodedata.normalize("NFC", text)
    return "".join("_" if _is_unsafe(character) else character for character in normal)


def clip(text: str, size: int) -> str:
    """The longest beginning of `text` that fits into `size` bytes of UTF-8."""
    return text.encode()[:size].decode("utf-8", "ignore")


def with_suffix(base: str, sha256: str, digits: int = 8) -> str:
    """The id of another file with the same base name: `NAME~` and the beginning of its hash."""
    tail = "~" + sha256[:digits]
    return clip(base, MAX_ID_BYTES - len(tail)) + tail


def fits_a_file(text: object) -> bool:
    """Whether files can have this id for a name, and commands can be given it; other programs insert what they like."""
    if not isinstance(text, str) or not text or text.startswith("."):
        return False
    if _is_plain(text):
        return len(text) <= _LONGEST_ID and "/" not in text
    return len(text.encode("utf-8", "replace")) <= _LONGEST_ID and not any(map(_is_unsafe, text))


def candidates(text: str) -> list[str]:
    """The ids a user may mean by `text` (an id, a file name or a path), the most literal first."""
    if not _is_plain(text) and (_has_surrogate(text) or any(map(_is_control, text))):
        # Many such names become the same id; none of them may decide on it by accident.
        return []
    stem = PurePath(text).stem if text.strip("/.") else text
    return list(dict.fromkeys([text, safe_id(text), safe_id(PurePath(text).name or text), safe_id(stem)]))


def path_text(path: str) -> str:
    """A path as SQLite can hold it: bytes that are not UTF-8 become backslash escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace") if _has_surrogate(path) else path


def shown(text: str) -> str:
    """Foreign text made harmless for a terminal: control characters become visible escapes."""
    if _is_plain(text):
        return text
    return "".join(
        character.encode("unicode_escape", "backslashreplace").decode()
        if _is_unsafe(character, slash=False)
        else character
        for character in text
    )


def _has_surrogate(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _is_control(character: str) -> bool:
    import unicodedata

    return unicodedata.category(character) == "Cc"


def _is_unsafe(character: str, *, slash: bool = True) -> bool:
    import unicodedata

    if character == "/":
        return slash
    return character in _UNSAFE or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in _BIDI


# Characters that turn the direction of text around can make one name look like another.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
