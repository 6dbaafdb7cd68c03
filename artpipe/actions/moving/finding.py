"""What a person should look at after moving in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from artpipe.actions.report import Table
from artpipe.names import path_text

# Of each kind: enough for a screen, and enough to work through with `--json`.
SHOWN, KEPT = 20, 1000
COLUMNS = ("code", "item", "detail")


@dataclass(frozen=True, slots=True)
class MovingFinding:
    """Something that is not as it should be, or that was decided in a doubt; nothing is lost by it.

    Args:
        item: a file relative to the root, or an id.
    """

    code: str
    item: str
    detail: str


class Findings:
    """Any number of findings in little memory: all are counted, the first of each kind are kept."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._kept: list[MovingFinding] = []
        # Of each kind in each folder.
        self.in_folder: Counter[tuple[str, str]] = Counter()

    def __len__(self) -> int:
        return self._counts.total()

    def add(self, code: str, item: str, detail: str, folder: str | None = None) -> None:
        """Note one.

        Args:
            folder: in which it is counted; else that of the item, if it is a file.
        """
        self._counts[code] += 1
        self.in_folder[item.rpartition("/")[0] if folder is None else folder, code] += 1
        if self._counts[code] <= KEPT:
            self._kept.append(MovingFinding(code, item, detail))

    def as_data(self) -> list[dict[str, str]]:
        return [{"code": one.code, "item": path_text(one.item), "detail": one.detail} for one in self._kept]

    def by_code(self) -> dict[str, int]:
        return dict(sorted(self._counts.items()))

    def tables(self) -> list[Table]:
        """The first of each kind, so that many of one kind hide none of another."""
        shown: Counter[str] = Counter()
        rows = []
        for one in self._kept:
            shown[one.code] += 1
            if shown[one.code] <= SHOWN:
                rows.append((one.code, path_text(one.item), one.detail))
        return [Table(COLUMNS, rows, "findings")] if rows else []
