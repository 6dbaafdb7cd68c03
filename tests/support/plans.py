"""What SQLite says of every statement that the tool executes: how it goes about it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from artpipe.db.connection import Database

GROWING = {
    *("images", "artifacts", "jobs", "decisions", "sources", "aliases", "lineage"),
    *("blurhash_cache", "perceptual_hashes", "unsettled", "ready", "batches"),
}
# As in `SCAN j USING COVERING INDEX jobs_by_status`; a SEARCH goes straight to what it looks for.
SCAN = re.compile(r"SCAN (?:TABLE )?(?P<name>\w+)(?: AS (?P<alias>\w+))?(?: USING (?:COVERING )?INDEX (?P<index>\w+))?")


@dataclass
class Seen:
    """Statements with what SQLite said about how it goes about them."""

    plans: dict[str, list[str]] = field(default_factory=dict)

    def scans(self) -> dict[str, list[str]]:
        found = {sql: [step for step in plan if self._walks(sql, step)] for sql, plan in self.plans.items()}
        return {sql: steps for sql, steps in found.items() if steps}

    def roundabout(self) -> dict[str, list[str]]:
        """Jobs of one image that are looked for among all of their status: those can be all there are."""
        found = {sql: [step for step in plan if _is_roundabout(sql, step)] for sql, plan in self.plans.items()}
        return {sql: steps for sql, steps in found.items() if steps}

    @staticmethod
    def _walks(sql: str, step: str) -> bool:
        match = SCAN.search(step)
        return match is not None and _table(sql, match["name"]) in GROWING


def _is_roundabout(sql: str, step: str) -> bool:
    match = re.search(r"SEARCH (\w+) USING (?:COVERING )?INDEX jobs_by_(?:status|age)", step)
    if match is None:
        return False
    column = "(?:WHERE|AND|ON) image_id" if match[1] == "jobs" else rf"\b{match[1]}\.image_id"
    return re.search(rf"{column} = ", sql) is not None


def _table(sql: str, name: str) -> str:
    """The table behind an alias; temporary tables have the schema's name before theirs."""
    match = re.search(rf"(?:FROM|JOIN|INTO|UPDATE)\s+(?:(temp)\.)?(\w+)\s+(?:AS\s+)?{name}\b", sql)
    return match[2] if match and not match[1] and match[2] != "SELECT" else name


@contextmanager
def watching(patch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """Ask for the plan of every statement before it is executed, on the connection that executes it."""
    seen = Seen()

    def asking(method: Callable[..., Any]) -> Callable[..., Any]:
        def asked(self: Database, sql: str, parameters: Any = ()) -> Any:
            text = sql.strip()
            if text not in seen.plans and text.split()[0] in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
                rows = list(parameters) if method.__name__ == "many" else parameters
                sample = rows[0] if method.__name__ == "many" and rows else rows
                seen.plans[text] = _plan(self._connection, sql, sample)
                return method(self, sql, rows)
            return method(self, sql, parameters)

        return asked

    with patch.context() as within:
        for name in ("execute", "many", "rows", "row", "tuples"):
            within.setattr(Database, name, asking(getattr(Database, name)))
        yield seen


def _plan(db: sqlite3.Connection, sql: str, parameters: Any) -> list[str]:
    return [str(row[3]) for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
