"""main(argv): the only place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from artpipe.cli import render
from artpipe.cli.options import ReaderGoneError
from artpipe.errors import ArtpipeError

BUG = 70
STORAGE = 74
INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Run one command; returns its exit code and never raises, except with ARTPIPE_DEBUG=1."""
    render.now.common = None
    _speak_utf8()
    try:
        return _run(list(argv))
    except ReaderGoneError:
        return _reader_gone()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("ARTPIPE_DEBUG") == "1":
            raise
        return _failed(error)


def _run(argv: list[str]) -> int:
    from typer.exceptions import TyperException

    from artpipe.cli.app import call

    try:
        result = call(argv)
    except TyperException as error:
        return _refused(error, argv)
    return result if isinstance(result, int) else 0


def _refused(error: Exception, argv: list[str]) -> int:
    """Typer did not accept the arguments, or was asked to leave."""
    code: int = getattr(error, "exit_code", 2)
    describe = getattr(error, "format_message", None)
    if describe is None:
        return code
    if not argv:
        render.say(describe())
        return code
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "artpipe"
    if "--json" in argv and render.now.common is None:
        render.expect_json(path.removeprefix("artpipe").strip())
    return render.failure(f"{describe()} Try `{path} --help`.", "usage", code)


def _failed(error: Exception) -> int:
    if isinstance(error, ArtpipeError):
        return render.failure(str(error), error.slug, error.exit_code)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return render.failure(f"{where}{error.strerror or error}. Check the disk, then try again.", "storage", STORAGE)
    what = f"This is a bug in artpipe ({type(error).__name__}: {error})."
    return render.failure(f"{what} Run it again with ARTPIPE_DEBUG=1 and report what it prints.", "bug", BUG)


def _reader_gone() -> int:
    """End quietly; what is still buffered goes nowhere."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)
    return 0


def _speak_utf8() -> None:
    """File names may hold anything, whatever the locale says."""
    # A closed stream (`>&-`) is None to Python; what goes there goes nowhere.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the whole process
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - the same
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
