"""How many copies of the data there are, and whether all of them are up to date."""

from collections.abc import Iterator, Mapping, Sequence

from amml_deploy.doctor.finding import Finding, ok, problem, some, warning
from amml_deploy.doctor.site import Site
from amml_runtime.examination import Partition


def examine(site: Site) -> Iterator[Finding]:
    """Ask where the copies of each partition are."""
    cluster = site.cluster
    settings = cluster.settings(min(cluster.brokers))
    return judge(len(cluster.brokers), cluster.partitions, settings)


def judge(
    brokers: int, partitions: Sequence[Partition], settings: Mapping[str, str]
) -> Iterator[Finding]:
    """What a crash, a lost disk or a loss of power would cost."""
    lost = [_name(p) for p in partitions if p.leader < 0]
    if lost:
        yield problem(
            f"no broker leads {some(lost)}",
            "what reads or writes there waits",
            "start the brokers that have copies of it; `amml up` starts those of this machine",
        )
    behind = [_name(p) for p in partitions if p.leader >= 0 and len(p.in_sync) < len(p.copies)]
    if behind:
        yield warning(
            f"copies of {some(behind)} are behind",
            "one more broker that fails may stop what writes there",
            "see that all brokers run; copies catch up by themselves",
        )
    yield from _durability(brokers, settings)
    if brokers > 1:
        yield from _single(partitions)


def _durability(brokers: int, settings: Mapping[str, str]) -> Iterator[Finding]:
    copies = int(settings["default.replication.factor"])
    in_sync = int(settings["min.insync.replicas"])
    said = f"new topics get {copies} {'copy' if copies == 1 else 'copies'}, "
    said += f"a write is kept when {in_sync} {'has' if in_sync == 1 else 'have'} it"
    if brokers == 1:
        yield ok(f"{said}: survives crashes of processes, not loss of disk or power")
    elif copies >= 3 and in_sync >= 2:
        yield ok(said)
    else:
        yield warning(
            said,
            "a broker that fails may take data with it",
            "set default.replication.factor=3 and min.insync.replicas=2 on every broker",
        )


def _single(partitions: Sequence[Partition]) -> Iterator[Finding]:
    """Topics made while there was one broker keep one copy for ever."""
    names = sorted({p.topic for p in partitions if len(p.copies) == 1})
    if names:
        yield warning(
            f"{some(names)} {'has' if len(names) == 1 else 'have'} one copy",
            "if its broker fails, what uses it waits; if its disk fails, the data is gone",
            "give it more copies with Kafka's kafka-reassign-partitions.sh",
        )


def _name(partition: Partition) -> str:
    return f"{partition.topic}[{partition.number}]"
