"""A broker that asks everybody who they are, and lets nobody do what no rule allows."""

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,  # pyright: ignore[reportPrivateImportUsage] (documented, but not in __all__)
    AclBindingFilter,  # pyright: ignore[reportPrivateImportUsage]
    AclOperation,  # pyright: ignore[reportPrivateImportUsage]
    AclPermissionType,  # pyright: ignore[reportPrivateImportUsage]
    AdminClient,
    NewTopic,  # pyright: ignore[reportPrivateImportUsage]
    ResourcePatternType,  # pyright: ignore[reportPrivateImportUsage]
    ResourceType,  # pyright: ignore[reportPrivateImportUsage]
    ScramCredentialInfo,  # pyright: ignore[reportPrivateImportUsage]
    ScramMechanism,  # pyright: ignore[reportPrivateImportUsage]
    UserScramCredentialUpsertion,  # pyright: ignore[reportPrivateImportUsage]
)

from amml_deploy.planner.acls import Acl
from amml_deploy.platform import jars, ports, processes, server
from amml_deploy.platform.home import Home
from amml_deploy.platform.kafka import Kafka, Node
from amml_runtime.kafka_security import Security, without_security
from amml_runtime.spec import TopicSpec

from .certificates import Authority, Pair

_Rule: TypeAlias = tuple[
    ResourceType, str, ResourcePatternType, str, str, AclOperation, AclPermissionType
]

SECONDS = 15.0

# Who is no super user may do what a rule says, and nothing else; the broker trusts its own key.
_SECURED = """
listeners={clients},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={clients}
listener.security.protocol.map=CONTROLLER:SSL,SSL:SSL,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT
inter.broker.listener.name=SSL
listener.name.sasl_ssl.sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={scram} required;
listener.name.sasl_ssl.plain.sasl.jaas.config={plain};
listener.name.sasl_plaintext.sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config={scram} required;
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config={scram} required;
ssl.keystore.type=PEM
ssl.keystore.location={keys}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
listener.name.ssl.ssl.client.auth=required
listener.name.controller.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/$1/,DEFAULT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:broker;User:admin
"""
_MODULES = "org.apache.kafka.common.security"
_DIGESTS = (ScramMechanism.SCRAM_SHA_512, ScramMechanism.SCRAM_SHA_256)


@dataclass(frozen=True)
class SecuredKafka(Kafka):
    """The embedded broker, with TLS, SASL, certificates of clients, and an authoriser.

    Parameters:
        mtls, unencrypted: the ports of `SSL` and `SASL_PLAINTEXT`.
        plain: who may use the mechanism PLAIN, a password that only this broker knows.
    """

    mtls: int = 0
    unencrypted: int = 0
    plain: str = ""
    keys: Path = Path()
    access: Security = field(default_factory=Security)

    def is_ready(self) -> bool:
        """Whether it lets the administrator in."""
        from amml_runtime.broker_protocol import answers

        return answers(f"127.0.0.1:{self.mtls}", seconds=2, access=self.access)

    def _content(self, data: Path) -> str:
        """The later line of a name wins."""
        ports = {
            "SASL_SSL": self.node.port,
            "SSL": self.mtls,
            "SASL_PLAINTEXT": self.unencrypted,
        }
        return super()._content(data) + _SECURED.format(
            clients=",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items()),
            controller=self.node.controller,
            scram=f"{_MODULES}.scram.ScramLoginModule",
            plain=f'{_MODULES}.plain.PlainLoginModule required user_admin="{self.plain}"',
            keys=self.keys,
            ca=self.access.ca,
        )


