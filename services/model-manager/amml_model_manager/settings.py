"""The settings, read once from the environment."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class SettingsError(ValueError):
    """A setting is missing or cannot be used; the message names it."""


@dataclass(frozen=True)
class Settings:
    """How this process reaches PostgreSQL and HDFS, and who may reach it.

    Parameters:
        database: a libpq URL (AMML_DATABASE).
        hdfs: one or more WebHDFS URLs, joined by `;` (AMML_HDFS).
        token: the bearer token, from the file AMML_TOKEN_FILE.
        hdfs_root: the folder that is ours in HDFS (AMML_HDFS_ROOT).
        hdfs_user: who we are there (AMML_HDFS_USER); None is the user of this process.
        host, port: where to listen (AMML_HOST, AMML_PORT).
        allowed_hosts: further names in `Host`, such as a service's (AMML_ALLOWED_HOSTS).
        connect: the REST address of a Kafka Connect worker (AMML_CONNECT).
        connect_classes: connectors that may be used beside our own list (AMML_CONNECT_CLASSES).
        secrets: the folder of secrets, which the worker reads too (AMML_SECRETS).
    """

    database: str = field(repr=False)  # it may hold a password
    hdfs: str
    token: str = field(repr=False)
    hdfs_root: str = "/amml"
    hdfs_user: str | None = None
    host: str = "127.0.0.1"
    port: int = 8800
    allowed_hosts: tuple[str, ...] = ()
    connect: str | None = field(default=None, repr=False)  # it may hold a password, too
    connect_classes: tuple[str, ...] = ()
    secrets: Path | None = None

    def __post_init__(self) -> None:
        if not self.hdfs_root.startswith("/") or ".." in self.hdfs_root.split("/"):
            raise SettingsError(
                f"AMML_HDFS_ROOT: expected an absolute path, found {self.hdfs_root}"
            )
        if self.connect is not None and not self.connect.startswith(("http://", "https://")):
            raise SettingsError("AMML_CONNECT: expected an address, as http://127.0.0.1:8083")
        if len(self.token) < 32:
            where = "" if _is_loopback(self.host) else f" to listen on {self.host}"
            raise SettingsError(
                f"AMML_TOKEN_FILE: expected a token of 32 characters or more{where}"
            )

    @property
    def hosts(self) -> frozenset[str]:
        """The names that a request's `Host` may carry."""
        return frozenset((*_LOOPBACK, self.host, *self.allowed_hosts))

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read all settings.

        Errors: SettingsError, naming the variable.

        >>> Settings.from_env({})
        Traceback (most recent call last):
        amml_model_manager.settings.SettingsError: AMML_DATABASE is not set
        """
        secrets = environment.get("AMML_SECRETS")
        return cls(
            database=_required(environment, "AMML_DATABASE"),
            hdfs=_required(environment, "AMML_HDFS"),
            token=_token(_required(environment, "AMML_TOKEN_FILE")),
            hdfs_root=environment.get("AMML_HDFS_ROOT", cls.hdfs_root).rstrip("/"),
            hdfs_user=environment.get("AMML_HDFS_USER"),
            host=environment.get("AMML_HOST", cls.host),
            port=_port(environment.get("AMML_PORT", str(cls.port))),
            allowed_hosts=_listed(environment, "AMML_ALLOWED_HOSTS"),
            connect=environment.get("AMML_CONNECT") or None,
            connect_classes=_listed(environment, "AMML_CONNECT_CLASSES"),
            secrets=Path(secrets) if secrets else None,
        )


def _listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in environment.get(name, "").split(",") if word.strip())


def _required(environment: Mapping[str, str], name: str) -> str:
    if not environment.get(name):
        raise SettingsError(f"{name} is not set")
    return environment[name]


def _token(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"AMML_TOKEN_FILE: {path} cannot be read: {error}") from error


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise SettingsError(f"AMML_PORT: expected 0..65535, found {text!r}")
    return int(text)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
