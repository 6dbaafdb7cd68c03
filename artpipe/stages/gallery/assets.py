"""Scripts and styles of the pages, read from this package and made small."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "assets"
# A string, or white space: strings stay as they are. Our scripts end every statement with a semicolon, and hold
# neither blanks nor quotes in regular expressions, nor templates; a test parses what is left.
_TOKENS: Final = re.compile(r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\s+""")
_COMMENT_LINES: Final = re.compile(r"^\s*//.*$", re.MULTILINE)
_BLOCK_COMMENTS: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_NAME: Final = re.compile(r"[\w$]")


@cache
def script(*names: str) -> str:
    """These scripts, one after the other."""
    return "".join(small_script((_FOLDER / f"{name}.js").read_text(encoding="utf-8")) for name in names)


@cache
def style(*names: str) -> str:
    """These style sheets, one after the other."""
    return "".join(small_style((_FOLDER / f"{name}.css").read_text(encoding="utf-8")) for name in names)


def digest(text: str) -> str:
    """What a content security policy calls an inline script or style by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def small_script(text: str) -> str:
    """The same script without comments that stand alone in their line, and without needless blanks."""
    text = _COMMENT_LINES.sub("", text).strip()

    def shortened(match: re.Match[str]) -> str:
        return match[1] or _blank(text[match.start() - 1], text[match.end() : match.end() + 1])

    return _TOKENS.sub(shortened, text)


def _blank(before: str, after: str) -> str:
    """Words need something between them, and so do two signs that would be read as one."""
    words = _NAME.match(before) and _NAME.match(after)
    return " " if words or (before == after and before in "+-") else ""


def small_style(text: str) -> str:
    """The same style sheet without comments and needless blanks."""
    text = re.sub(r"\s+", " ", _BLOCK_COMMENTS.sub("", text)).strip()
    text = re.sub(r" ?([{};,>]) ?", r"\1", text)
    return re.sub(r"([a-z-]): ", r"\1:", text).replace(";}", "}")
