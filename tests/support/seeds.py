"""The main seed's shell functions and one-liners, from the document where it is at hand, else our equivalents."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = "database_driven_architecture.md"
OURS = Path(__file__).parent / "seed_functions.sh"
NAMES = (
    *("db-upsert-images", "db-log-artifact", "db-sync-artifacts", "db-start-job", "db-complete-job", "db-fail-job"),
    *("db-store-blurhash", "db-generate-blurhash", "db-stats", "db-find-ready", "db-migrate-approval"),
    "db-migrate-blurhash",
)
# Without what stands behind the last brace. One of them has its pipe there (`} | sqlite3 cv.db`), which to bash is a
# pipe from the definition: the function would be defined in a subshell that ends at once. Whoever calls it pipes.
_FUNCTION = re.compile(r"^(db-[a-z-]+)\(\) \{\n.*?^\}", re.MULTILINE | re.DOTALL)


def document() -> Path | None:
    """The seed: in $ARTPIPE_SEEDS, else in ../shared/seeds beside this checkout or beside its main checkout."""
    named = os.environ.get("ARTPIPE_SEEDS")
    folders = [Path(named)] if named else [root.parent / "shared/seeds" for root in (ROOT, _main_checkout())]
    return next((folder / DOCUMENT for folder in folders if (folder / DOCUMENT).is_file()), None)


def _main_checkout() -> Path:
    """A worktree's `.git` is a file that names its folder below the main checkout's."""
    link = ROOT / ".git"
    if not link.is_file():
        return ROOT
    return Path(link.read_text().removeprefix("gitdir:").strip()).parents[2]


def functions(source: Path | None) -> str:
    """Shell text that defines every function of the seed; our equivalents where there is no document."""
    if source is None:
        return OURS.read_text()
    found = {match[1]: match[0] for match in _FUNCTION.finditer(source.read_text())}
    assert set(found) == set(NAMES)
    return "\n".join(found.values()) + "\n"


def exported() -> str:
    """What makes the functions known to the shells that `xargs` and `runmany` start."""
    return f"export -f {' '.join(NAMES)}\n"


def tools(folder: Path) -> str:
    """A PATH with what the seed's functions call and this machine lacks; its author's `runmany` among that."""
    folder.mkdir(exist_ok=True)
    _script(folder / "runmany", _RUNMANY)
    if shutil.which("sqlite3") is None:
        _script(folder / "sqlite3", f"#!{sys.executable}\n{_SQLITE3}")
    return f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"


def _script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


# `runmany N SCRIPT [ARGUMENT...]`: the script for each argument, or for each line of stdin.
_RUNMANY = """\
#!/usr/bin/env bash
script=$2
shift 2
if [ $# -eq 0 ]; then mapfile -t lines; set -- "${lines[@]}"; fi
for argument in "$@"; do bash -c "$script" _ "$argument" </dev/null; done
"""
_SQLITE3 = '''\
"""As much of the sqlite3 shell as the functions need: statements from stdin, rows to stdout."""
import sqlite3, sys
code, pending = 0, ""
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
for line in sys.stdin:
    if not pending and (line.startswith(".") or not line.strip()):
        continue
    pending += line
    if not sqlite3.complete_statement(pending):
        continue
    try:
        for row in db.execute(pending):
            print("|".join("" if value is None else str(value) for value in row))
    except sqlite3.Error as error:
        print(f"Error: {error}", file=sys.stderr)
        code = 1
    pending = ""
sys.exit(code)
'''
