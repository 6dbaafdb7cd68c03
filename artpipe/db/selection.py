"""Which images a user means, as a condition in SQL."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from artpipe.db.images import STATUS_SQL
from artpipe.db.user_conditions import blamed_on_user, clause, open_for_conditions

if TYPE_CHECKING:
    from artpipe.db.connection import Database
    from artpipe.model import Decision


@dataclass(frozen=True, slots=True)
class Selection:
    """Images with a decision, with an artifact, or for which an expression of the user's own is true.

    Args:
        where: SQL over the columns of `images`; the database is the user's, and so is the expression.
    """

    status: Decision | None = None
    stage: str | None = None
    where: str | None = None

    def condition(self) -> tuple[str, list[str]]:
        """SQL about a row `i` of images, and what is bound in it."""
        parts, values = ["TRUE"], []
        if self.status:
            parts.append(f"({STATUS_SQL[self.status]})")
        if self.stage:
            parts.append("EXISTS (SELECT 1 FROM artifacts WHERE image_id = i.id AND stage = ?)")
            values.append(self.stage)
        if self.where:
            # In a query of its own, where its columns are those of images alone.
            parts.append(f"i.id IN (SELECT id FROM images WHERE ({self.where}\n))")
        return " AND ".join(parts), values

    def check(self, db: Database) -> None:
        """Try the user's expression on everything.

        Raises:
            UsageError: SQLite does not understand it, or it wants to do more than read.
        """
        if not self.where:
            return
        with closing(open_for_conditions(db.path)) as reader, blamed_on_user(self.where):
            reader.scalar(f"SELECT count(*) FROM images WHERE {clause(self.where)}")
