"""One round: a fresh run of the workflow in topics of its own, with faults or without."""

import shutil
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from amml_deploy.certify.crew import Crew
from amml_deploy.certify.faults import Fault
from amml_deploy.certify.sight import Sight
from amml_deploy.certify.strikes import Hit
from amml_deploy.platform.home import Platform
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.recording import Record, Watcher, committed, play
from amml_runtime.spec import Plan

_LOOK_EVERY = 0.02
_ASK_EVERY = 0.5
_QUIET = 2.0  # seconds without a row after which an endless workflow has read all there is
PATIENCE = 300.0  # seconds without any progress after which a round is stuck


@dataclass(frozen=True)
class Order:
    """What a round is to do.

    Parameters:
        plan: contained in the sandbox.
        faults: what is done to its processes.
        expected: how many rows each topic will have, as far as that is known.
        recordings: what is played into topics of the sandbox.
        seconds: how long that takes.
    """

    plan: Plan
    faults: Sequence[Fault] = ()
    expected: Mapping[str, int] = field(default_factory=dict[str, int])
    recordings: Mapping[str, Sequence[Record]] = field(default_factory=dict[str, Sequence[Record]])
    seconds: float = 0.0


@dataclass(frozen=True)
class Ran:
    """What became of a round.

    Parameters:
        records: all that was committed, by topic.
        rows: how many rows each topic had.
        hits: the faults that met their processes, with the seconds until the step committed again;
            None where it had nothing left to commit.
        figures: the last figures of each step.
        trouble: why it did not come to its end; empty if it did.
    """

    records: Mapping[str, Sequence[Record]]
    rows: Mapping[str, int]
    hits: Sequence[tuple[Fault, float | None]]
    restarts: int
    seconds: float
    figures: Mapping[str, Mapping[str, float]]
    trouble: str = ""


def run_round(order: Order, platform: Platform, folder: Path) -> Ran:
    """Carry it out, and leave no process, topic or file behind.

    Errors: Unavailable, Kafka is silent.
    """
    begin = time.monotonic()
    topics = {topic.name: topic.partitions for topic in order.plan.topics}
    with _topics(platform.kafka, order.plan), _watching(platform.kafka, topics) as watcher:
        sight = Sight(order.plan, watcher, order.expected)
        crew = Crew(folder, platform, sight, order.faults)
        try:
            with _playing(platform.kafka, order) as played:
                trouble = _until_over(crew, watcher, order.plan.bounded, played)
            figures = crew.figures()
            found = committed(platform.kafka, topics)
        finally:
            crew.end()
            shutil.rmtree(folder, ignore_errors=True)
    records: dict[str, list[Record]] = {topic: [] for topic in topics}
    for record in found:
        records[record.topic].append(record)
    return Ran(
        records=records,
        rows={topic: sum(each.rows for each in records[topic]) for topic in topics},
        hits=[(hit.fault, _recovery(hit, sight)) for hit in crew.hits],
        restarts=crew.restarts,
        seconds=time.monotonic() - begin,
        figures=figures,
        trouble=trouble,
    )


def _until_over(crew: Crew, watcher: Watcher, bounded: bool, played: Callable[[], bool]) -> str:
    """Look after the processes until all is done; why it never will be, or nothing."""
    asked = moved = time.time()
    restarts = 0
    while True:
        crew.look()
        now = time.time()
        if crew.restarts != restarts:
            restarts, moved = crew.restarts, now
        moved = max(moved, watcher.last)
        if (failed := crew.failed) is not None:
            words = "\n".join(crew.last_words(failed.slot))
            return f"{failed.slot.label}: {failed.reason}\n{words}"
        if bounded and crew.completed:
            return ""
        if now - moved > PATIENCE:
            return f"nothing moved for {PATIENCE:.0f} s"
        if not bounded and played() and now - moved > _QUIET and now - asked > _ASK_EVERY:
            asked = now
            if crew.idle():
                return ""
        time.sleep(_LOOK_EVERY)


def _recovery(hit: Hit, sight: Sight) -> float | None:
    """Seconds from a fault to the first transaction of its step that was begun after it."""
    back = sight.recovered(hit.fault.slot, hit.at) if hit.fault.slot else None
    return None if back is None else back - hit.at


@contextmanager
def _topics(kafka: str, plan: Plan) -> Generator[None]:
    """The topics of the plan, as long as the round lasts."""
    try:
        create_topics(kafka, plan.topics)
        yield
    finally:
        remove_prefix(kafka, f"{plan.prefix}.")


@contextmanager
def _watching(kafka: str, topics: Mapping[str, int]) -> Generator[Watcher]:
    watcher = Watcher(kafka, topics)
    watcher.start()
    try:
        yield watcher
    finally:
        watcher.stop()


@contextmanager
def _playing(kafka: str, order: Order) -> Generator[Callable[[], bool]]:
    """Recordings played beside the round; yields what tells whether all of them are through."""
    stop = Event()
    threads = [
        Thread(target=play, args=(kafka, records, into, order.seconds, stop), daemon=True)
        for into, records in order.recordings.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield lambda: not any(thread.is_alive() for thread in threads)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
