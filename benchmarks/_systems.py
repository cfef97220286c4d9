"""The systems that are compared: what each promises, how it is started, how much it is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import _java
import _steps
from _steps import Measured

from amml_runtime.admin import create_topics
from amml_runtime.spec import InputSpec, StepSpec, TopicSpec
from amml_runtime.testing import words

HOPS = 5
WORKLOADS = ("hop", "filter", "mean", "chain")
PROGRAMS = Path(__file__).resolve().parent / "peers"
STAMPED = {"message.timestamp.type": "LogAppendTime"}  # when it came out is the broker's to say
FILTER = "filter cond = OT > 12 | eval fahrenheit = OT * 1.8 + 32"
HOP = "eval fahrenheit = OT * 1.8 + 32"


@dataclass(frozen=True)
class Work:
    """One system's work: which workload, how many records of which topic; `count` 0: for ever."""

    kafka: str
    name: str  # in the names of all topics and groups of this piece of work
    workload: str
    source: str
    count: int
    warm: int
    folder: Path
    pin: bool = True


@dataclass(frozen=True)
class Running:
    """The processes of a piece of work, the topic it ends in; whether they end by themselves."""

    processes: Sequence[Measured]
    target: str
    ends: bool = True


class System(Protocol):
    """What the comparison needs to know of a system."""

    @property
    def name(self) -> str:
        """As in the tables."""
        ...

    @property
    def guarantee(self) -> str:
        """What it promises, in the configuration that is measured."""
        ...

    @property
    def input(self) -> str:
        """`arrow` or `json`."""
        ...

    @property
    def output(self) -> str:
        """`arrow` or `json`."""
        ...

    def sizes(self, workload: str) -> tuple[int, int]:
        """How many records it is given, the first of which warm it up; 0: no such workload."""
        ...

    def start(self, work: Work) -> Running:
        """Make its topics, and start its processes."""
        ...


@dataclass(frozen=True)
class Peer:
    """A program with the arguments of `peers/_workload.py`; of a chain, one or a process a hop."""

    name: str
    guarantee: str
    command: Callable[[], list[str]]
    records: Mapping[str, tuple[int, int]]
    whole_chain: bool = False
    input: str = field(default="json", init=False)
    output: str = field(default="json", init=False)

    def sizes(self, workload: str) -> tuple[int, int]:
        """Its own number of records: a slow system is given fewer."""
        return self.records.get(workload, (0, 0))

    def start(self, work: Work) -> Running:
        """One process, or one for each hop."""
        hops = HOPS if work.workload == "chain" else 1
        topics = [work.source, *(f"{work.name}.{hop}" for hop in range(1, hops + 1))]
        create_topics(work.kafka, [TopicSpec(topic, 1, STAMPED) for topic in topics[1:]])
        parts = [topics] if self.whole_chain else list(zip(topics, topics[1:], strict=False))
        started = [self._start(work, number, part) for number, part in enumerate(parts)]
        return Running(started, topics[-1])

    def _start(self, work: Work, number: int, topics: Sequence[str]) -> Measured:
        folder = work.folder / f"state-{number}"
        folder.mkdir(exist_ok=True)
        workload = "hop" if work.workload == "chain" else work.workload
        sizes = [str(work.warm), str(work.count)]
        command = [*self.command(), work.kafka, str(folder), *sizes, workload, *topics]
        return Measured(command, {}, work.folder / f"{number}.log", work.pin)


