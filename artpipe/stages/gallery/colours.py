"""The one colour that stands for a picture until a script draws more."""

from __future__ import annotations

from typing import Final

# The digits of BlurHash, github.com/woltapp/blurhash/blob/master/Algorithm.md
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_VALUES: Final = {digit: value for value, digit in enumerate(_DIGITS)}
_SHORTEST: Final = 6
_COMPONENTS: Final = 9


def is_blurhash(text: str) -> bool:
    """Whether this can be drawn; rows that other programs wrote may hold anything."""
    if len(text) < _SHORTEST or not _VALUES.keys() >= set(text):
        return False
    across, down = _VALUES[text[0]] % _COMPONENTS + 1, _VALUES[text[0]] // _COMPONENTS + 1
    return len(text) == 4 + 2 * across * down


def average(blurhash: str, grid: str = "") -> str:
    """The average as three hexadecimal digits, or nothing."""
    if grid:
        return "".join(f"{_mean(grid, channel) // 17:x}" for channel in range(3))
    if not is_blurhash(blurhash):
        return ""
    value = 0
    for digit in blurhash[2:6]:
        value = value * 83 + _VALUES[digit]
    return "".join(f"{min(15, ((value >> shift & 255) + 8) // 17):x}" for shift in (16, 8, 0))


def _mean(grid: str, channel: int) -> int:
    levels = bytes.fromhex(grid)[channel::3]
    return sum(levels) // len(levels)