@dataclass(frozen=True)
class Secured:
    """The broker, those who know it, and their secrets.

    Parameters:
        folder: holds all of it: `home` what the broker keeps and says, `authority`, `passwords`.
    """

    folder: Path
    kafka: SecuredKafka
    authority: Authority
    administrator: Pair

    @classmethod
    def made(cls, folder: Path) -> "Secured":
        """A new broker in a folder; it does not run yet."""
        port, controller, mtls, unencrypted = ports.choose(4)
        authority = Authority(folder / "authority")
        (folder / "passwords").mkdir(mode=0o700)
        broker, administrator = authority.issue("broker"), authority.issue("admin")
        keys = authority.folder / "broker-with-key.pem"
        keys.write_bytes(broker.key.read_bytes() + broker.certificate.read_bytes())
        kafka = SecuredKafka(
            Home(folder / "home"),
            [Node(port, controller)],
            jars.jars("kafka", jars.KAFKA, jars.cache_path(), lambda _: None),
            heap=192,
            mtls=mtls,
            unencrypted=unencrypted,
            plain=secrets.token_urlsafe(24),
            keys=keys,
            access=Security("SSL", authority.ca, *administrator),
        )
        return cls(folder, kafka, authority, administrator)

    @property
    def bootstrap(self) -> str:
        """Where clients with a password begin."""
        return f"127.0.0.1:{self.kafka.node.port}"

    @property
    def bootstrap_mtls(self) -> str:
        """Where clients with a certificate begin."""
        return f"127.0.0.1:{self.kafka.mtls}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        server.ensure(self.kafka, self.kafka.home, lambda _part, _state: None)

    def stop(self) -> None:
        """End it."""
        process = server.running(self.kafka, self.kafka.home)
        if process is not None:
            processes.stop([process], 20.0)

    @cached_property
    def admin(self) -> AdminClient:
        """The super user's door."""
        return AdminClient(
            {
                "bootstrap.servers": self.bootstrap_mtls,
                "log_level": 0,
                **self.kafka.access.for_client(),
            }
        )

    def make_topics(self, *topics: TopicSpec) -> None:
        """Make topics as the administrator; one that is there stays."""
        new = [NewTopic(each.name, each.partitions, config=dict(each.config)) for each in topics]
        for future in self.admin.create_topics(new).values():
            try:
                future.result(SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise

    def user(self, name: str, password: str = "") -> Path:
        """A user with a new password; the file that holds it, and nobody else can read."""
        password = password or secrets.token_urlsafe(24)
        for each in _DIGESTS:  # Kafka takes one of a user in a request
            info = ScramCredentialInfo(each, 4096)
            wanted = UserScramCredentialUpsertion(name, info, password.encode())
            _finish(self.admin.alter_user_scram_credentials([wanted]))
        return self.keep(name, password)

    def keep(self, name: str, password: str) -> Path:
        """Write a password into a user's file."""
        file = self.folder / "passwords" / name
        file.touch(mode=0o600)
        file.write_text(password + "\n", encoding="utf-8")
        return file

    def environ(self, name: str) -> dict[str, str]:
        """What a process is told that gets in as a user, by password."""
        return without_security(os.environ) | {
            "AMML_KAFKA": self.bootstrap,
            "AMML_KAFKA_PROTOCOL": "SASL_SSL",
            "AMML_KAFKA_CA": str(self.authority.ca),
            "AMML_KAFKA_USER": name,
            "AMML_KAFKA_PASSWORD_FILE": str(self.folder / "passwords" / name),
        }

    def environ_mtls(self, pair: Pair) -> dict[str, str]:
        """What a process is told that gets in by its certificate."""
        return without_security(os.environ) | {
            "AMML_KAFKA": self.bootstrap_mtls,
            "AMML_KAFKA_PROTOCOL": "SSL",
            "AMML_KAFKA_CA": str(self.authority.ca),
            "AMML_KAFKA_CERTIFICATE": str(pair.certificate),
            "AMML_KAFKA_KEY": str(pair.key),
        }

    def grant(self, acls: Iterable[Acl]) -> None:
        """Make rules, and wait until the broker keeps them."""
        wanted = [each for acl in acls for each in _bindings(acl)]
        _finish(self.admin.create_acls(wanted))
        self._settled()

    def revoke(self, acl: Acl) -> None:
        """Take a rule back."""
        _finish(self.admin.delete_acls(_filters(acl)))
        self._settled()

    def revoke_all(self) -> None:
        """No rule is left."""
        every: Any = (
            ResourceType.ANY, None, ResourcePatternType.ANY, None, None,
            AclOperation.ANY, AclPermissionType.ANY,
        )  # fmt: skip
        _finish(self.admin.delete_acls([AclBindingFilter(*every)]))

    def _settled(self) -> None:
        """A controller that is the broker, too, has applied what it has answered; ask it once."""
        self.admin.list_topics(timeout=SECONDS)


def _bindings(acl: Acl) -> list[AclBinding]:
    return [AclBinding(*each) for each in _rules(acl)]


def _filters(acl: Acl) -> list[AclBindingFilter]:
    return [AclBindingFilter(*each) for each in _rules(acl)]


def _rules(acl: Acl) -> Iterator[_Rule]:
    """A rule for each operation, as Kafka keeps them."""
    resource = ResourceType[acl.resource.upper().replace("-", "_")]
    pattern = ResourcePatternType.PREFIXED if acl.prefixed else ResourcePatternType.LITERAL
    for each in acl.operations:
        operation = AclOperation[each.upper()]
        yield resource, acl.name, pattern, acl.principal, "*", operation, AclPermissionType.ALLOW


def _finish(futures: Mapping[Any, "Future[Any]"]) -> None:
    for future in futures.values():
        future.result(SECONDS)
