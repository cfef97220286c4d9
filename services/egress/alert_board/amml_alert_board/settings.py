"""The settings, read once from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_SHORTEST = 32


class SettingsError(ValueError):
    """A setting is missing or cannot be used; the message names it."""


@dataclass(frozen=True)
class Settings:
    """Where Kafka and the control API are, who may see the page, and who is told.

    Parameters:
        kafka: the brokers, as `host:port,host:port` (AMML_KAFKA).
        control: the control API's address (AMML_CONTROL).
        token: its bearer token, from the file AMML_TOKEN_FILE; the board asks for the same.
        folder: for what Faust keeps on disk (AMML_FOLDER).
        host, port: where the page is (AMML_HOST, AMML_PORT).
        allowed_hosts: further names in `Host`, such as a service's (AMML_ALLOWED_HOSTS).
        destinations: the YAML file that says who is told (AMML_ALERTS_FILE); it need not exist.
        secrets: the folder that its `${secret:NAME}` refer to (AMML_SECRETS).
        prefix: of the installation's topics (AMML_PREFIX).
    """

    kafka: str
    control: str
    token: str = field(repr=False)
    folder: Path
    host: str = "127.0.0.1"
    port: int = 8801
    allowed_hosts: tuple[str, ...] = ()
    destinations: Path | None = None
    secrets: Path | None = None
    prefix: str = "amml"

    def __post_init__(self) -> None:
        if len(self.token) < _SHORTEST:
            raise SettingsError(
                f"AMML_TOKEN_FILE: expected a token of {_SHORTEST} characters or more"
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
        amml_alert_board.settings.SettingsError: AMML_KAFKA is not set
        """
        if environment.get("AMML_KAFKA_PROTOCOL", "PLAINTEXT") != "PLAINTEXT":
            raise SettingsError("AMML_KAFKA_PROTOCOL: the alert board speaks PLAINTEXT only")
        hosts = environment.get("AMML_ALLOWED_HOSTS", "").split(",")
        return cls(
            kafka=_required(environment, "AMML_KAFKA"),
            control=_required(environment, "AMML_CONTROL").rstrip("/"),
            token=_token(_required(environment, "AMML_TOKEN_FILE")),
            folder=Path(_required(environment, "AMML_FOLDER")),
            host=environment.get("AMML_HOST", cls.host),
            port=_port(environment.get("AMML_PORT", str(cls.port))),
            allowed_hosts=tuple(host.strip() for host in hosts if host.strip()),
            destinations=_path(environment, "AMML_ALERTS_FILE"),
            secrets=_path(environment, "AMML_SECRETS"),
            prefix=environment.get("AMML_PREFIX", cls.prefix),
        )


def _required(environment: Mapping[str, str], name: str) -> str:
    if not environment.get(name):
        raise SettingsError(f"{name} is not set")
    return environment[name]


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    return Path(environment[name]) if environment.get(name) else None


def _token(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"AMML_TOKEN_FILE: {path} cannot be read: {error}") from error


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise SettingsError(f"AMML_PORT: expected 0..65535, found {text!r}")
    return int(text)
