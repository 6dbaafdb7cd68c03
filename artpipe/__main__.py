"""The installed command `artpipe`, and `python -m artpipe`."""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130


def run() -> None:
    """Run one command and exit; Ctrl-C is quiet from the first moment on."""
    try:
        from artpipe.cli.main import main

        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    _flush()
    sys.exit(code)


def _flush() -> None:
    """What cannot be written was complained about already; Python need not do it again while it exits."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    run()
