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


PICTURES = ("thumbnails-small", "web-optimized", "phash", "blurhash")
# A JPEG and a WebP of each picture, as the peers make.
SAME_OUTPUTS = {"thumbnails-small": {"format": "jpeg", "quality": 85}, "web-optimized": {"quality": 80}}


def floor_pictures(folder: Path, output: Path) -> None:
    from concurrent.futures import ProcessPoolExecutor
    from functools import partial

    output.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(partial(make_all, output), files(folder), chunksize=8))


def make_all(output: Path, path: Path) -> None:
    """The same library calls as registering and a run make, without any bookkeeping."""
    import hashlib

    from artpipe.stages.imaging import Picture
    from artpipe.stages.makers import maker, maker_class
    from artpipe.stages.registry import BUILT_IN

    data = path.read_bytes()
    hashlib.sha256(data).hexdigest()
    pictures = {"upstream": Picture(data)}
    for name in PICTURES:
        definition = BUILT_IN[name]
        defaults = {key: parameter.default for key, parameter in maker_class(definition.kind).parameters.items()}
        params = {**defaults, **definition.params, **SAME_OUTPUTS.get(name, {})}
        product = maker(definition.kind).make(pictures[definition.inputs[0]], params)
        if product.data is not None:
            hashlib.sha256(product.data).hexdigest()
            (output / f"{path.stem}.{name}.{product.extension}").write_bytes(product.data)
            pictures[name] = Picture(product.data)


if __name__ == "__main__":
    what, folder, *more = sys.argv[1:]
    {"register": floor_register, "pictures": floor_pictures}[what](Path(folder), *map(Path, more))
