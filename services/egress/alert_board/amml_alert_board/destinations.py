"""The YAML file that says who is told: read anew when it or a secret of it changes.

period: 10m                       # at most one notice for each key in this time
destinations:
  - webhook: ${secret:pager}
    headers: {Authorization: "Bearer ${secret:pager-token}"}
    severities: [critical]
  - mail: [ops@example.org]
    from: amml@example.org
    smtp: smtp://amml@mail.example.org:587
    password: ${secret:smtp}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from amml_alert_board.mail import Mail
from amml_alert_board.sending import Destination
from amml_alert_board.webhook import Webhook

_LARGEST = 256 << 10
_SECRET = re.compile(r"\$\{secret:([^}]*)\}")
_SECRET_NAME = r"[a-z][a-z0-9_-]{0,63}"
_MAILBOX = r"[^@\s,<>]+@[^@\s,<>]+"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WEBHOOK = {"webhook", "headers", "severities"}
_MAIL = {"mail", "from", "smtp", "password", "severities"}
_SEVERITIES = ("info", "warning", "critical")
_SHORT = {"warn": "warning", "crit": "critical"}


class WrongFile(ValueError):
    """The file cannot be used; the message says where and why, and holds no secret."""


@dataclass(frozen=True)
class Told:
    """Who is told, and how often at most."""

    destinations: tuple[Destination, ...] = ()
    period: float = 600.0


class DestinationsFile:
    """The file, whose last usable content counts."""

    def __init__(self, path: Path | None, secrets: Path | None) -> None:
        self._path = path
        self._secrets = secrets
        self._read_at: tuple[int, ...] = ()
        self._used: list[Path] = []
        self._last = Told()
        self.problem = ""

    def now(self) -> Told:
        """What it says now, with the secrets of now; a problem is kept in `problem`."""
        if self._path is not None:
            times = tuple(map(_changed, (self._path, *self._used)))
            if times != self._read_at:  # once more, too, when it names other secrets than before
                self._read_at = times
                self._read(self._path)
        return self._last

    def _read(self, path: Path) -> None:
        try:
            text = self._text(path)
            self._used = self._named_in(text)
            self._last, self.problem = parse(text, self._secrets), ""
        except WrongFile as error:
            self.problem = f"{path}: {error}"
        except Exception as error:  # whatever it holds: who was told before is told from now on
            self.problem = f"{path}: it cannot be used ({type(error).__name__})"

    def _named_in(self, text: str) -> list[Path]:
        names = sorted(set(_SECRET.findall(text)))
        known = [name for name in names if re.fullmatch(_SECRET_NAME, name)]
        return [self._secrets / name for name in known] if self._secrets else []

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")[:_LARGEST]
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise WrongFile(f"it cannot be read: {error}") from error


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1


def parse(text: str, secrets: Path | None) -> Told:
    """What the text of a file says.

    Errors: WrongFile.

    >>> parse("period: 5m", None)
    Told(destinations=(), period=300.0)
    """
    try:
        found: Any = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise WrongFile(f"it is no YAML: {str(error).splitlines()[0]}") from error
    except (ValueError, RecursionError) as error:  # such as a day that no month has
        raise WrongFile(f"it is no YAML that can be used ({type(error).__name__})") from error
    _check_keys("the file", found, {"period", "destinations"})
    given: Any = found.get("destinations") or []
    if not isinstance(given, list):
        raise WrongFile("`destinations`: expected a list")
    destinations = tuple(
        _destination(f"destination {at}", each, secrets) for at, each in enumerate(given, 1)
    )
    return Told(destinations, _seconds(str(found.get("period", "10m"))))


def _destination(where: str, given: Any, secrets: Path | None) -> Destination:
    given = _resolved(given, secrets)
    kinds = {"webhook": _WEBHOOK, "mail": _MAIL}
    kind = next((kind for kind in kinds if isinstance(given, Mapping) and kind in given), None)
    if kind is None:
        raise WrongFile(f"{where}: expected `webhook` or `mail`")
    _check_keys(where, given, kinds[kind])
    severities = _severities(where, given.get("severities") or [])
    return (_webhook if kind == "webhook" else _mail)(where, given, severities)


def _severities(where: str, given: Any) -> frozenset[str]:
    """Severities by their names or their short ones, as the workflows take them."""
    words = given if isinstance(given, list) else [given]
    found = [_SHORT.get(str(word), str(word)) for word in words]
    if wrong := [word for word in found if word not in _SEVERITIES]:
        known = ", ".join(_SEVERITIES)
        raise WrongFile(f"{where}: `severities`: {wrong[0][:80]!r} is none of {known}")
    return frozenset(found)


def _webhook(where: str, given: Mapping[str, Any], severities: frozenset[str]) -> Webhook:
    url, headers = str(given["webhook"]), given.get("headers") or {}
    if not _is_address(url, "http", "https"):
        raise WrongFile(f"{where}: `webhook` is no address, one is https://host/path")
    if not isinstance(headers, Mapping):
        raise WrongFile(f"{where}: `headers`: expected names and values")
    return Webhook(url, {str(name): str(value) for name, value in headers.items()}, severities)


def _mail(where: str, given: Mapping[str, Any], severities: frozenset[str]) -> Mail:
    to = given["mail"] if isinstance(given["mail"], list) else [given["mail"]]
    smtp, sender = str(given.get("smtp", "")), str(given.get("from", ""))
    if not _is_address(smtp, "smtp", "smtps"):
        raise WrongFile(f"{where}: `smtp` is no address, one is smtp://user@host:587")
    if urlsplit(smtp).password is not None:
        raise WrongFile(f"{where}: `smtp` holds a password; give `password: ${{secret:NAME}}`")
    wrong = [
        each for each in (sender, *map(str, to)) if not re.fullmatch(r"[^@\s,<>]+@[^@\s,<>]+", each)
    ]
    if wrong:
        raise WrongFile(f"{where}: {wrong[0]!r} is no mail address")
    return Mail(smtp, sender, tuple(map(str, to)), str(given.get("password", "")), severities)


def _is_address(text: str, *schemes: str) -> bool:
    try:
        address = urlsplit(text)
        return address.scheme in schemes and bool(address.hostname) and (address.port or 1) > 0
    except ValueError:
        return False


def _check_keys(where: str, given: Any, known: set[str]) -> None:
    if not isinstance(given, Mapping):
        raise WrongFile(f"{where}: expected names and values")
    if unknown := sorted(set(map(str, given)) - known):
        raise WrongFile(f"{where}: no `{unknown[0]}`; there are {', '.join(sorted(known))}")


def _resolved(given: Any, secrets: Path | None) -> Any:
    """With the secrets in place of their references."""
    if isinstance(given, str):
        return _SECRET.sub(lambda found: _secret(found[1], secrets), given)
    if isinstance(given, Mapping):
        return {name: _resolved(value, secrets) for name, value in given.items()}
    return [_resolved(each, secrets) for each in given] if isinstance(given, list) else given


def _secret(name: str, secrets: Path | None) -> str:
    if not re.fullmatch(_SECRET_NAME, name):
        raise WrongFile(f"the name of a secret matches {_SECRET_NAME}, found {name[:80]!r}")
    try:
        return ((secrets or Path("/nowhere")) / name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise WrongFile(f"there is no secret `{name}`: amml secret set {name}") from None


def _seconds(text: str) -> float:
    if not re.fullmatch(r"(\d+[smhd])+", text):
        raise WrongFile(f"`period`: expected a duration such as 10m or 1h, found {text[:80]!r}")
    return float(sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)([smhd])", text)))
