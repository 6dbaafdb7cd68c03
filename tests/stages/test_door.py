from __future__ import annotations

import re
from pathlib import Path

import artpipe

PACKAGE = Path(artpipe.__file__).parent
DOOR = PACKAGE / "stages" / "imaging"
# What makes pixels of bytes: Pillow's `Image.open`, anything of libvips, other libraries that have decoders.
OPENING = re.compile(r"\bImage\.open\(|\bpyvips\b|\bcv2\b|\bimageio\b|\b[a-z0-9]+load(_buffer|_source)?\(.*fail_on")


def test_pictures_are_opened_behind_one_door() -> None:
    users = {path for path in PACKAGE.rglob("*.py") if OPENING.search(path.read_text())}
    assert {path.relative_to(DOOR).name for path in users if path.is_relative_to(DOOR)} == {"header.py", "vips.py"}
    # Only a table of what is installed names them elsewhere.
    assert {path for path in users if not path.is_relative_to(DOOR)} <= {PACKAGE / "actions" / "doctor.py"}
