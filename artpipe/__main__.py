"""The installed command `artpipe`, and `python -m artpipe`."""

from __future__ import annotations

import gc
import os
import sys

INTERRUPTED = 130
# What is loaded stays; looking through it for garbage after every 700 objects costs a tenth of the start.
NEW_OBJECTS = 50_000


def run() -> None:
    """Run one command and exit; Ctrl-C is quiet from the first moment on."""
    gc.set_threshold(NEW_OBJECTS)
    try:
        from artpipe.cli.main import main

        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    _flush()
    gc.freeze()  # what goes with the process need not be looked through first
    sys.exit(code)


def _flush() -> None:
    """What cannot be written was complained about already; Python need not do it again while it exits."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    run()
