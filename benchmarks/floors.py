"""What artpipe cannot be faster than: the same library calls without any bookkeeping, in processes of their own."""

from __future__ import annotations

import sys
from pathlib import Path


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def floor_register(folder: Path) -> None:
    import hashlib
    from concurrent.futures import ThreadPoolExecutor

    from PIL import Image

    def look(path: Path) -> None:
        data = path.read_bytes()
        hashlib.sha256(data).hexdigest()
        with Image.open(path) as opened:
            assert opened.size

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(look, files(folder)))


def floor_run(folder: Path) -> None:
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(2) as pool:
        list(pool.map(make_all, files(folder), chunksize=8))


def make_all(path: Path) -> None:
    """The same library calls as a run makes, without any bookkeeping."""
    from artpipe.stages.imaging import Picture
    from artpipe.stages.registry import BUILT_IN, maker, maker_class

    made = {}
    picture = Picture.open(path)
    for name in ("thumbnails-small", "web-optimized"):
        definition = BUILT_IN[name]
        defaults = {key: parameter.default for key, parameter in maker_class(definition.kind).parameters.items()}
        made[name] = maker(definition.kind).make(picture, {**defaults, **definition.params}).data or b""
    for kind, source in (("blurhash", "web-optimized"), ("phash", "thumbnails-small")):
        defaults = {key: parameter.default for key, parameter in maker_class(kind).parameters.items()}
        maker(kind).make(Picture(made[source]), defaults)


if __name__ == "__main__":
    {"register": floor_register, "run": floor_run}[sys.argv[1]](Path(sys.argv[2]))
