"""With libvips and without it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from artpipe.stages.imaging import vips

ENGINES = ("libvips", "pillow")


@contextmanager
def using(engine: str) -> Iterator[None]:
    """Within, pictures are opened as on a machine that has libvips, or has it not."""
    with pytest.MonkeyPatch.context() as patch:
        if engine == "pillow":
            patch.setitem(sys.modules, "pyvips", None)
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    vips._library.cache_clear()
    vips.version.cache_clear()
