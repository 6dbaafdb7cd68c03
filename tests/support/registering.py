"""What register says it did."""

from __future__ import annotations


def counts(data: dict[str, object]) -> tuple[object, ...]:
    return tuple(data[key] for key in ("registered", "unchanged", "duplicates", "rejected", "failed"))
