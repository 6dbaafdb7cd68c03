"""Draw docs/images/speed.png from figures that `run.py --save` kept (`python benchmarks/chart.py FIGURES.json ...`).

Each bar says how many times as long as artpipe somebody else takes for the same work.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

TARGET = Path(__file__).parent.parent / "docs" / "images" / "speed.png"
WIDTH, ROW, LEFT, RIGHT = 1600, 52, 880, 150
INK, FAINT, PAPER = "#1c1c1c", "#767676", "#ffffff"
OURS, THEIRS = "#2f7d5b", "#b9c4cf"


def font(size: int) -> Any:
    return ImageFont.load_default(size)


def draw(rows: list[tuple[str, str, float]]) -> Image.Image:
    """One bar for each (work, opponent, ratio), the works as headings."""
    headings = list(dict.fromkeys(work for work, _, _ in rows))
    height = 130 + len(rows) * ROW + len(headings) * 2 * ROW
    picture = Image.new("RGB", (WIDTH, height), PAPER)
    pen = ImageDraw.Draw(picture)
    pen.text((40, 28), "Time for the same work, artpipe = 1 (shorter is faster)", INK, font(34))
    scale = (WIDTH - LEFT - RIGHT) / max(1.0, *(ratio for _, _, ratio in rows))
    top = 110
    for heading in headings:
        pen.text((40, top + 8), heading, INK, font(28))
        top += ROW
        bars = [(opponent, ratio) for work, opponent, ratio in rows if work == heading]
        for name, ratio, colour in [("artpipe", 1.0, OURS), *((name, ratio, THEIRS) for name, ratio in bars)]:
            pen.text((LEFT - 20, top + 8), name, INK if name == "artpipe" else FAINT, font(26), anchor="ra")
            pen.rectangle((LEFT, top + 6, LEFT + scale * ratio, top + ROW - 8), colour)
            pen.text((LEFT + scale * ratio + 14, top + 8), f"{ratio:.1f}", INK, font(26))
            top += ROW
    return picture.quantize(32)


def main() -> None:
    rows = [
        (one["name"], one["against"], one["ratio"])
        for name in sys.argv[1:]
        for one in json.loads(Path(name).read_text())
    ]
    TARGET.parent.mkdir(exist_ok=True)
    draw(rows).save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
