"""Passwords in plain leave a configuration: they become secrets, referred to by name."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from amml_model_manager.connect.classes import JDBC
from amml_model_manager.connect.masking import REFERENCE, is_plain, names_a_password

_USERINFO = re.compile(r"(?<=://)(?P<user>[^/@\s:?#]*):(?P<password>[^/\s]*)@")
_PARAMETER = re.compile(
    r"(?P<mark>[?&;])(?P<name>user|password|passwd|pwd)=(?P<value>[^&;]*)", re.IGNORECASE
)


@dataclass
class Moved:
    """A configuration without passwords, and what its references stand for."""

    config: dict[str, str]
    secrets: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    notes: list[str] = field(default_factory=list[str])


def parted(config: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """User and password of a JDBC address as settings of their own, and what to tell about it.

    An address is logged as it is; a password that is a setting never is.

    >>> parted({"connector.class": JDBC[0], "connection.url": "jdbc:x://h/d?user=u&password=p"})[0]
    {'connector.class': 'amml...', 'connection.url': 'jdbc:x://h/d', 'connection.user': 'u',
     'connection.password': 'p'}
    """
    url = config.get("connection.url", "")
    if config.get("connector.class") not in JDBC or not _holds_password(url):
        return dict(config), []
    found: dict[str, str] = {}
    if match := _USERINFO.search(url):
        found |= {"user": unquote(match["user"]), "password": unquote(match["password"])}
        url = url[: match.start()] + url[match.end() :]
    for match in _PARAMETER.finditer(url):
        word = "user" if match["name"].lower() == "user" else "password"
        found[word] = unquote(match["value"])
    url = re.sub(r"\?$|(?<=\?)&", "", _PARAMETER.sub(_first_mark, url))
    own = {f"connection.{word}": value for word, value in found.items() if value}
    note = "the password of connection.url is now connection.password"
    return {**config, "connection.url": url, **own}, [note]


def moved(name: str, config: Mapping[str, str], password_keys: Iterable[str]) -> Moved:
    """Replace every password in plain by a reference to a secret named for it.

    Parameters:
        name: the connector's.
        password_keys: the settings that its plug-in says hold one.
    """
    result = Moved(dict(config))
    marked = set(password_keys)
    for key, value in config.items():
        if key in marked or (names_a_password(key) and value not in ("true", "false")):
            if is_plain(value):
                _move(result, name, key, (0, len(value)))
        elif (match := _USERINFO.search(value)) and is_plain(match["password"]):
            _move(result, name, key, match.span("password"))
    return result


def plain(config: Mapping[str, str]) -> list[str]:
    """The passwords that a configuration, as it was given, holds in plain."""
    return list(moved("", parted(config)[0], ()).secrets.values())


def secret_name(connector: str, key: str) -> str:
    """The name of the secret for a setting of a connector.

    >>> secret_name("hall", "connection.password")
    'hall-connection-password'
    """
    plain = re.sub(r"[^a-z0-9_-]", "-", f"{connector}.{key}".lower())
    if len(plain) <= 64 and re.fullmatch(r"[a-z0-9_-]*", connector):
        return plain
    # Shortened or spelled otherwise, two connectors could come to the same name.
    return f"{plain[:55]}-{hashlib.sha256(f'{connector}.{key}'.encode()).hexdigest()[:8]}"


def referred(config: Mapping[str, str]) -> dict[str, list[str]]:
    """The secrets that each setting refers to."""
    found = {key: REFERENCE.findall(value) for key, value in config.items()}
    return {key: names for key, names in found.items() if names}


def _move(result: Moved, connector: str, key: str, span: tuple[int, int]) -> None:
    secret, value = secret_name(connector, key), result.config[key]
    result.secrets[secret] = value[span[0] : span[1]]
    result.config[key] = f"{value[: span[0]]}${{secret:{secret}}}{value[span[1] :]}"
    result.notes.append(f"{key}: the password is now the secret `{secret}`")


def _holds_password(url: str) -> bool:
    named = (match["name"].lower() for match in _PARAMETER.finditer(url))
    return bool(_USERINFO.search(url)) or any(name != "user" for name in named)


def _first_mark(match: re.Match[str]) -> str:
    """Of a parameter that goes, the `?` stays for the next one."""
    return "?" if match["mark"] == "?" else ""
