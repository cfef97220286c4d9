"""Each wrong combination is told before anything connects, and no message holds a password."""

from pathlib import Path

import pytest

from amml_runtime.errors import AccessDenied
from amml_runtime.kafka_security import Security, reaching, without_security

SASL = {"PROTOCOL": "SASL_SSL", "USER": "ada", "PASSWORD_FILE": "password"}
MTLS = {"PROTOCOL": "SSL", "CERTIFICATE": "ca.pem", "KEY": "ca.pem"}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A password, an empty file, one that is no text, and one that is no certificate."""
    (tmp_path / "password").write_text("canary\n", encoding="utf-8")
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")
    return tmp_path


def environ(files: Path, given: dict[str, str]) -> dict[str, str]:
    def value(name: str, said: str) -> str:
        is_file = name in ("CA", "CERTIFICATE", "KEY", "PASSWORD_FILE")
        return str(files / said) if is_file and said else said

    return {f"AMML_KAFKA_{name}": value(name, said) for name, said in given.items()}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"PROTOCOL": "TLS"}, "AMML_KAFKA_PROTOCOL: expected PLAINTEXT, SSL, .*, found 'TLS'"),
        ({"PROTOCOL": "SASL_SSL"}, "AMML_KAFKA_USER is missing: SASL_SSL needs it"),
        (SASL | {"PASSWORD_FILE": ""}, "AMML_KAFKA_PASSWORD_FILE is missing"),
        (SASL | {"PASSWORD_FILE": "nothing"}, "PASSWORD_FILE: .*nothing cannot be read: No such"),
        (SASL | {"PASSWORD_FILE": "bytes"}, "PASSWORD_FILE: .*bytes cannot be read: it is no text"),
        (SASL | {"MECHANISM": "GSSAPI"}, "AMML_KAFKA_MECHANISM: expected SCRAM-SHA-512, .*GSSAPI"),
        (SASL | {"PROTOCOL": "SASL_PLAINTEXT", "MECHANISM": "PLAIN"}, "PLAIN sends the password"),
        (SASL | {"PROTOCOL": "SASL_PLAINTEXT", "CA": "ca.pem"}, "CA is set, and .*SASL_PLAINTEXT"),
        (SASL | {"PROTOCOL": ""}, "is set, and AMML_KAFKA_PROTOCOL is PLAINTEXT"),
        (SASL | {"PROTOCOL": "SSL"}, "is set, and AMML_KAFKA_PROTOCOL is SSL"),
        (MTLS | {"KEY": ""}, "AMML_KAFKA_CERTIFICATE needs AMML_KAFKA_KEY beside it"),
        (MTLS | {"CERTIFICATE": ""}, "AMML_KAFKA_KEY needs AMML_KAFKA_CERTIFICATE beside it"),
        ({"PASSWORD": "canary"}, "AMML_KAFKA_PASSWORD is not read"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    files: Path, given: dict[str, str], said: str
) -> None:
    with pytest.raises(AccessDenied, match=said) as refused:
        Security.from_env(environ(files, given))
    assert "canary" not in str(refused.value)
    assert refused.value.exit_code == 2


def test_every_client_takes_its_settings_from_here() -> None:
    root = Path(__file__).parents[2]
    sources = [f for d in ("libs", "services", "amml-deploy") for f in (root / d).rglob("*.py")]
    naming = {f.name for f in sources if '"bootstrap.servers"' in f.read_text(encoding="utf-8")}
    assert naming == {"kafka_security.py"}


def test_without_settings_a_client_gets_none() -> None:
    assert Security.from_env({"AMML_KAFKA": "k:9092"}).for_client() == {}


def test_a_client_gets_the_password_from_its_file(files: Path) -> None:
    found = Security.from_env(environ(files, SASL | {"CA": "ca.pem"}))
    assert found.for_client() == {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": str(files / "ca.pem"),
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "ada",
        "sasl.password": "canary",
    }
    assert found.principal == "User:ada"
    assert "canary" not in repr(found)


def test_a_changed_password_counts_for_the_next_client(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ(files, SASL).items():
        monkeypatch.setenv(name, value)
    assert reaching("k:9092")["sasl.password"] == "canary"
    (files / "password").write_text("rotated", encoding="utf-8")
    assert reaching("k:9092")["sasl.password"] == "rotated"


def test_an_empty_file_is_no_password(files: Path) -> None:
    found = Security.from_env(environ(files, SASL | {"PASSWORD_FILE": "empty"}))
    with pytest.raises(AccessDenied, match="empty holds no password: one line is expected"):
        found.for_client()


def test_what_is_no_certificate_is_named(files: Path) -> None:
    found = Security.from_env(environ(files, MTLS))
    with pytest.raises(AccessDenied, match=r"ca\.pem: not PEM"):
        found.tls()


def test_the_embedded_brokers_processes_are_told_nothing(files: Path) -> None:
    told = environ(files, SASL | {"MECHANISM": "PLAIN"}) | {"AMML_KAFKA_PASSWORD": "canary"}
    assert without_security(told | {"PATH": "/bin"}) == {"PATH": "/bin"}
