"""Transactions that stay open: readers of what is committed wait behind them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from amml_deploy.doctor.finding import Finding, ok, problem, some, warning
from amml_deploy.doctor.site import Site
from amml_runtime.client import TRANSACTION_MS
from amml_runtime.examination import Ends, Place
from amml_runtime.open_transactions import OpenTransaction, OpenWrite, open_transactions

_SLOW_MS = 10_000  # steps commit within a second


@dataclass(frozen=True)
class Facts:
    """What the brokers say, and when.

    Parameters:
        known: what the coordinators know to be open.
        writes: what open transactions have written, as the partitions' leaders see it.
        ends: of every partition that was looked at.
    """

    bootstrap: str
    now_ms: int
    known: Sequence[OpenTransaction]
    writes: Sequence[OpenWrite]
    ends: Mapping[Place, Ends]


def examine(site: Site) -> Iterator[Finding]:
    """Ask leaders and coordinators."""
    return judge(gather(site))


def gather(site: Site) -> Facts:
    """The writes first: a transaction that ends meanwhile is then known to nobody, and young."""
    cluster = site.cluster
    ends = cluster.ends(p for p in cluster.partitions if not p.topic.startswith("__"))
    writes = cluster.open_writes(place for place, end in ends.items() if end.stable < end.high)
    known = open_transactions(cluster.brokers.values())
    return Facts(site.bootstrap, time.time_ns() // 1_000_000, known, writes, ends)


def judge(facts: Facts) -> Iterator[Finding]:
    """Which are open for too long, and which will never end by themselves."""
    found = [*_slow(facts), *_hanging(facts)]
    yield from found
    if not found:
        some_open = f"{len(facts.known)} open for a moment" if facts.known else "none open"
        yield ok(f"{some_open}, {len(facts.ends)} partitions looked at")


def _slow(facts: Facts) -> Iterator[Finding]:
    for each in facts.known:
        open_ms = facts.now_ms - each.started_ms
        topics = sorted({topic for topic, _ in each.partitions})
        said = f"`{each.transactional_id}` is open for {open_ms // 1000} s on {some(topics)}"
        meaning = "readers of what is committed wait behind it"
        if open_ms > 2 * each.timeout_ms:
            yield problem(
                said,
                f"{meaning}, and the broker should have ended it after {each.timeout_ms // 1000} s",
                "start its step again, which aborts it (`amml up`, `amml status`); if it stays, "
                "restart the broker that coordinates it",
            )
        elif open_ms > _SLOW_MS:
            yield warning(
                said,
                f"{meaning}; its process hangs or is gone",
                f"start its step again, which aborts it (`amml up`, `amml status`); the broker "
                f"does so {each.timeout_ms // 1000} s after it began",
            )


def _hanging(facts: Facts) -> Iterator[Finding]:
    """Open for the leader, unknown to every coordinator: nobody will ever end it."""
    known = {each.producer_id for each in facts.known}
    for each in facts.writes:
        if each.producer_id in known or facts.now_ms - each.last_ms < 2 * TRANSACTION_MS:
            continue
        yield problem(
            f"a transaction hangs on {each.topic}[{each.partition}] at offset {each.start_offset} "
            f"(producer {each.producer_id})",
            "no coordinator knows it, so it never ends; readers of what is committed get no "
            "further than that offset",
            f"kafka-transactions.sh --bootstrap-server {facts.bootstrap} abort --topic "
            f"{each.topic} --partition {each.partition} --start-offset {each.start_offset} "
            "(in any Kafka distribution from 3.0 on)",
        )
