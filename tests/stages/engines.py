"""With kornia-rs and libvips, and without them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from artpipe.errors import WorkError
from artpipe.stages.imaging import Picture, kornia, vips

# The pictures of most tests are too small for kornia-rs, which has tests of its own.
ENGINES = ("libvips", "pillow")

Outcome = tuple[str, ...] | tuple[str, tuple[int, int], bytes]
TRY = """
import resource, sys
from artpipe.errors import WorkError
from artpipe.stages.imaging import Picture
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]) << 20, resource.RLIM_INFINITY))
try:
    picture = Picture(sys.stdin.buffer.read())
    picture.scaled((400, 300))
    print(picture.engines((400, 300))['decoder'])
except WorkError as error:
    print(error.code)
"""


@contextmanager
def using(engine: str) -> Iterator[None]:
    """Within, pictures are opened as on a machine that has libvips alone, Pillow alone, or (`kornia-rs`) everything."""
    with pytest.MonkeyPatch.context() as patch:
        if engine == "pillow":
            patch.setitem(sys.modules, "pyvips", None)
        if engine != "kornia-rs":
            patch.setitem(sys.modules, "kornia_rs", None)
            patch.setitem(sys.modules, "kornia_rs.io", None)
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    vips._library.cache_clear()
    vips.version.cache_clear()
    kornia._library.cache_clear()


def decoded(data: bytes, engine: str) -> tuple[Outcome, str]:
    """What becomes of a file, and who decoded it."""
    with using(engine):
        try:
            picture = Picture(data)
            image = picture.full()
        except WorkError as error:
            return (error.code, error.message), ""
        return (image.mode, image.size, image.tobytes()), picture._decoder


def attempt(data: bytes, mebibytes: int) -> str:
    command = [sys.executable, "-c", TRY, str(mebibytes)]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout.decode().strip()
