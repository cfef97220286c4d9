"""Hides secrets in whatever Connect answers: it echoes values, and its traces may hold them."""

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias
from urllib.parse import quote, quote_plus

from amml_model_manager.errors import ApiError

HIDDEN = "[hidden]"  # as Kafka itself writes a password
REFERENCE = re.compile(r"\$\{secret:([^}]*)\}")
Mask: TypeAlias = Callable[[Any], Any]

_SHORTEST = 4  # masking every `1` would hide the answer, not the secret
_KEY = re.compile(
    r"(?:^|[._-])(?:password|passwd|pwd|passphrase|secret|token|credentials?|api[._-]?key|"
    r"access[._-]?key|private[._-]?key)$",
    re.IGNORECASE,
)
_NO_REFERENCE = r"(?!\$\{secret:)"
_IN_URL = re.compile(rf"(://[^/@\s:?#]*:){_NO_REFERENCE}[^/\s]+(@)")
_PARAMETER = re.compile(
    rf"((?:password|passwd|pwd|passphrase)=){_NO_REFERENCE}[^&;\s,\"')]+", re.IGNORECASE
)


def names_a_password(key: str) -> bool:
    """Whether a setting of that name usually holds a secret.

    >>> names_a_password("database.password"), names_a_password("tasks.max")
    (True, False)
    """
    return bool(_KEY.search(key))


def mask(values: Iterable[str]) -> Mask:
    """What hides these values, passwords in URLs, and settings named for one, in a document.

    >>> mask(["hunter22"])({"trace": "no login with hunter22", "url": "jdbc:x://a:b@host/c"})
    {'trace': 'no login with [hidden]', 'url': 'jdbc:x://a:[hidden]@host/c'}
    >>> mask([])({"a.password": "hunter22", "b.password": "${secret:b}"})
    {'a.password': '[hidden]', 'b.password': '${secret:b}'}
    """
    spelled = {text for value in values for text in _spellings(value)}
    # The longest first: one secret may begin with another.
    known = re.compile("|".join(map(re.escape, sorted(spelled, key=len, reverse=True))) or r"(?!)")

    def masked(document: Any) -> Any:
        if isinstance(document, str):
            text = _IN_URL.sub(rf"\1{HIDDEN}\2", known.sub(HIDDEN, document))
            return _PARAMETER.sub(rf"\1{HIDDEN}", text)
        if isinstance(document, Mapping):
            return {key: _hidden(key, value) or masked(value) for key, value in document.items()}
        return [masked(each) for each in document] if isinstance(document, list) else document

    return masked


def is_plain(value: Any) -> bool:
    """Whether a setting holds something to hide, and not by reference."""
    return isinstance(value, str) and value != "" and not REFERENCE.search(value)


@contextmanager
def masking(mask: Mask) -> Generator[None]:
    """Errors of this block leave it masked, and without the unmasked one as their cause."""
    try:
        yield
    except ApiError as error:
        raise type(error)(
            error.code, mask(error.message), mask(error.help), **mask(error.more)
        ) from None


def _hidden(key: Any, value: Any) -> str:
    return HIDDEN if names_a_password(str(key)) and is_plain(value) else ""


def _spellings(value: str) -> set[str]:
    """How a value may be written where it should not be."""
    lines = [line for line in (value, *value.splitlines()) if len(line) >= _SHORTEST]
    return {text for line in lines for text in (line, quote(line, safe=""), quote_plus(line))}
