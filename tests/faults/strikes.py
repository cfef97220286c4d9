"""The faults. Each is a function that runs a trial to its end and gives the seconds to recover."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from .crew import Crew, Ending
from .trial import Trial
from .workloads import WORKLOADS

Fault: TypeAlias = Callable[[Trial, random.Random], Sequence[float | None]]

PLACES = ("after_begin", "after_produce", "before_commit", "after_commit")
STOPS_WITHIN = 10.0
MOST_MEMORY = 300_000  # kB of a process whose way out is blocked


def kill(trial: Trial, chance: random.Random) -> list[float | None]:
    """F1: SIGKILL, three times, a random step at a random moment."""
    trial.start()
    return [_killed(trial, chance) for _ in range(3)]


def fail_points(trial: Trial, chance: random.Random) -> list[float | None]:
    """F1: every step dies at each place of its transaction, each time in a random one."""
    crew, most = trial.crew, 1 if trial.bounded else 5
    for label in _loops(crew):
        places = [f"{place}:{chance.randint(1, most)}" for place in PLACES]
        crew.fail_points[label] = chance.sample(places, len(places))
    planned = sum(map(len, crew.fail_points.values()))
    trial.start()
    crew.wait_until(lambda: len(crew.endings) >= planned)
    assert {ending.code for ending in crew.endings} <= {0, -signal.SIGKILL}, crew.endings
    return []


def terminate(trial: Trial, chance: random.Random) -> list[float | None]:
    """F2: SIGTERM: the process ends with 0 in time, and leaves no transaction open."""
    trial.start()
    return [_terminated(trial, chance) for _ in range(2)]


def zombie(trial: Trial, chance: random.Random) -> list[float | None]:
    """F3: a stopped process wakes up beside its successor: it says why it ends, and ends with 3."""
    trial.start()
    label = _chosen(trial, chance, _loops(trial.crew))
    old = trial.crew.signal(label, signal.SIGSTOP)

    def succeed() -> None:
        trial.crew.running[label] = trial.crew.spawn(label)

    took = trial.recovery(label, succeed)
    old.send_signal(signal.SIGCONT)
    trial.crew.wait_until(lambda: old.poll() is not None)
    ending = trial.crew.ending_of(label, old)
    assert ending.code == 3 and "newer process" in ending.reason, ending
    return [took]


def freeze_broker(trial: Trial, chance: random.Random) -> list[float | None]:
    """F7: the broker is stopped for a few seconds: everything waits, and nothing ends."""
    return _frozen(trial, chance, chance.uniform(3, 5), ends=False)


def freeze_broker_long(trial: Trial, chance: random.Random) -> list[float | None]:
    """F7: stopped for longer than a transaction may last: what ends names both causes."""
    return _frozen(trial, chance, chance.uniform(40, 50), ends=True)


def slow_sink(trial: Trial, chance: random.Random) -> list[float | None]:
    """F24: for a while nobody takes what `print` says: it waits, in little memory."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as out:
        trial.crew.outputs["print"] = out
        trial.start()
    trial.crew.wait(4)
    assert _memory(trial.crew.running["print"].pid) < MOST_MEMORY
    threading.Thread(target=_drain, args=(reading,), daemon=True).start()
    return []


FAULTS: dict[str, Fault] = {
    "kill": kill,
    "fail_points": fail_points,
    "terminate": terminate,
    "zombie": zombie,
    "freeze_broker": freeze_broker,
    "freeze_broker_long": freeze_broker_long,
    "slow_sink": slow_sink,
}
ON_FILES = {"kill", "fail_points", "terminate"}  # the others need an input that goes on
CASES = [
    (fault, name)
    for fault in FAULTS
    for name, workload in WORKLOADS.items()
    if (not workload.bounded or fault in ON_FILES)
    and (fault != "slow_sink" or workload.text.endswith("print"))
]


def _loops(crew: Crew) -> list[str]:
    """The steps that work in transactions from their first row on: all but fits and trainings."""
    return [step.label for step in crew.plan.steps if step.mode in ("read", "process", "write")]


def _chosen(trial: Trial, chance: random.Random, labels: list[str]) -> str:
    """A step that has committed, after a random while."""
    label = chance.choice(labels)
    trial.recovery(label, lambda: None)
    trial.crew.wait(chance.uniform(0.05, 0.5))
    return label


def _killed(trial: Trial, chance: random.Random) -> float | None:
    label = _chosen(trial, chance, _loops(trial.crew))
    if label in trial.crew.completed:
        return None
    return trial.recovery(label, lambda: trial.crew.signal(label, signal.SIGKILL).wait())


def _terminated(trial: Trial, chance: random.Random) -> float | None:
    label = _chosen(trial, chance, _loops(trial.crew))
    if trial.fed or label in trial.crew.completed:
        return None  # who has nothing to commit may have only just been started
    begun = time.monotonic()
    process = trial.crew.signal(label, signal.SIGTERM)
    assert process.wait(STOPS_WITHIN) == 0, trial.crew.ending_of(label, process)
    took = time.monotonic() - begun
    end = time.monotonic() + STOPS_WITHIN  # the broker writes the last markers by itself
    while not trial.is_settled(label):
        assert time.monotonic() < end, f"{label} left a transaction open"
    return took


def _frozen(
    trial: Trial, chance: random.Random, seconds: float, *, ends: bool
) -> list[float | None]:
    trial.start()
    label = _chosen(trial, chance, _loops(trial.crew))
    pid = int((trial.platform.home.path / "run" / "kafka.pid").read_text().split()[0])
    before = len(trial.crew.endings)

    def freeze() -> None:
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    took = trial.recovery(label, freeze)
    _check_endings(trial.crew.endings[before:], ends)
    return [took]


def _check_endings(endings: list[Ending], may_be: bool) -> None:
    """None, or each says both what may have been."""
    assert may_be or not endings, endings
    for ending in endings:
        assert ending.code == 1 or "newer process" in ending.reason, ending
        assert ending.code == 1 or "silent for more than" in ending.reason, ending


def _memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def _drain(reading: int) -> None:
    while os.read(reading, 65536):
        pass
    os.close(reading)
