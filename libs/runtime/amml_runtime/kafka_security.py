"""How this process gets into Kafka: with TLS or without, and as whom.

The one place that every client takes it from. A client that is made later reads it again, so a
password that was changed counts from the next connection on.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from amml_runtime.errors import AccessDenied

if TYPE_CHECKING:
    import ssl

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")
_FILES = ("CA", "CERTIFICATE", "KEY", "PASSWORD_FILE")
_NAMES = ("PROTOCOL", *_FILES, "MECHANISM", "USER")


@dataclass(frozen=True)
class Security:
    """What the environment says: `AMML_KAFKA_PROTOCOL` and the others, each a field.

    Parameters:
        ca: who signs the brokers' certificates; None: whom the machine trusts.
        certificate, key: who we are, by TLS.
        mechanism, user, password_file: who we are, by SASL; the password is only ever in its file.

    >>> Security().for_client()
    {}
    >>> Security.from_env({"AMML_KAFKA_PROTOCOL": "SASL_SSL", "AMML_KAFKA_USER": "ada"})
    Traceback (most recent call last):
    amml_runtime.errors.AccessDenied: AMML_KAFKA_PASSWORD_FILE is missing: SASL_SSL needs it
    """

    protocol: str = "PLAINTEXT"
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    mechanism: str = ""
    user: str = ""
    password_file: Path | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Security":
        """The settings in `environ`; raises `AccessDenied` where they do not fit together."""
        if "AMML_KAFKA_PASSWORD" in environ:
            raise AccessDenied(
                "AMML_KAFKA_PASSWORD is not read, as others can see an environment: put the "
                "password into a file, and name that in AMML_KAFKA_PASSWORD_FILE"
            )
        given = {name: environ.get(f"AMML_KAFKA_{name}", "") for name in _NAMES}
        protocol = _one_of("PROTOCOL", given["PROTOCOL"] or "PLAINTEXT", PROTOCOLS)
        _refuse_wrong(protocol, {name for name in given if given[name]} - {"PROTOCOL"})
        paths = {name: _file(name, given[name]) for name in _FILES}
        mechanism = ""
        if protocol.startswith("SASL"):
            mechanism = _one_of("MECHANISM", given["MECHANISM"] or MECHANISMS[0], MECHANISMS)
        if mechanism == "PLAIN" and protocol != "SASL_SSL":
            raise AccessDenied("AMML_KAFKA_MECHANISM: PLAIN sends the password; it needs SASL_SSL")
        return cls(
            protocol=protocol,
            ca=paths["CA"],
            certificate=paths["CERTIFICATE"],
            key=paths["KEY"],
            mechanism=mechanism,
            user=given["USER"],
            password_file=paths["PASSWORD_FILE"],
        )

    @property
    def is_encrypted(self) -> bool:
        """Whether connections are TLS."""
        return self.protocol in ("SSL", "SASL_SSL")

    @property
    def principal(self) -> str:
        """Who the brokers take us for, as far as we can know."""
        if self.user:
            return f"User:{self.user}"
        if self.certificate:
            return f"the owner of {self.certificate}"
        return "User:ANONYMOUS"

    def password(self) -> str:
        """The one line of the password's file; raises `AccessDenied`."""
        assert self.password_file is not None, self.protocol
        password = _read(self.password_file).rstrip("\r\n")
        if not password or not password.isprintable():
            raise AccessDenied(f"{self.password_file} holds no password: one line is expected")
        return password

    def for_client(self) -> dict[str, str]:
        """The settings of a librdkafka client; the host's name is checked by default."""
        if self.protocol == "PLAINTEXT":
            return {}
        found = {"security.protocol": self.protocol}
        files = {"ca": self.ca, "certificate": self.certificate, "key": self.key}
        found |= {f"ssl.{name}.location": str(path) for name, path in files.items() if path}
        if self.mechanism:
            found["sasl.mechanism"] = self.mechanism
            found["sasl.username"] = self.user
            found["sasl.password"] = self.password()
        return found

    def tls(self) -> "ssl.SSLContext":
        """The same for a plain socket; raises `AccessDenied` where a file is no certificate."""
        import ssl  # few processes need it

        files = [file for file in (self.ca, self.certificate, self.key) if file]
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate:
                context.load_cert_chain(self.certificate, self.key, password=_no_passphrase)
        except ssl.SSLError as error:
            named = ", ".join(map(str, files))
            said = f"{named}: not PEM, or no pair of key and certificate: {error.reason or error}"
            raise AccessDenied(said) from error
        return context


def security() -> Security:
    """What the environment of this process says; raises `AccessDenied`."""
    return Security.from_env(os.environ)


def reaching(bootstrap: str) -> dict[str, str]:
    """What every client's settings begin with: where the brokers are, and how to get in."""
    return {"bootstrap.servers": bootstrap, **security().for_client()}


def without_security(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment for who uses a broker that asks nobody who they are.

    >>> without_security({"AMML_KAFKA": "k:9092", "AMML_KAFKA_USER": "ada"})
    {'AMML_KAFKA': 'k:9092'}
    """
    ours = {f"AMML_KAFKA_{name}" for name in (*_NAMES, "PASSWORD")}
    return {name: value for name, value in environ.items() if name not in ours}


def _refuse_wrong(protocol: str, given: set[str]) -> None:
    """Raise where something is missing, or is there and would not be used."""
    sasl, tls = {"USER", "PASSWORD_FILE"}, {"CA", "CERTIFICATE", "KEY"}
    may: set[str] = set()
    if protocol.startswith("SASL"):
        may |= {*sasl, "MECHANISM"}
        for name in sorted(sasl - given, reverse=True):
            raise AccessDenied(f"AMML_KAFKA_{name} is missing: {protocol} needs it")
    if protocol.endswith("SSL"):
        may |= tls
    for name in sorted(given - may):
        raise AccessDenied(
            f"AMML_KAFKA_{name} is set, and AMML_KAFKA_PROTOCOL is {protocol}, which does not "
            f"use it; the protocols are {', '.join(PROTOCOLS)}"
        )
    for one, other in (("CERTIFICATE", "KEY"), ("KEY", "CERTIFICATE")):
        if one in given and other not in given:
            raise AccessDenied(f"AMML_KAFKA_{one} needs AMML_KAFKA_{other} beside it")


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise AccessDenied(f"AMML_KAFKA_{name}: expected {', '.join(known)}, found {value!r}")
    return value


def _file(name: str, given: str) -> Path | None:
    """The path, once it is known that it can be read."""
    if not given:
        return None
    try:
        _read(Path(given))
    except AccessDenied as error:
        raise AccessDenied(f"AMML_KAFKA_{name}: {error}") from error
    return Path(given)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise AccessDenied(f"{path} cannot be read: {reason}") from error


def _no_passphrase() -> str:
    """Instead of a question on the terminal."""
    raise AccessDenied("AMML_KAFKA_KEY is encrypted: expected a key without a passphrase")
