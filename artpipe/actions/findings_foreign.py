"""Findings about what other programs did to the schema, or wrote where it does not belong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.actions.findings import Finding
from artpipe.db import oddities, structure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from artpipe.library import Library

_GONE = {"table": "it is gone, with all its rows", "column": "it is gone, with all its values"}
_RESTORE = "Restore a backup"


def in_schema(library: Library) -> list[Finding]:
    """Parts of the schema that are missing or are not ours."""
    return [
        Finding(
            "schema-differs", part.name, f"the {part.kind} is gone, or another than artpipe's", "recreate", part.kind
        )
        if part.sql
        else Finding("schema-differs", part.name, f"{_GONE[part.kind]}. {_RESTORE}", "by-hand", part.kind)
        for part in structure.lacking(library.db)
    ]


def can_be_asked(wrong: list[Finding]) -> bool:
    """Whether the schema still has everything that questions are put to."""
    return not any(finding.stage in {"table", "column", "view"} for finding in wrong)


def in_values(library: Library) -> Iterator[Finding]:
    """Ids, texts and numbers that are none."""
    with library.db.snapshot():
        for odd in oddities.ids(library.db):
            detail = (
                "no file can have this name, and no command takes it. Give the image another id by SQL, or take it out"
            )
            yield Finding("id-unsafe", odd.item, detail, "by-hand")
        for odd in oddities.texts(library.db):
            detail = f"{odd.table}.{odd.column} is no UTF-8: {odd.value}. Write it anew by SQL"
            yield Finding("text-garbled", odd.item, detail, "by-hand")
        for odd in oddities.numbers(library.db):
            yield Finding("number-garbled", odd.item, f"{odd.table}.{odd.column} is {odd.value}, no number", "complete")
