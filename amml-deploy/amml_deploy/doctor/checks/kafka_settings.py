"""The settings of the brokers that decide whether exactly once holds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from amml_deploy.doctor.finding import Finding, ok, warning
from amml_deploy.doctor.site import Site


@dataclass(frozen=True)
class Rule:
    """A setting, what is right, and what follows otherwise."""

    setting: str
    right: str
    holds: Callable[[str], bool]
    otherwise: str


_RULES = (
    Rule(
        "transaction.max.timeout.ms",
        "30000 or more",
        lambda value: int(value) >= 30_000,
        "no step can start: its transactions may last 30 s",
    ),
    Rule(
        "message.max.bytes",
        "1000000 or more",
        lambda value: int(value) >= 1_000_000,
        "full batches are refused, and the step that writes them stops",
    ),
    Rule(
        "auto.create.topics.enable",
        "false",
        lambda value: value == "false",
        "a topic that was deleted comes back empty when somebody reads it, and nobody notices",
    ),
    Rule(
        "unclean.leader.election.enable",
        "false",
        lambda value: value == "false",
        "a copy that is behind may become the leader: committed rows are lost without a word",
    ),
    Rule(
        "transaction.partition.verification.enable",
        "true",
        lambda value: value == "true",
        "a late request can leave a transaction that never ends, and readers wait for it",
    ),
)


def examine(site: Site) -> Iterator[Finding]:
    """Ask the first broker."""
    cluster = site.cluster
    return judge(cluster.settings(min(cluster.brokers)))


def judge(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Every setting that is not as it should be.

    >>> wrong = {"message.max.bytes": "1000", "auto.create.topics.enable": "false"}
    >>> [finding.message for finding in judge(wrong)]
    ['message.max.bytes is 1000, expected 1000000 or more']
    """
    wrong = [
        warning(
            f"{rule.setting} is {settings[rule.setting]}, expected {rule.right}",
            rule.otherwise,
            f"set {rule.setting} on every broker",
        )
        for rule in _RULES
        if rule.setting in settings and not rule.holds(settings[rule.setting])
    ]
    yield from wrong
    if not wrong:
        yield ok("the brokers are set as AMML needs; readers want isolation.level=read_committed")
