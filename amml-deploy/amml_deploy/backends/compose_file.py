"""The compose project of a workflow: a pure function of its plan, and of where things are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amml_deploy.backends.images import image_of, reference
from amml_deploy.backends.outside import secrets_of
from amml_deploy.supervisor.folder import write_json
from amml_deploy.supervisor.wish import Slot, StepWish
from amml_runtime.secrets import read
from amml_runtime.settings import SMALL
from amml_runtime.spec import Plan, StepSpec

USER = "10001:10001"  # as the images have it
METRICS_PORT = 9400
ALIAS = "amml-steps"  # one name for them all, by which Prometheus finds them
# What the containers are labelled with, so that what runs tells which plan it is of.
LABEL, SLOT, SLOTS, DIGEST = "amml.label", "amml.slot", "amml.slots", "amml.digest"

# How a client gets into Kafka: what may be seen, and files that may not.
_WORDS = ("AMML_KAFKA_PROTOCOL", "AMML_KAFKA_MECHANISM", "AMML_KAFKA_USER")
_FILES = ("AMML_KAFKA_CA", "AMML_KAFKA_CERTIFICATE", "AMML_KAFKA_KEY", "AMML_KAFKA_PASSWORD_FILE")

_SPEC = "/etc/amml/spec.json"
_IDENTITY = {"AMML_KAFKA_USER", *_FILES} - {"AMML_KAFKA_CA"}
_SECRETS = "/run/secrets"
_TOKEN = "amml-token"
_STEPS_SECRETS = "/run/secrets/amml"
_LAST_WORDS = "/run/amml"
_READABLE = 0o644  # for the containers' user, whatever our umask says


def access_of_steps(environ: Mapping[str, str]) -> dict[str, str]:
    """How a workflow's processes get into Kafka: as this command does, or as somebody of their own.

    Whatever `AMML_STEPS_KAFKA_USER` and the like say goes before `AMML_KAFKA_USER` and the like;
    of two identities nothing is mixed.

    >>> ours = {"AMML_KAFKA_PROTOCOL": "SASL_SSL", "AMML_KAFKA_USER": "ada"}
    >>> access_of_steps(ours | {"AMML_STEPS_KAFKA_USER": "amml-hot"})
    {'AMML_KAFKA_PROTOCOL': 'SASL_SSL', 'AMML_KAFKA_USER': 'amml-hot'}
    """
    names = (*_WORDS, *_FILES)
    ours = {name: environ[name] for name in names if environ.get(name)}
    said = {name: environ.get(name.replace("AMML_", "AMML_STEPS_", 1), "") for name in names}
    theirs = {name: value for name, value in said.items() if value}
    if any(name in theirs for name in _IDENTITY):
        ours = {name: value for name, value in ours.items() if name not in _IDENTITY}
    return ours | theirs


@dataclass(frozen=True)
class Site:
    """Where a workflow's containers find things.

    Parameters:
        folder: the workflow's folder on this machine, named for it: specifications, secrets,
            last words.
        network: the platform's network, which they join.
        kafka, control, lake: addresses in that network.
        registry, tag: of the images, as `AMML_REGISTRY` and `AMML_TAG`.
        access: how Kafka is entered, as `access_of_steps` says.
        secrets: the folder of the secrets that steps ask for (`AMML_SECRETS`).
    """

    folder: Path
    network: str = "amml"
    kafka: str = "kafka:9092"
    control: str = "http://model-manager:8800"
    lake: str = "webhdfs://amml@namenode:9870/amml/lake"
    registry: str = ""
    tag: str = ""
    access: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Path | None = None

    @classmethod
    def of(cls, folder: Path, environ: Mapping[str, str]) -> "Site":
        """The platform of docker-compose.yml, unless the environment names another one."""
        return cls(
            folder=folder,
            network=environ.get("AMML_COMPOSE_NETWORK", cls.network),
            kafka=environ.get("AMML_COMPOSE_KAFKA", cls.kafka),
            control=environ.get("AMML_COMPOSE_CONTROL", cls.control),
            lake=environ.get("AMML_COMPOSE_LAKE", cls.lake),
            registry=environ.get("AMML_REGISTRY", ""),
            tag=environ.get("AMML_TAG", ""),
            access=access_of_steps(environ),
            secrets=Path(given) if (given := environ.get("AMML_SECRETS")) else None,
        )

    @property
    def file(self) -> Path:
        """The project itself."""
        return self.folder / "compose.json"

    @property
    def project(self) -> str:
        """The name of the compose project: the network tells the platforms of a machine apart."""
        return f"{self.network}-{self.folder.name}"

    def secret(self, name: str) -> Path:
        """Where a secret lies for the containers: in a folder that only its owner may enter."""
        return self.folder / "secrets" / name

    def write_secrets(self, token: str, names: Iterable[str]) -> None:
        """Copy what the processes need to be let in; another user than ours has to read it.

        Parameters:
            names: of the secrets that steps ask for.
        Errors: WorkflowFault, one of them is not there.
        """
        (self.folder / "secrets").mkdir(exist_ok=True)
        secrets = {_TOKEN: token.encode()}
        secrets |= {name: Path(self.access[name]).read_bytes() for name in self.key_files}
        secrets |= {f"amml-{name}": read(name, self.secrets).encode() for name in names}
        for name, content in secrets.items():
            self.secret(name).write_bytes(content)
            self.secret(name).chmod(_READABLE)

    @property
    def key_files(self) -> tuple[str, ...]:
        """The settings of Kafka that name a file."""
        return tuple(name for name in _FILES if name in self.access)

    @property
    def last_words(self) -> Path:
        """Where the processes write how they ended, as local ones do."""
        return self.folder / "run"

    def spec(self, step: StepWish) -> Path:
        """A step's specification; a changed one is another file, so that nobody reads it early."""
        return self.folder / "specs" / f"{step.label}-{step.digest[:12]}.json"

    def write_specs(self, steps: Iterable[StepWish]) -> None:
        """Write what each step is told."""
        for step in steps:
            write_json(self.spec(step), step.spec)
            self.spec(step).chmod(_READABLE)

    def drop_old_specs(self, steps: Iterable[StepWish]) -> None:
        """Remove the specifications that no container reads any more."""
        kept = {self.spec(step) for step in steps}
        for path in (self.folder / "specs").iterdir():
            if path not in kept:
                path.unlink()


