"""The client of the control API, which holds the alerts and what people did about them."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import requests

Alert = Mapping[str, Any]
_WAIT = (3.05, 20)  # seconds to connect, seconds without a byte
# What is wrong with the request itself; a token, a proxy or a limit can be put right meanwhile.
_REFUSALS = (400, 413, 422)
_NOT_THERE = (404, 409)  # of the alert that is named; where one is sent, of the API itself


class ControlDown(Exception):
    """The control API does not answer, or not now."""


class ControlRefuses(Exception):
    """The control API will not do as asked; the message is its own."""


class Control:
    """Each call is a request of its own, so that threads may share it."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def store(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts; what it has already changes nothing. Errors: both."""
        self._sent("POST", "/alerts", "alert-board", json=list(alerts))

    def open(self) -> list[Alert]:
        """The newest alerts that are not resolved. Errors: both."""
        return self._sent("GET", "/alerts?open=true&limit=1000", "alert-board")

    def get(self, workflow: str, id: str) -> Alert:
        """One alert with its history. Errors: both."""
        return self._sent("GET", _path(workflow, id), "alert-board")

    def change(self, workflow: str, id: str, what: Mapping[str, Any], actor: str) -> Alert:
        """Acknowledge, silence or resolve it, as its API says. Errors: both."""
        return self._sent("PATCH", _path(workflow, id), actor, json=what)

    def _sent(self, method: str, path: str, actor: str, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "X-Amml-Actor": _plain(actor)}
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.request(
                    method, self._url + path, headers=headers, timeout=_WAIT, **body
                )
            except (requests.exceptions.InvalidJSONError, UnicodeError) as error:
                raise ControlRefuses(f"it cannot be sent: {error}") from error
            except requests.RequestException as error:
                raise ControlDown("the control API does not answer") from error
        refusals = _REFUSALS if method == "POST" else (*_REFUSALS, *_NOT_THERE)
        if answer.status_code in refusals and _code(answer) != "wrong_host":
            raise ControlRefuses(_said(answer))
        if answer.status_code >= 300:
            raise ControlDown(f"the control API: {_said(answer)}")
        return _found(answer)


def _plain(actor: str) -> str:
    """A header holds no name beyond Latin-1; the control API's audit holds ASCII."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in actor)


def _path(workflow: str, id: str) -> str:
    return f"/alerts/{quote(id, safe='')}?workflow={quote(workflow, safe='')}"


def _found(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise ControlDown("what answers is no control API") from error


def _code(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _said(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason}"
