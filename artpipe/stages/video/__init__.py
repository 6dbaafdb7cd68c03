"""Films: what they are, and pictures out of them; always in a process of their own."""

from typing import Final

DEMUXERS: Final = {"mp4": "mov", "mov": "mov", "webm": "matroska", "mkv": "matroska"}
"""What a kind of film is read by (`kinds.Kind.extension`); others are not."""
