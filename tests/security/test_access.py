"""Who is not who they say, or finds another than they look for, is told so and gets no further."""

import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import pytest

from amml_deploy.planner.acls import acls
from amml_deploy.platform.home import Platform
from amml_runtime.errors import AccessDenied, Unavailable
from amml_runtime.examination import Cluster
from amml_runtime.open_transactions import open_transactions
from amml_runtime.spec import Plan, TopicSpec

from .certificates import Authority
from .flow import Flow
from .secured import Secured

pytestmark = pytest.mark.kafka

Planned: TypeAlias = Callable[..., Plan]
Flows: TypeAlias = Callable[[Plan], Flow]
Change: TypeAlias = Callable[[Secured, Path], dict[str, str]]

TEXT = "normalsource mean=5, std=2, rows=20 | print"


def other_password(_secured: Secured, folder: Path) -> dict[str, str]:
    (folder / "wrong").write_text("not-the-password", encoding="utf-8")
    return {"AMML_KAFKA_PASSWORD_FILE": str(folder / "wrong")}


def other_authority(_secured: Secured, folder: Path) -> dict[str, str]:
    return {"AMML_KAFKA_CA": str(Authority(folder / "other").ca)}


def other_name(secured: Secured, _folder: Path) -> dict[str, str]:
    """The certificate is for 127.0.0.1."""
    return {"AMML_KAFKA": f"localhost:{secured.kafka.node.port}"}


def other_mechanism(_secured: Secured, _folder: Path) -> dict[str, str]:
    return {"AMML_KAFKA_MECHANISM": "SCRAM-SHA-256"}


def no_password(_secured: Secured, _folder: Path) -> dict[str, str]:
    return {"AMML_KAFKA_PASSWORD_FILE": "/nowhere"}


def nobody_signed(secured: Secured, folder: Path) -> dict[str, str]:
    stranger = Authority(folder / "stranger").issue("amml-hot")
    return _only_tls(secured.environ_mtls(stranger))


def expired(secured: Secured, _folder: Path) -> dict[str, str]:
    return _only_tls(secured.environ_mtls(secured.authority.issue("expired", days=-1)))


def _only_tls(environ: dict[str, str]) -> dict[str, str]:
    given = {name: value for name, value in environ.items() if name.startswith("AMML_KAFKA")}
    return {"AMML_KAFKA_USER": "", "AMML_KAFKA_PASSWORD_FILE": "", **given}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_password, "refuses User:runner: Authentication failed"),
        (other_authority, "and TLS: (certificate signature failure|unable to get)"),
        (other_name, "and TLS: Hostname mismatch, certificate is not valid for 'localhost'"),
        (other_mechanism, "does not take SCRAM-SHA-256"),
        (no_password, "AMML_KAFKA_PASSWORD_FILE: /nowhere cannot be read: No such file"),
        (nobody_signed, r"refuses the owner of \S+/amml-hot\.pem: .*ALERT"),
        (expired, r"refuses the owner of \S+/expired\.pem: .*ALERT"),
    ],
)
def test_a_step_that_is_not_let_in_ends_and_says_why(
    secured: Secured, planned: Planned, flows: Flows, tmp_path: Path, change: Change, said: str
) -> None:
    secured.user("runner")
    flow = flows(planned(TEXT))
    flow.start(secured.environ("runner") | change(secured, tmp_path), "normalsource")
    refusal = flow.refusal("normalsource")
    assert re.search(said, refusal), refusal
    assert "not-the-password" not in refusal + flow.log("normalsource")


