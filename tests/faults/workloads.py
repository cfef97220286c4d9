"""The workflows that the faults are tried on, and what the auditor has to expect of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Function: TypeAlias = Mapping[str, Any]  # the name of one in `tests/audit/expected.py`, and more


@dataclass(frozen=True)
class Workload:
    """A workflow over generated records.

    Parameters:
        text: with `{raw}` for a topic or source to read, `{out}` for a topic to write.
        out: what is expected in the topic `{out}`, if it is named.
        edges: for a step's label what is expected in its topic.
        folds: for a step's label what its state must be.
        bounded: whether the records come from a file, so that the workflow ends by itself.
    """

    text: str
    out: Function | None = None
    edges: Mapping[str, Function] = field(default_factory=dict[str, Function])
    folds: Mapping[str, Function] = field(default_factory=dict[str, Function])
    partitions: int = 1
    poison: int = 0
    bounded: bool = False


MODEL = """
model: [Input: {}, Flatten: {}, Dense: {units: 1}]
train: {loss: mae, optimizer: adam, epoch: 4, batch: 256, window: 4, horizon: 1, seed: 1,
        inputs: [value, load], label: value}
"""
ABOVE = {"name": "map_filter", "above": 20}
MEANS = {"name": "running_mean", "above": 20}

WORKLOADS = {
    "stateless": Workload(
        'topic name="{raw}" | filter value > 20 | eval twice = value * 2 + 1 '
        '| to_topic name="{out}"',
        out=ABOVE | {"doubled": "twice"},
        edges={"filter": ABOVE},
        partitions=2,
        poison=6,
    ),
    "keyed": Workload(
        'topic name="{raw}" | filter value > 20 | key by=key | mean_std | print',
        edges={"mean_std": MEANS},
        folds={"mean_std": MEANS},
        partitions=2,
        poison=6,
    ),
    "fitted": Workload(
        'topic name="{raw}" | minmax_scaler of=value, fit=300 | print',
        edges={"minmax_scaler": {"name": "scaled", "fit": 300}},
    ),
    "bounded": Workload(
        'source id="{raw}" | filter value > 20 | key by=key | mean_std | print',
        edges={"mean_std": MEANS},
        folds={"mean_std": MEANS},
        partitions=2,
        bounded=True,
    ),
    "windows": Workload(
        'source id="{raw}" | filter value > 20 | key by=key '
        '| window size=10m, of=value, agg="mean,max" | print',
        edges={"window": {"name": "windows", "above": 20, "seconds": 600}},
        partitions=2,
        bounded=True,
    ),
    "join": Workload(
        '( source id="{raw}" | filter value > 50 | key by=key ; '
        'source id="{raw}" | filter value <= 50 | key by=key ) | join within=1m | print',
        edges={"join": {"name": "joined", "at": 50, "seconds": 60, "other": "key_2"}},
        partitions=2,
        bounded=True,
    ),
    "snapshot": Workload(
        'source id="{raw}" | key by=key | split | ( watch: surveillance cond = value > 95 '
        "| alert ; snapshot on=watch, before=1m, after=30s | print )",
        edges={"snapshot": {"name": "around", "above": 95, "before": 60, "after": 30}},
        partitions=2,
        bounded=True,
    ),
    "training": Workload(
        'source id="{raw}" | train model="{raw}:0.1", epoch=4 | print',
        edges={"train": {"name": "epochs", "count": 4}},
        bounded=True,
    ),
}
