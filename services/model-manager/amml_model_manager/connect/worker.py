"""A client of the Kafka Connect worker's REST API."""

import time
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from amml_model_manager.errors import ApiError, Conflict, NotFound, Refused, Unavailable

_TIMEOUT = (3, 50)  # a validation may wait for a database; our own callers wait for 60 s
_PATIENCE = 10.0  # seconds in which the worker may be busy with a change of its group
_PAUSE = 0.25
_HERE = "On the embedded platform `amml up --connect` starts it."


class Worker:
    """One worker, or a group of them behind an address.

    Parameters:
        url: where its REST API listens; it may hold a user and a password.
    Errors: every call raises NotFound, Conflict and Refused as the worker says; Unavailable when
        it does not answer, or fails. Messages are the worker's own words: mask them.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._place = urlsplit(url).netloc.rpartition("@")[2]  # without a password
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands between us and our own worker
        self._session.mount("http", HTTPAdapter(pool_maxsize=64))

    def get(self, path: str, **query: Any) -> Any:
        """The document at `path`."""
        return self._ask("GET", path, query)

    def find(self, path: str) -> Any:
        """The document at `path`, or None where there is none."""
        try:
            return self.get(path)
        except NotFound:
            return None

    def put(self, path: str, body: Any = None) -> Any:
        """Set what is at `path`."""
        return self._ask("PUT", path, body=body)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Ask for something to be done."""
        return self._ask("POST", path, query, body)

    def delete(self, path: str) -> None:
        """Remove what is at `path`."""
        self._ask("DELETE", path)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _ask(self, method: str, path: str, query: Any = None, body: Any = None) -> Any:
        end = time.monotonic() + _PATIENCE
        while True:
            answer = self._sent(method, path, query, body)
            if not _is_busy(answer) or time.monotonic() > end:
                break
            time.sleep(_PAUSE)
        if answer.status_code >= 400:
            raise _error(answer)
        return self._document(answer) if answer.content else None

    def _document(self, answer: requests.Response) -> Any:
        try:
            return answer.json()
        except ValueError:
            text = f"what answers at {self._place} is no Kafka Connect worker"
            raise Unavailable("no_worker_there", text, "See AMML_CONNECT.") from None

    def _sent(self, method: str, path: str, query: Any, body: Any) -> requests.Response:
        try:
            return self._session.request(
                method, self._url + path, params=query, json=body, timeout=_TIMEOUT
            )
        except requests.ReadTimeout:
            text = f"the Kafka Connect worker has not answered for {_TIMEOUT[1]} s"
            help = "Whether it did as asked is not known: look, or ask the same again."
            raise Unavailable("worker_slow", text, help) from None
        except requests.RequestException:
            text = f"no Kafka Connect worker answers at {self._place}"
            help = f"Nothing was changed. {_HERE}"
            raise Unavailable("worker_unavailable", text, help) from None


def _is_busy(answer: requests.Response) -> bool:
    """409 says that the group is changing, and also that a name is taken.

    While it starts the worker knows none of its own paths, and says so in HTML.
    """
    if answer.status_code == 404:
        return not answer.content.startswith(b"{")
    return answer.status_code == 409 and "already exists" not in answer.text


def _error(answer: requests.Response) -> ApiError:
    status, message = answer.status_code, _message(answer)
    if _is_busy(answer):
        help = "Its group of workers is changing: try again in a moment."
        return Unavailable("worker_busy", f"the Kafka Connect worker is busy: {message}", help)
    if status == 404:
        return NotFound("no_connector", message, "amml connect list")
    if status == 409:
        return Conflict("connector_exists", message, "PUT /connectors/{name}/config changes it.")
    if status < 500:
        return Refused("refused_by_worker", message)
    help = "The worker's log has the reason; on the embedded platform it is logs/connect.log."
    return Unavailable("worker_failed", f"the Kafka Connect worker failed: {message}", help)


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"it answered {answer.status_code} {answer.reason}"
