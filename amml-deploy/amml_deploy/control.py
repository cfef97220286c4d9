"""The client of the control API: workflows, models and sources, over REST.

ControlError          the API refused; carries its status, code and help
ControlDown           nobody answers at the address
"""

import getpass
import json
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeAlias

import requests

from amml_deploy.errors import AmmlError, UserError

Body: TypeAlias = Mapping[str, Any] | bytes | BinaryIO | None

_NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
_WAIT = (3.05, 60)  # seconds to connect, seconds without a byte


class ControlDown(AmmlError):
    """The control API does not answer."""


class ControlError(AmmlError):
    """The control API answered that it cannot do as asked.

    Parameters:
        status: the HTTP status; 400 to 422 without 401 are the caller's fault (exit 2).
        code: a stable word, such as `stale`.
        problems: everything that is wrong, where the API says more than one thing.
    """

    def __init__(
        self, status: int, code: str, message: str, help: str = "", problems: Sequence[str] = ()
    ) -> None:
        super().__init__(f"{message}\n{help}" if help else message)
        self.status = status
        self.code = code
        self.problems = problems
        self.exit_code = 2 if status in (400, 404, 413, 422) else 1


class Control:
    """One session with the control API; close it, or use it in a `with`.

    Parameters:
        url: where it listens, such as `http://127.0.0.1:8800`.
        token: the bearer token.
        actor: who asks, for the audit.
    Errors: every call raises ControlDown when nobody answers, ControlError when it is refused,
        UserError when `url` is no address.
    """

    def __init__(self, url: str, token: str, actor: str = "") -> None:
        self.url = url.rstrip("/")
        self.token = token
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy between here and loopback helps nobody
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._session.headers["X-Amml-Actor"] = actor or _user()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, path: str, **query: Any) -> Any:
        """The document at `path`."""
        return self._answer("GET", path, params=query)

    def find(self, path: str, **query: Any) -> Any:
        """The document at `path`, or None where there is none."""
        try:
            return self.get(path, **query)
        except ControlError as error:
            if error.status == 404:
                return None
            raise

    def put(self, path: str, body: Body = None, **query: Any) -> Any:
        """Set the document at `path`: JSON from a mapping, otherwise bytes or an open file."""
        return self._answer("PUT", path, body, params=query)

    def post(self, path: str, body: Body = None, **query: Any) -> Any:
        """Ask for something to be done."""
        return self._answer("POST", path, body, params=query)

    def patch(self, path: str, body: Body = None) -> Any:
        """Change what `body` names, and leave the rest."""
        return self._answer("PATCH", path, body)

    def delete(self, path: str, **query: Any) -> Any:
        """Remove what is at `path`."""
        return self._answer("DELETE", path, params=query)

    @contextmanager
    def stream(self, path: str) -> Generator[Iterator[bytes]]:
        """The bytes at `path`, a chunk at a time."""
        with self._sent("GET", path, stream=True) as response:
            yield response.iter_content(1 << 16)

    def _answer(self, method: str, path: str, body: Body = None, **options: Any) -> Any:
        if isinstance(body, Mapping):
            options["json"] = body
        elif body is not None:
            options["data"] = body
        with self._sent(method, path, **options) as response:
            return self._document(response) if response.content else None

    def _document(self, response: requests.Response) -> Any:
        try:
            return response.json()
        except ValueError as error:
            raise ControlDown(f"what answers at {self.url} is no control API") from error

    def _sent(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            response = self._session.request(method, self.url + path, timeout=_WAIT, **options)
        except _NO_ADDRESS as error:
            raise UserError(
                f"{self.url} is no address of a control API; one is http://127.0.0.1:8800"
            ) from error
        except requests.RequestException as error:
            raise ControlDown(_silence(self.url)) from error
        if response.status_code >= 400:
            with response:
                raise _refusal(response)
        return response


def connect(home: Path, environment: Mapping[str, str]) -> Control:
    """The control API of the platform under `home`, or the one the environment names.

    `AMML_CONTROL` with `AMML_TOKEN_FILE` go before `<home>/platform.json`.

    Errors: ControlDown, no platform has ever been started here, or its token cannot be read.
    """
    url = environment.get("AMML_CONTROL")
    token_file = environment.get("AMML_TOKEN_FILE")
    if url is None:
        url, token_file = _said(home, "control"), token_file or _said(home, "token_file")
    return Control(url, _token(Path(token_file) if token_file else home / "token"))


def workflow_of(control: Control, name: str) -> Mapping[str, Any]:
    """The document of a workflow.

    Errors: UserError, there is none of that name.
    """
    document = control.find(f"/workflows/{name}")
    if document is None:
        raise UserError(f"no workflow `{name}`: `amml list` shows them")
    return document


def bootstrap_of(home: Path, environment: Mapping[str, str]) -> str:
    """Where Kafka listens: `AMML_KAFKA`, or the platform under `home`.

    Errors: ControlDown, no platform has ever been started here.
    """
    return environment.get("AMML_KAFKA") or _said(home, "kafka")


def _said(home: Path, name: str) -> str:
    """What `platform.json` says under a name."""
    file = home / "platform.json"
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))[name])
    except FileNotFoundError:
        raise ControlDown(
            f"there is no platform at {home}: run `amml up`, or set AMML_CONTROL"
        ) from None
    except OSError as error:
        raise ControlDown(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ControlDown(f"{file} is damaged: it does not say `{name}`") from error


def _token(path: Path) -> str:
    try:
        token = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ControlDown(f"the token file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        token = ""
    if not token.isprintable() or not token or " " in token:
        raise ControlDown(f"the token file {path} holds no token: one line without blanks")
    return token


def _refusal(response: requests.Response) -> ControlError:
    """What the API says is wrong, whatever form it says it in."""
    try:
        error = response.json()["error"]
        help, problems = error.get("help", ""), error.get("problems", ())
        return ControlError(response.status_code, error["code"], error["message"], help, problems)
    except (ValueError, KeyError, TypeError):
        message = f"the control API answered {response.status_code} {response.reason}"
        return ControlError(response.status_code, "unknown", message)


def _silence(url: str) -> str:
    return f"the control API at {url} does not answer: is the platform up? run `amml up`"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def home_of(environment: Mapping[str, str]) -> Path:
    """The platform's folder: `AMML_HOME`, or `~/.amml`.

    >>> home_of({"AMML_HOME": "/tmp/x"})
    PosixPath('/tmp/x')
    """
    return Path(environment.get("AMML_HOME") or Path.home() / ".amml")


def from_environment() -> Control:
    """The control API that this process's environment points to."""
    return connect(home_of(os.environ), os.environ)
