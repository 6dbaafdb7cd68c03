"""The whole job of taking pictures in, against what people use for it today.

Node's packages (`npm install sharp blurhash thumbsup`) and `sigal` are looked for in the folder that ARTPIPE_PEERS names: `node_modules/`
and `sigal-venv/`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import Bench
from contest import Contest

PEERS = Path(os.environ.get("ARTPIPE_PEERS", "peers")).absolute()
STAGES = ("thumbnails-small", "web-optimized", "phash", "blurhash")
# A JPEG and a WebP of each picture, as on the other side.
SAME_OUTPUTS = "[stages.thumbnails-small]\nformat = 'jpeg'\nquality = 85\n[stages.web-optimized]\nquality = 80\n"
SIGAL = """
source = {source!r}
destination = {target!r}
use_orig = False
img_size = (1024, 1024)
thumb_size = (400, 400)
"""


def contests(bench: Bench) -> Iterator[Contest]:
    name = "register + small artifacts, -j 2"
    output = bench.used

    def ours() -> None:
        bench.artpipe("register", "-q", "--approve", str(bench.img))
        bench.artpipe("run", "-q", "-j", "2", *STAGES)

    def prepare() -> None:
        bench.fresh()
        (bench.library / "artpipe.toml").write_text(SAME_OUTPUTS)
        nonlocal output
        output = bench.new("peer")

    sides: list[tuple[Callable[[], object], str, str, tuple[str, ...], int]] = [
        (lambda: _shell(bench.img, output), "shell tools, xargs -P2", ">= 2.5", ("vipsthumbnail", "vipsheader"), 100),
        (
            lambda: _node(bench.img, output),
            "Node: sharp + blurhash, 2 processes",
            ">= 1.3",
            ("node", str(PEERS / "node_modules/sharp")),
            100,
        ),
        (lambda: _sigal(bench.img, output), "sigal build -n 2", ">= 4", (str(PEERS / "sigal-venv/bin/sigal"),), 1),
        (
            lambda: _thumbsup(bench.img, output),
            "thumbsup",
            ">= 12",
            ("gm", "exiftool", str(PEERS / "node_modules/thumbsup")),
            2,
        ),
        (lambda: _bare(bench.img, output), "bare loop of the same library calls, 2 processes", ">= 0.87", (), 100),
    ]
    for theirs, against, goal, needs, most in sides:
        yield Contest(name, ours, theirs, against, goal, needs, prepare, most=most)


# blurhash-python on the thumbnails, as its README has it.
BLURHASH = "import sys, blurhash; [print(blurhash.encode(name, 4, 4)) for name in sys.argv[1:]]"


def _shell(img: Path, output: Path) -> None:
    script = """
        set -e
        mkdir -p "$OUT"
        find . -type f -print0 | xargs -0 -P2 -n8 sha256sum > "$OUT/sums"
        find . -type f -print0 | xargs -0 -P2 -n8 vipsheader > "$OUT/sizes"
        find "$PWD" -type f -print0 | xargs -0 -P2 -n8 vipsthumbnail -s 400x -o "$OUT/%s.jpg[Q=85]"
        find "$PWD" -type f -print0 | xargs -0 -P2 -n8 vipsthumbnail -s 400x -o "$OUT/%s.webp[Q=80]"
        find "$OUT" -name '*.jpg' -print0 | xargs -0 -P2 -n64 "$PYTHON" -c "$BLURHASH" > "$OUT/hashes"
    """
    environment = os.environ | {"OUT": str(output), "PYTHON": sys.executable, "BLURHASH": BLURHASH}
    subprocess.run(["bash", "-c", script], cwd=img, env=environment, check=True)


def _bare(img: Path, output: Path) -> None:
    floors = Path(__file__).with_name("floors.py")
    subprocess.run([sys.executable, floors, "pictures", img, output], check=True)


def _node(img: Path, output: Path) -> None:
    script = Path(__file__).parent / "peers" / "sharp.mjs"
    subprocess.run(["node", script, img, output], cwd=PEERS, check=True)


def _sigal(img: Path, output: Path) -> None:
    settings = output / "sigal.conf.py"
    settings.write_text(SIGAL.format(source=str(img), target=str(output / "site")))
    _quietly(PEERS / "sigal-venv/bin/sigal", "build", "-n", "2", "-c", settings)


def _thumbsup(img: Path, output: Path) -> None:
    program = (PEERS / "node_modules/.bin/thumbsup").resolve()
    _quietly(program, "--input", img, "--output", output, "--concurrency", "2")


def _quietly(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
