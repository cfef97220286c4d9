"""Notices by webhook: a POST of JSON."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import requests

from amml_alert_board.sending import NotSent, document, title
from amml_alert_board.telling import Notice

_WAIT = (5, 10)
_LATER = (408, 425, 429)


@dataclass(frozen=True)
class Webhook:
    """An address that takes notices.

    Parameters:
        url: where it is.
        headers: what it wants to know of us, such as a token.
        severities: the notices it is given; all, if none is named.
    """

    url: str = field(repr=False)  # with many services it is the secret
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    severities: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Where it is, without the path and what else may be secret.

        >>> Webhook("https://hooks.example.org/T0/secret").name
        'webhook hooks.example.org'
        """
        host = self.url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        return f"webhook {host}"

    def send(self, notice: Notice) -> None:
        """POST it; `Idempotency-Key` is the same whenever it is sent again. Errors: NotSent."""
        headers = {**self.headers, "Idempotency-Key": _key(notice.name)}
        body = {**document(notice), "title": title(notice)}
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.post(
                    self.url, json=body, headers=headers, timeout=_WAIT, allow_redirects=False
                )
            except requests.RequestException as error:
                raise NotSent(type(error).__name__) from error
        status = answer.status_code
        if status >= 300:
            raise NotSent(f"it answers {status}", final=status < 500 and status not in _LATER)


def _key(name: str) -> str:
    """A header holds Latin-1 on one line only, and a record may hold any id."""
    right = name.isascii() and name.isprintable()
    return name if right else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]
