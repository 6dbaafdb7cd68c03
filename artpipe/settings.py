"""`artpipe.toml` and `ARTPIPE_*` variables as one frozen value."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from artpipe.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DATABASE_NAME = "cv.db"
FILE_NAME = "artpipe.toml"

# key -> least allowed value; all of them are whole numbers
_LIBRARY_KEYS: Mapping[str, int] = {"max_pixels": 1}
_RUN_KEYS: Mapping[str, int] = {"jobs": 0, "memory_limit": 0, "reserve": 0}
RESERVE = 256


class Settings(NamedTuple):
    """Everything a library can be told.

    Args:
        database: path of the SQLite file.
        art: folder of all artifacts.
        file: the settings file; it need not exist.
        max_pixels: larger pictures are rejected as `too-large`.
        jobs: worker processes; 0 means one per core.
        memory_limit: MiB of address space for one worker; 0 for no limit.
        reserve: MiB that a run leaves free on the disk of `art/`.
        user: who decides, as recorded in `decisions`.
        stages: the raw `[stages.NAME]` tables; the stage registry knows what they may hold.
    """

    database: Path
    art: Path
    file: Path
    max_pixels: int = 100_000_000
    jobs: int = 0
    memory_limit: int = 0
    reserve: int = RESERVE
    user: str = ""
    stages: Mapping[str, Mapping[str, Any]] = {}

    def workers(self) -> int:
        return self.jobs or available_cores()


def available_cores() -> int:
    """Cores this process may use; containers and `taskset` are respected where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find_database(start: Path) -> Path | None:
    """The nearest `cv.db` in `start` or above it."""
    for folder in [start, *start.parents]:
        if (folder / DATABASE_NAME).is_file():
            return folder / DATABASE_NAME
    return None


def load(database: Path, art: Path | None, environment: Mapping[str, str]) -> Settings:
    """Read the settings of the library at `database`.

    Raises:
        SettingsError: the file cannot be read, or holds an unknown key or a wrong value.
    """
    file = database.parent / FILE_NAME
    raw = _read(file)
    _only(raw, {"library", "run", "stages"}, file, "")
    library = _section(raw, "library", _LIBRARY_KEYS, file)
    run = _section(raw, "run", _RUN_KEYS, file)
    stages = _stage_tables(raw, file)
    return Settings(
        database=database,
        art=art or database.parent / "art",
        file=file,
        max_pixels=_number(environment, "ARTPIPE_MAX_PIXELS", library.get("max_pixels", 100_000_000), 1),
        jobs=_number(environment, "ARTPIPE_JOBS", run.get("jobs", 0), 0),
        memory_limit=_number(environment, "ARTPIPE_MEMORY_LIMIT", run.get("memory_limit", 0), 0),
        reserve=_number(environment, "ARTPIPE_RESERVE", run.get("reserve", RESERVE), 0),
        user=environment.get("ARTPIPE_USER") or _login_name(),
        stages=stages,
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        return _empty_tables(text) or _parsed(text)
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError, OSError) as error:
        raise SettingsError(f"{file}: {error}. Mend the file or move it away.") from None


def _parsed(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text)


def _empty_tables(text: str) -> dict[str, Any]:
    """The tables of a file in which nothing is set, as `artpipe init` leaves it; nothing if it holds anything else.

    Most libraries have such a file, and loading the parser would cost every command a twentieth of its start.
    """
    tables: dict[str, Any] = {}
    for line in text.split("\n"):
        bare = line.strip(" \t\r")
        if bare and bare[0] != "#" and not _opened(bare, tables):
            return {}
    return tables


def _opened(line: str, tables: dict[str, Any]) -> bool:
    """Add the table of a line `[NAME]` or `[NAME.NAME]`; False if it is another line, or its table is there."""
    outer, dot, inner = line[1:-1].partition(".")
    names = [outer, inner] if dot else [outer]
    if line[0] + line[-1] != "[]" or not all(name.isascii() and name.replace("-", "").isalnum() for name in names):
        return False
    within = tables.setdefault(outer, {}) if dot else tables
    fresh: dict[str, Any] = {}
    return within.setdefault(names[-1], fresh) is fresh


def _only(table: Mapping[str, Any], allowed: set[str], file: Path, prefix: str) -> None:
    for key in table:
        if key not in allowed:
            known = ", ".join(sorted(allowed))
            raise SettingsError(f"{file}: unknown key {prefix}{key}. Allowed here: {known}.")


def _section(raw: Mapping[str, Any], name: str, keys: Mapping[str, int], file: Path) -> dict[str, Any]:
    table = _table(raw, name, file)
    _only(table, set(keys), file, f"{name}.")
    for key, value in table.items():
        least = keys[key]
        if type(value) is not int or value < least:
            raise SettingsError(f"{file}: {name}.{key} must be a whole number of at least {least}, not {value!r}.")
    return table


def _table(raw: Mapping[str, Any], name: str, file: Path, prefix: str = "") -> dict[str, Any]:
    table = raw.get(name, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: {prefix}{name} must be a table ([{prefix}{name}]), not {table!r}.")
    return table


def _stage_tables(raw: Mapping[str, Any], file: Path) -> dict[str, dict[str, Any]]:
    stages = _table(raw, "stages", file)
    return {name: _table(stages, name, file, "stages.") for name in stages}


def _number(environment: Mapping[str, str], name: str, fallback: int, least: int) -> int:
    text = environment.get(name)
    if not text:
        return fallback
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise SettingsError(f"{name} must be a whole number of at least {least}, not {text!r}.")
    return int(text)


def _login_name() -> str:
    """What `getpass.getuser` answers; its module loads the terminal's too."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if name := os.environ.get(variable):
            return name
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