@pytest.fixture
def expired_broker(secured: Secured) -> Generator[str]:
    """Somebody who would be a broker, if the certificate had not expired; the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*secured.authority.issue("late", days=-1))
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def greet() -> None:
        while not done.is_set():
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                with context.wrap_socket(connection, server_side=True) as encrypted:
                    encrypted.recv(1)

    thread = threading.Thread(target=greet)
    thread.start()
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    yield address
    done.set()
    socket.create_connection(listener.getsockname()).close()  # which ends the wait
    thread.join()
    listener.close()


def test_a_broker_whose_certificate_has_expired_is_not_believed(
    secured: Secured, planned: Planned, flows: Flows, expired_broker: str
) -> None:
    secured.user("runner")
    flow = flows(planned(TEXT))
    flow.start(secured.environ("runner") | {"AMML_KAFKA": expired_broker}, "normalsource")
    assert "and TLS: certificate has expired" in flow.refusal("normalsource")


def test_a_command_that_is_not_let_in_ends_with_2(secured: Secured, tmp_path: Path) -> None:
    secured.user("runner")
    environ = secured.environ("runner") | other_password(secured, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "amml_deploy", "topics"],
        env=environ | {"AMML_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: the broker at 127.0.0.1:")
    assert "refuses User:runner" in done.stderr


def test_a_workflow_gets_in_by_certificate(
    secured: Secured, planned: Planned, flows: Flows
) -> None:
    plan = planned(TEXT)
    secured.make_topics(*plan.topics)
    secured.grant(acls(plan, "User:amml-hot"))  # the certificate's common name
    flow = flows(plan)
    flow.start(secured.environ_mtls(secured.authority.issue("amml-hot")))
    flow.wait()
    assert len(flow.printed()) == 20


@pytest.mark.long
def test_a_password_that_is_taken_back_ends_a_step_that_waits(
    secured: Secured, planned: Planned, flows: Flows
) -> None:
    plan = planned('topic name="co2" | print', co2=1)
    secured.make_topics(TopicSpec("co2", 1), *plan.topics)
    password = secured.user("runner").read_text(encoding="utf-8")
    secured.grant(acls(plan, "User:runner"))
    flow = flows(plan)
    flow.start(secured.environ("runner"), "topic")
    flow.wait_until(lambda: flow.log("topic").count("topic: ready") == 1)

    file = secured.user("runner")  # another one, of which the step is told when it starts again
    new = file.read_text(encoding="utf-8")
    file.write_text(password, encoding="utf-8")
    secured.stop()
    secured.start()
    assert flow.running["topic"].wait(60) == 1
    assert "Kafka lets this step in no more" in flow.log("topic")

    flow.start(secured.environ("runner"), "topic")
    assert "refuses User:runner" in flow.refusal("topic")
    file.write_text(new, encoding="utf-8")
    flow.start(secured.environ("runner"), "topic")
    flow.wait_until(lambda: flow.log("topic").count("topic: ready") == 2)


@pytest.mark.parametrize(
    ("protocol", "mechanism"),
    [
        ("SASL_SSL", "SCRAM-SHA-512"),
        ("SASL_SSL", "PLAIN"),
        ("SASL_PLAINTEXT", "SCRAM-SHA-512"),
        ("SASL_PLAINTEXT", "SCRAM-SHA-256"),
    ],
)
def test_a_client_and_requests_of_our_own_get_in_each_way(
    secured: Secured, monkeypatch: pytest.MonkeyPatch, protocol: str, mechanism: str
) -> None:
    secured.user("admin")
    if mechanism == "PLAIN":
        secured.keep("admin", secured.kafka.plain)
    environ = secured.environ("admin") | {"AMML_KAFKA_MECHANISM": mechanism}
    if protocol == "SASL_PLAINTEXT":
        environ |= {"AMML_KAFKA_PROTOCOL": protocol, "AMML_KAFKA_CA": ""}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    encrypted = protocol == "SASL_SSL"
    address = secured.bootstrap if encrypted else f"127.0.0.1:{secured.kafka.unencrypted}"
    cluster = Cluster(address)
    assert cluster.features()["metadata.version"] > 20
    assert open_transactions([address]) == []


def test_who_speaks_plainly_is_told_that_tls_is_wanted(
    secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {})
    with pytest.raises(AccessDenied, match="and TLS: it wants TLS, see AMML_KAFKA_PROTOCOL"):
        open_transactions([secured.bootstrap])


def test_tls_is_not_given_up_where_nobody_speaks_it(
    secured: Secured, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    secured.user("runner")
    for name, value in secured.environ("runner").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Unavailable, match="does not answer by SASL_SSL"):
        open_transactions([platform.kafka])