def service(slot: Slot) -> str:
    """The name of a slot's service."""
    return f"{slot.label}-{slot.number}"


def rendered(plan: Plan, site: Site) -> dict[str, Any]:
    """The project: one service a slot, so that each is seen, stopped and restarted alone."""
    slots = [(step, Slot(step.label, n)) for step in plan.steps for n in range(step.slots)]
    services = {service(slot): _service(step, slot, site) for step, slot in slots}
    return {
        "name": site.project,
        "services": services,
        "networks": {"default": {"name": site.network, "external": True}},
    }


def _service(step: StepSpec, slot: Slot, site: Site) -> dict[str, Any]:
    wish = StepWish.of(step.to_json())
    environ = {"AMML_REGISTRY": site.registry, "AMML_TAG": site.tag}
    return {
        "image": reference(image_of(step), environ),
        "environment": _environment(step, slot, site),
        "labels": {
            LABEL: step.label,
            SLOT: str(slot.number),
            SLOTS: str(step.slots),
            DIGEST: wish.digest,
        },
        # A crash is started again, ever more slowly; the end of its input, and its own fault, not.
        "restart": "on-failure",
        "stop_grace_period": "10s",
        "user": USER,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "volumes": [
            _file(site.spec(wish), _SPEC),
            *(_file(site.secret(name), f"{_SECRETS}/{name}") for name in (_TOKEN, *site.key_files)),
            *(_file(site.secret(f"amml-{n}"), f"{_STEPS_SECRETS}/{n}") for n in secrets_of(step)),
            _bind(site.last_words, _LAST_WORDS),
            *_temporary(step),
        ],
        "networks": {"default": {"aliases": [ALIAS]}},
        # The figures, for `amml status`: at a free port, which Docker knows.
        "ports": [f"127.0.0.1::{METRICS_PORT}"],
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "2"}},
    }


def _environment(step: StepSpec, slot: Slot, site: Site) -> dict[str, str]:
    """What the supervisor would tell the process, with the container's own paths."""
    return {
        **SMALL,
        "AMML_SPEC": _SPEC,
        "AMML_SLOT": str(slot.number),
        "AMML_SLOTS": str(step.slots),
        "AMML_KAFKA": site.kafka,
        "AMML_CONTROL": site.control,
        "AMML_LAKE": site.lake,
        **site.access,
        **{name: f"{_SECRETS}/{name}" for name in site.key_files},
        "AMML_TOKEN_FILE": f"{_SECRETS}/{_TOKEN}",
        **({"AMML_SECRETS": _STEPS_SECRETS} if secrets_of(step) else {}),
        "AMML_METRICS_PORT": str(METRICS_PORT),
        "AMML_EXIT_FILE": f"{_LAST_WORDS}/{slot}.exit",
        "AMML_FAULT_CODE": "0",
    }


def _temporary(step: StepSpec) -> list[dict[str, Any]]:
    """Somewhere to write: memory, but for a training, whose rows may be more than fit there."""
    return [{"type": "volume" if step.mode == "train" else "tmpfs", "target": "/tmp"}]


def _file(source: Path, target: str) -> dict[str, Any]:
    return {**_bind(source, target), "read_only": True}


def _bind(source: Path, target: str) -> dict[str, Any]:
    bind = {"create_host_path": False}
    return {"type": "bind", "source": str(source), "target": target, "bind": bind}
