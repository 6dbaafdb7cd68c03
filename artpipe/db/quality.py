"""What pictures lack, as far as their rows tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from artpipe.db.verification import CONTRADICTING_DECISIONS, UNCLEAR_STATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from artpipe.db.connection import Database

_HAS = "EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = i.id AND a.stage = '{}' AND a.file_size IS NOT 0)"
_APPROVED = "SELECT i.id FROM images i WHERE i.approved = TRUE"
_ORIGINAL, _THUMBNAIL, _UPSCALE = (_HAS.format(stage) for stage in ("upstream", "thumbnails-small", "ersgan-enhanced"))
# An approved picture whose original was thrown away once it had been enlarged is complete.
CHECKS: Mapping[str, str] = {
    "approved_without_original": f"{_APPROVED} AND NOT {_ORIGINAL} AND NOT {_UPSCALE}",
    "approved_without_thumbnail": f"{_APPROVED} AND NOT {_THUMBNAIL}",
    "approved_without_upscale": f"{_APPROVED} AND NOT {_UPSCALE}",
    "approved_without_dimensions": f"{_APPROVED} AND (i.width IS NULL OR i.height IS NULL)",
    "conflicts": f"SELECT id FROM ({CONTRADICTING_DECISIONS}) UNION SELECT id FROM ({UNCLEAR_STATES})",
    # Empty where nobody rejected it and nothing real is left of it, and rows of files that are empty themselves.
    "empty": (
        "SELECT i.id FROM images i WHERE i.content = 'truncated' AND i.rejected IS NOT TRUE"
        " AND NOT EXISTS (SELECT 1 FROM artifacts a WHERE a.image_id = i.id AND a.file_size > 0)"
        " UNION SELECT image_id FROM artifacts WHERE file_size = 0"
    ),
}


@dataclass(frozen=True, slots=True)
class Lack:
    """How many images lack something, with some of them."""

    count: int
    examples: list[str]


def lacking(db: Database, check: str, most: int) -> Lack:
    sql = CHECKS[check]
    number = int(db.scalar(f"SELECT count(*) FROM ({sql})"))
    examples = [row[0] for row in db.rows(f"{sql} LIMIT ?", (most,))] if number and most else []
    return Lack(number, examples)