@dataclass(frozen=True)
class Ours:
    """This platform: a process a step, exactly once, Arrow between the steps and at the end."""

    name: str
    input: str
    records: Mapping[str, tuple[int, int]]
    texts: Mapping[str, str]
    guarantee: str = field(default="exactly once", init=False)
    output: str = field(default="arrow", init=False)

    def sizes(self, workload: str) -> tuple[int, int]:
        """It needs no warming up."""
        return self.records.get(workload, (0, 0))

    def start(self, work: Work) -> Running:
        """A process for each step of the workload's text."""
        steps = self.steps(work)
        for step in steps:
            assert step.changelog and step.output
            compact = TopicSpec(step.changelog, 1, {"cleanup.policy": "compact"})
            rows = TopicSpec(step.output.topic, 1, STAMPED)
            create_topics(work.kafka, [compact, rows, TopicSpec(step.dead_letters, 1)])
        started = [_steps.start_step(work.kafka, s, work.folder, work.pin, False) for s in steps]
        return Running(started, steps[-1].name, ends=self.input == "arrow")

    def steps(self, work: Work) -> list[StepSpec]:
        """The steps of the workload's text, each reading what the one before it writes."""
        source = InputSpec(work.source, "input")
        bounded = self.input == "arrow" and work.count > 0
        if self.input == "json":
            source = InputSpec(work.source, "", format="json", foreign=True)
        made: list[StepSpec] = []
        for number, (word, arguments) in enumerate(words(self.texts[work.workload]), 1):
            home = "ingress" if word == "topic" else "progress"
            class_ = "".join(part.capitalize() for part in word.split("_"))
            step = _steps.spec(
                work.name, f"{word}_{number}", f"amml_{home}.{word}:{class_}", source.topic,
                arguments=arguments, inputs=(source,), bounded=bounded,
            )  # fmt: skip
            made.append(step)
            source = InputSpec(step.name, step.label)
        return made


def _python(program: str) -> Callable[[], list[str]]:
    python = _java.OUT / "venv" / "bin" / "python"
    return lambda: [str(python), str(PROGRAMS / f"{program}.py")]


def _plain() -> list[str]:
    return [str(_java.ROOT / ".venv" / "bin" / "python"), str(PROGRAMS / "plain_loop.py")]


TOPIC = 'topic name="bench.in"'
ARROW = Ours(
    "AMML, Arrow in and out",
    "arrow",
    {name: (2_000_000 if name == "chain" else 4_000_000, 0) for name in WORKLOADS},
    {"hop": HOP, "filter": FILTER, "mean": "mean_std of=OT", "chain": " | ".join([HOP] * HOPS)},
)  # fmt: skip
JSON = Ours(
    "AMML, JSON in, Arrow out",
    "json",
    {"filter": (600_000, 0), "mean": (600_000, 0), "chain": (600_000, 0)},
    {
        "hop": f"{TOPIC} | {HOP}",
        "filter": f"{TOPIC} | {FILTER}",
        "mean": f"{TOPIC} | mean_std of=OT",
        "chain": " | ".join([TOPIC, *[HOP] * (HOPS - 1)]),
    },
)
PLAIN = Peer(
    "plain loop", "at least once", _plain,
    {name: (200_000 if name == "chain" else 600_000, 1000) for name in WORKLOADS},
)  # fmt: skip
STREAMS = Peer(
    f"Kafka Streams {_java.VERSION}", "exactly once", _java.streams,
    {"filter": (1_600_000, 1_000_000), "mean": (1_600_000, 1_000_000), "chain": (400_000, 240_000)},
    whole_chain=True,
)  # fmt: skip
QUICK_STREAMS = Peer(
    f"{STREAMS.name}, commits every 20 ms", "exactly once", lambda: _java.streams("-Dcommit=20"),
    {}, whole_chain=True,
)  # fmt: skip
QUIX = Peer(
    "Quix Streams 3.28.1", "exactly once", _python("quix_loop"),
    {"filter": (100_000, 1000), "mean": (60_000, 1000), "chain": (10_000, 1000)},
)  # fmt: skip
BYTEWAX = Peer(
    "Bytewax 0.21.1", "at least once", _python("bytewax_loop"),
    {"filter": (200_000, 1000), "mean": (100_000, 1000), "chain": (40_000, 1000)},
)  # fmt: skip
FAUST = Peer(
    "Faust 0.15.3", "exactly once", _python("faust_loop"),
    {"filter": (8000, 1000), "mean": (6000, 1000), "chain": (1000, 300)},
)  # fmt: skip

OURS: Mapping[str, System] = {"arrow": ARROW, "json": JSON}
PEERS: Mapping[str, System] = {
    "plain": PLAIN,
    "streams": STREAMS,
    "quix": QUIX,
    "bytewax": BYTEWAX,
    "faust": FAUST,
}
