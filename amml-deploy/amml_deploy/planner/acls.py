"""Who may do what in Kafka: the least with which a workflow runs, and can be deployed."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from amml_runtime.spec import Plan, StepSpec

Operation: TypeAlias = Literal["Read", "Write", "Create", "Delete"]
Resource: TypeAlias = Literal["topic", "group", "transactional-id"]

# Whoever looks at an edge or at dead letters reads in a group of the moment.
LOOKING = ("amml-tail-", "amml-letters-")


@dataclass(frozen=True)
class Acl:
    """What one principal may do with one thing, or with all whose names begin alike.

    Reading, writing and deleting let Kafka's brokers also describe.

    >>> acl = Acl("User:amml-hot", ("Read", "Write"), "topic", "amml.hot.", prefixed=True)
    >>> print(acl.command("k:9092"))
    kafka-acls.sh --bootstrap-server k:9092 --command-config admin.properties
    --add --allow-principal User:amml-hot --operation Read --operation Write
    --topic amml.hot. --resource-pattern-type prefixed
    """

    principal: str
    operations: tuple[Operation, ...]
    resource: Resource
    name: str
    prefixed: bool = False

    def command(self, bootstrap: str) -> str:
        """As a command of Kafka's own tools; `admin.properties` says who runs it."""
        words = ["kafka-acls.sh", "--bootstrap-server", bootstrap]
        words += ["--command-config", "admin.properties", "--add"]
        words += ["--allow-principal", self.principal]
        words += [word for each in self.operations for word in ("--operation", each)]
        words += [f"--{self.resource}", self.name]
        return shlex.join(words + ["--resource-pattern-type", "prefixed"] * self.prefixed)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "operations": list(self.operations)}


def acls(plan: Plan, principal: str) -> tuple[Acl, ...]:
    """What the processes of a workflow's steps need, in all its runs.

    Parameters:
        principal: as whom they run, such as `User:amml-hot`.
    """
    own = _own(plan)
    return (
        Acl(principal, ("Read", "Write"), "topic", own, prefixed=True),
        Acl(principal, ("Read",), "group", own, prefixed=True),
        Acl(principal, ("Write",), "transactional-id", own, prefixed=True),
        *(Acl(principal, ("Read",), "topic", name) for name in _read_outside(plan)),
        *(Acl(principal, ("Write",), "topic", name) for name in _written_outside(plan)),
    )


def deployer_acls(plan: Plan, principal: str) -> tuple[Acl, ...]:
    """What whoever deploys a workflow needs: to make and remove its topics and groups, to look at
    its edges and dead letters, and to send those of this run back.
    """
    own = _own(plan)
    replays = sorted({step.replays for step in plan.steps} & {topic.name for topic in plan.topics})
    return (
        Acl(principal, ("Create", "Delete", "Read"), "topic", own, prefixed=True),
        Acl(principal, ("Delete",), "group", own, prefixed=True),
        *(Acl(principal, ("Read",), "group", name, prefixed=True) for name in LOOKING),
        *(Acl(principal, ("Write",), "topic", name) for name in replays),
        *(Acl(principal, ("Write",), "transactional-id", name) for name in replays),
        *(Acl(principal, ("Read",), "topic", name) for name in _read_outside(plan)),
        *(Acl(principal, ("Create", "Read"), "topic", name) for name in _written_outside(plan)),
    )


def _own(plan: Plan) -> str:
    """How all begins that is the workflow's own; with the dot, `amml.hot` is not `amml.hotter`."""
    return f"{plan.prefix}.{plan.workflow}."


def _read_outside(plan: Plan) -> list[str]:
    return _outside(plan, (each.topic for step in plan.steps for each in step.inputs))


def _written_outside(plan: Plan) -> list[str]:
    return _outside(plan, _outputs(plan.steps))


def _outputs(steps: Iterable[StepSpec]) -> Iterator[str]:
    return (step.output.topic for step in steps if step.output is not None)


def _outside(plan: Plan, topics: Iterable[str]) -> list[str]:
    return sorted({topic for topic in topics if not topic.startswith(_own(plan))})
