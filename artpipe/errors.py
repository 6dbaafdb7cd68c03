"""Every failure artpipe can tell a user about, with its slug and exit code.

Two families. `ArtpipeError` ends a command: its exit code becomes the process's. `WorkError` ends one job
inside a worker; it crosses the process border as plain data (`model.Failure`) and the run goes on.
"""

from __future__ import annotations

from typing import ClassVar, Literal

FailureKind = Literal["permanent", "transient", "environment"]


class ArtpipeError(Exception):
    """A command cannot go on; the message says what, which one, and what to do now."""

    slug: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1


class UsageError(ArtpipeError):
    slug = "usage"
    exit_code = 2


class LibraryMissingError(ArtpipeError):
    slug = "no-library"
    exit_code = 4


class ForeignDatabaseError(ArtpipeError):
    slug = "foreign-database"
    exit_code = 4


class NewerDatabaseError(ArtpipeError):
    slug = "newer-database"
    exit_code = 4


class ArtMissingError(ArtpipeError):
    slug = "art-missing"
    exit_code = 4


class ToolMissingError(ArtpipeError):
    slug = "tool-missing"
    exit_code = 69


class StorageError(ArtpipeError):
    """Our own disk or database failed; no picture is to blame."""

    slug = "storage"
    exit_code = 74


class OvertakenError(ArtpipeError):
    """What was asked for rests on a state that somebody else has changed meanwhile."""

    slug = "overtaken"
    exit_code = 75


class BusyError(ArtpipeError):
    slug = "busy"
    exit_code = 75


class SettingsError(ArtpipeError):
    slug = "settings"
    exit_code = 78


class WorkError(Exception):
    """One job cannot be done.

    Args:
        code: reason code as it stands in `jobs.error_code`, for example `truncated` or `too-large`.
        message: one sentence for people.
    """

    kind: ClassVar[FailureKind] = "transient"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


class PictureError(WorkError):
    """The input is to blame: not tried again until the input or the recipe changes."""

    kind = "permanent"


class InputHarmedError(WorkError):
    """A program wrote into what it was to read, which may be an original: its stage works on nothing else now."""

    kind = "permanent"
    CODE: ClassVar[str] = "input-changed"

    def __init__(self, message: str) -> None:
        super().__init__(self.CODE, message)


class InputLostError(WorkError):
    """The file to work on is gone or is another one now; if it was made here, it is made again.

    Args:
        path: which one, for a job that reads several.
    """

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(code, message)
        self.path = path


class EnvironmentLackError(WorkError):
    """This machine is to blame (no model, no tool, no room): the stage stops, no job is charged."""

    kind = "environment"
