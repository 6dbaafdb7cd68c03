"""Quiet for native code that chatters on standard error."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def silence() -> Iterator[None]:
    """Swallow what anybody in this process writes to file descriptor 2 meanwhile.

    For calls whose failures show in another way: drivers that are looked for and not there, percentages.
    """
    try:
        kept = os.dup(2)
    except OSError:  # closed by whoever started us: nothing to keep quiet
        yield
        return
    with tempfile.TemporaryFile() as sink:
        try:
            os.dup2(sink.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
