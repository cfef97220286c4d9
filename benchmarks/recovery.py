"""How soon a step that was killed is at work again, and whether a row was lost or doubled by it.

amml up
python benchmarks/recovery.py                 # 4 rounds: each of five steps killed once in each
python benchmarks/recovery.py --rounds 1 --json

From kill -9 to the first transaction that is committed and was begun after it, as a consumer with
`read_committed` sees it. Silence is the longest time without rows at the end of the workflow.
"""

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from amml_deploy.backends.local import Local
from amml_deploy.control import Control, bootstrap_of, from_environment, home_of
from amml_deploy.preparing import Choices, prepare
from amml_runtime import wire
from amml_runtime.spec import Plan

TEXT = (
    "normalsource rate=2000 | eval twice = value * 2 | filter cond = twice < 1000 | "
    "mean_std | print"
)
DEADLINE = 60.0


@dataclass(frozen=True)
class Seen:
    """A committed message: when it was written, when it was there to be read, and its rows."""

    topic: str
    written: float
    arrived: float
    value: bytes | None


@dataclass(frozen=True)
class Kill:
    """One kill, and the seconds it took to get over it."""

    step: str
    recovery: float
    silence: float


class Watcher(threading.Thread):
    """Reads topics as they grow, as any consumer that sees only what is committed."""

    def __init__(self, kafka: str, topics: list[str]) -> None:
        super().__init__(daemon=True)
        self._reader = Consumer(
            {
                "bootstrap.servers": kafka,
                "group.id": f"watcher-{uuid.uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 10,
                "fetch.queue.backoff.ms": 5,
            }
        )
        self._reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING) for topic in topics])
        self._ending = False
        self.seen: list[Seen] = []

    def run(self) -> None:
        """Until stopped."""
        while not self._ending:
            for message in self._reader.consume(100, timeout=0.05):
                if message.error() is None:
                    written = message.timestamp()[1] / 1000
                    topic = str(message.topic())
                    self.seen.append(Seen(topic, written, time.time(), message.value()))
        self._reader.close()

    def stop(self) -> None:
        """Read no more."""
        self._ending = True
        self.join()

    def first_after(self, topic: str, moment: float) -> Seen | None:
        """The first message of a topic that was written after a moment."""
        return next((s for s in self.seen if s.topic == topic and s.written > moment), None)

    def silence(self, topic: str, since: float) -> float:
        """The longest time without a message, from a moment on."""
        times = [since, *(s.arrived for s in self.seen if s.topic == topic and s.arrived > since)]
        return max(np.diff(times), default=0.0)


def wait_for(holds: Callable[[], Any]) -> Any:
    """What `holds()` gives once it is true."""
    end = time.monotonic() + DEADLINE
    while not (found := holds()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)
    return found


def running_pid(control: Control, name: str, label: str) -> int:
    """The process of a step, as soon as the whole workflow runs."""

    def find() -> int | None:
        status = control.get(f"/workflows/{name}").get("status") or {}
        return status["steps"][label][0]["pid"] if status.get("state") == "running" else None

    return wait_for(find)


def one_round(control: Control, kafka: str, chance: random.Random) -> list[Kill]:
    """Deploy the workflow, kill each step once, check the rows, and remove it all."""
    name = f"recovery-{uuid.uuid4().hex[:8]}"
    backend = Local(control, os.environ)
    prepared = prepare(control, name, TEXT, Choices())
    backend.apply(prepared.plan, prepared.settings, None)
    try:
        running_pid(control, name, "print")
        return killed_in_turn(control, kafka, prepared.plan, chance)
    finally:
        backend.remove(name, keep_data=False)
        wait_for(lambda: control.find(f"/workflows/{name}") is None)


def killed_in_turn(control: Control, kafka: str, plan: Plan, chance: random.Random) -> list[Kill]:
    """Kill each step once, in random order at random moments; then check the rows."""
    logs = {step.label: str(step.changelog) for step in plan.steps}
    printed = plan.steps[-1].inputs[0].topic
    watcher = Watcher(kafka, [*logs.values(), printed])
    watcher.start()
    kills: list[Kill] = []
    for label in chance.sample(list(logs), len(logs)):
        pid = running_pid(control, plan.workflow, label)
        time.sleep(chance.uniform(0.5, 1.5))
        kills.append(killed(pid, label, watcher, logs[label], printed))
    watcher.stop()
    check([seen.value or b"" for seen in watcher.seen if seen.topic == printed])
    return kills


def killed(pid: int, label: str, watcher: Watcher, log: str, printed: str) -> Kill:
    """Kill a process, and wait until its successor has committed and rows come out again."""
    os.kill(pid, signal.SIGKILL)
    moment = time.time()
    back: Seen = wait_for(lambda: watcher.first_after(log, moment))
    wait_for(lambda: watcher.first_after(printed, back.arrived))
    return Kill(label, back.arrived - moment, watcher.silence(printed, moment))


def check(values: list[bytes]) -> None:
    """Exit unless every row is there once, in order, with the mean of all rows up to it."""
    rows = [row for value in values for row in wire.decode(value).to_rows()]
    seconds = [row["_time"].timestamp() for row in rows]
    if seconds != list(range(len(rows))):
        sys.exit(f"rows were lost or doubled: {len(set(seconds))} different ones of {len(rows)}")
    found = np.array([row["value_mean"] for row in rows])
    numbers = np.array([row["value"] for row in rows])
    expected = np.cumsum(numbers) / np.arange(1, len(rows) + 1)
    if not np.allclose(found, expected, rtol=1e-9, atol=1e-12):
        sys.exit("a mean is not that of the rows before it")
    print(f"{len(rows)} rows, each once and in order", file=sys.stderr)


def main() -> None:
    """Print a line for each kill, the median and the largest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    kafka = bootstrap_of(home_of(os.environ), os.environ)
    with from_environment() as control:
        kills = [k for _ in range(given.rounds) for k in one_round(control, kafka, chance)]
    if given.json:
        print(json.dumps([asdict(kill) for kill in kills]))
        return
    print(f"{'killed':14} {'recovery s':>10} {'silence s':>10}")
    for kill in kills:
        print(f"{kill.step:14} {kill.recovery:10.2f} {kill.silence:10.2f}")
    for word, of in (("median", median), ("largest", max)):
        recovery, silence = of(k.recovery for k in kills), of(k.silence for k in kills)
        print(f"{word:14} {recovery:10.2f} {silence:10.2f}")


if __name__ == "__main__":
    main()
