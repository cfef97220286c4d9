"""What the control API answers when it cannot do as asked.

    ApiError
    ├── BadRequest     400  the request itself cannot be read
    ├── Unauthorized   401  no token, or the wrong one
    ├── NotFound       404  the thing named does not exist
    ├── Conflict       409  it exists, and forbids this
    ├── TooLarge       413  a body beyond its limit
    ├── NoSuchRange    416  a range outside the file
    ├── Refused        422  readable, but against the rules
    └── Unavailable    503  PostgreSQL or HDFS does not answer; try again

Each becomes `{"error": {"code", "message", "help"}}`, in `app.py`.
"""

from typing import Any, ClassVar


class ApiError(Exception):
    """One clear sentence for a user, with a code for programs.

    Parameters:
        code: a stable word, as `source_in_use`.
        message: names the thing, what was expected and what was found.
        help: what to do about it.
        more: further keys of the answer.

    >>> NotFound("no_source", "source `co2` does not exist").body()
    {'error': {'code': 'no_source', 'message': 'source `co2` does not exist', 'help': ''}}
    """

    status: ClassVar[int] = 500

    def __init__(self, code: str, message: str, help: str = "", **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.more = more

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        error = {"code": self.code, "message": self.message, "help": self.help}
        return {"error": error | self.more}


class BadRequest(ApiError):
    """The request itself cannot be read."""

    status = 400


class Unauthorized(ApiError):
    """No token, or the wrong one."""

    status = 401


class NotFound(ApiError):
    """The thing named does not exist."""

    status = 404


class Conflict(ApiError):
    """What exists forbids the change."""

    status = 409


class TooLarge(ApiError):
    """A body beyond its limit."""

    status = 413


class NoSuchRange(ApiError):
    """A range that lies outside the file."""

    status = 416


class Refused(ApiError):
    """Readable, but against the rules."""

    status = 422


class Unavailable(ApiError):
    """PostgreSQL or HDFS does not answer, or has no room."""

    status = 503
