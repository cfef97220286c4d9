"""What PostgreSQL's errors mean for a step: to be waited for, or to be mended by somebody."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import psycopg2
import pyarrow as pa
from psycopg2.extensions import parse_dsn

from amml_runtime.errors import Unavailable, WorkflowFault

P = ParamSpec("P")
R = TypeVar("R")

_CONNECT_SECONDS = 10
# Classes of SQLSTATE: connection, rollback, resources, operator, system; and two that end a
# session or a wait for a lock. See PostgreSQL's manual, appendix A.
_PASSING = ("08", "40", "53", "57", "58", "55P03", "25P03", "25P04")
_HOST = re.compile(r"[A-Za-z0-9._:,/%-]*")
_PORT = re.compile(r"[0-9,]*")
# libpq gives no SQLSTATE for a refused connection, only the server's words.
_REFUSED = re.compile("authentication failed|does not exist|no pg_hba.conf|permission denied")


def plainly(call: Callable[P, R]) -> Callable[P, R]:
    """PostgreSQL's errors in the runtime's words: what passes, and what does not."""

    @wraps(call)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except psycopg2.Error as error:
            raise _meant(error) from None
        except pa.ArrowException as error:
            raise WorkflowFault(f"to_table: {_said(error)}") from None

    return called


def connected(address: str, secret: str) -> Any:
    """A connection; no message quotes the address, which holds a password.

    Parameters:
        secret: the name of the secret that holds the address.
    Errors: Unavailable; WorkflowFault, it is no address, or the server refuses its user.
    """
    try:
        server = _server(parse_dsn(address))
    except (psycopg2.ProgrammingError, ValueError):
        raise WorkflowFault(
            f"secret `{secret}` holds no address of PostgreSQL; one is "
            "postgresql://user:password@host:5432/database, where a password's `@`, `/`, `:` "
            "and `%` are written %40, %2F, %3A and %25"
        ) from None
    try:
        return psycopg2.connect(address, connect_timeout=_CONNECT_SECONDS, application_name="amml")
    except psycopg2.Error as error:
        if _REFUSED.search(str(error)) and "FATAL" in str(error):
            raise WorkflowFault(
                f"PostgreSQL at {server} refuses the user, the password or the database of "
                f"secret `{secret}`: amml secret set {secret}"
            ) from None
        raise Unavailable(f"PostgreSQL: no connection to {server}") from None


def passes(code: str) -> bool:
    """Whether an error with this SQLSTATE goes away by itself.

    >>> passes("57P01"), passes("54000")
    (True, False)
    """
    return code.startswith(_PASSING)


def _server(parts: dict[str, str]) -> str:
    """Host and port. A password with an `@` or a `/` in it spills into what stands beside it."""
    host, port = parts.get("host", ""), parts.get("port", "5432")
    right = _HOST.fullmatch(host) and _PORT.fullmatch(port) and "@" not in parts.get("dbname", "")
    if not right:
        raise ValueError("no address")
    return f"{host or 'localhost'}:{port}"


def _meant(error: psycopg2.Error) -> Unavailable | WorkflowFault:
    lost = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    if passes(error.pgcode) if error.pgcode else lost:
        return Unavailable(f"PostgreSQL: {_said(error)}")
    return WorkflowFault(f"to_table: {_said(error)}")


def _said(error: Exception) -> str:
    """The first line of what went wrong; the rest may quote rows."""
    return str(error).strip().partition("\n")[0]
