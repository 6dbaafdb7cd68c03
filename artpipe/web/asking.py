"""What browsers send, taken apart and checked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from artpipe.actions.review import Visit
from artpipe.errors import UsageError
from artpipe.names import safe_id

if TYPE_CHECKING:
    from starlette.requests import Request

    from artpipe.web.gate import Session

MOST_BYTES = 1 << 18
_MOST_MARKS = 2000
_MOST_WINDOWS = 1000
_WINDOW = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Asked:
    """The body of a change, field by field.

    Every method raises UsageError if the field is not what it must be.
    """

    def __init__(self, fields: dict[str, Any], session: Session) -> None:
        self._fields, self._session = fields, session

    def window(self) -> str:
        return _window(self._fields.get("window"))

    def visit(self) -> Visit:
        windows = self._fields.get("windows")
        if windows is not None and (not isinstance(windows, list) or len(windows) > _MOST_WINDOWS):
            raise UsageError("`windows` is a list of windows.")
        known = None if windows is None else [_window(value) for value in windows]
        return Visit(self.window(), self._session.browser, known)

    def number(self, name: str, least: int = 0) -> int:
        value = self._fields.get(name)
        if type(value) is not int or not least <= value < 1 << 53:
            raise UsageError(f"`{name}` is a whole number.")
        return value

    def page(self) -> int:
        return self.number("page", 1)

    def image(self) -> str:
        return image_id(self._fields.get("image"))

    def decision(self) -> str:
        value = self._fields.get("decision")
        if value not in {"approved", "rejected"}:
            raise UsageError("`decision` is approved or rejected.")
        return str(value)

    def marks(self) -> dict[str, bool]:
        marks = self._fields.get("marks")
        if not isinstance(marks, dict) or len(marks) > _MOST_MARKS:
            raise UsageError("`marks` says of images whether they are marked.")
        if not all(type(value) is bool for value in marks.values()):
            raise UsageError("A mark is true or false.")
        return {image_id(key): value for key, value in marks.items()}


def image_id(value: object) -> str:
    """An id as it may stand in the database; anything that could be a path is not.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(value, str) or not _is_unicode(value) or safe_id(value) != value:
        raise UsageError("That is no id of an image.")
    return value


def _is_unicode(text: str) -> bool:
    """JSON may hold halves of characters."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _window(value: object) -> str:
    if not isinstance(value, str) or not _WINDOW.fullmatch(value):
        raise UsageError("A window has a name of 32 hexadecimal digits.")
    return value


async def asked(request: Request) -> Asked:
    """Read the body of a change.

    Raises:
        UsageError: it is too long, or no JSON object.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise UsageError("That is too much at once.")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise UsageError("Changes are JSON objects.")
    return Asked(fields, request.state.session)
