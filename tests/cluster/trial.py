"""One trial: a workflow on a cluster, fed while faults happen, and audited when all is quiet."""

import json
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amml_deploy.catalogue import Catalogue
from amml_deploy.planner.plan import plan
from amml_deploy.planner.settings import Settings
from amml_deploy.workflow_text import compiled
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.spec import Plan, StepSpec, TopicSpec

from .brokers import Cluster, wait_until
from .feeder import AUDIT, KEYS, SEED, Feeder
from .keeper import Keeper
from .watcher import Watcher

WITHIN = 180.0


@dataclass(frozen=True)
class Workload:
    """A workflow from one JSON topic to another, and what the auditor has to expect of it.

    Parameters:
        steps: the text between `topic` and `to_topic`.
        expect: the function that says what the output holds, and its parameters.
        folds: for the label of a step the function that says what it remembers.
    """

    steps: str
    expect: Mapping[str, Any]
    folds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    partitions: int = 4


_MEANS = {"name": "running_mean", "above": 20}
WORKLOADS = {
    "stateless": Workload("filter value > 20", {"name": "map_filter", "above": 20}),
    "keyed": Workload("filter value > 20 | mean_std", _MEANS, {"mean_std": _MEANS}),
    "rekeyed": Workload("key by=key | filter value > 20 | mean_std", _MEANS, {"mean_std": _MEANS}),
    "fitted": Workload(
        "minmax_scaler of=value, fit=500", {"name": "scaled", "fit": 500}, partitions=1
    ),
}


class Trial:
    """A workload that runs from its making to `close`."""

    def __init__(self, cluster: Cluster, folder: Path, workload: Workload, rate: int) -> None:
        self.name = f"c{uuid.uuid4().hex[:10]}"
        self.source, self.target = f"{self.name}.in", f"{self.name}.out"
        self._cluster = cluster
        self._workload = workload
        self._folder = folder / self.name
        self._folder.mkdir()
        self.keeper = Keeper(self._planned(), cluster.bootstrap, self._folder)
        source = TopicSpec(self.source, workload.partitions)
        create_topics(cluster.bootstrap, [source, *self.keeper.plan.topics])
        self.watcher = Watcher(cluster.bootstrap, self.target, workload.partitions)
        self._feeder = Feeder(cluster.bootstrap, self.source, workload.partitions, folder, rate)
        self.watcher.start()
        self._feeder.start()
        self.keeper.start()

    @property
    def last(self) -> StepSpec:
        """The step that writes the output."""
        return self.keeper.plan.steps[-1]

    def wait_for_rows(self, more: int = 1) -> None:
        """Wait until more rows have come out than there are now, or a step has given up."""
        wanted = self.watcher.count + more
        wait_until(lambda: self.watcher.count >= wanted or bool(self.keeper.faults()), WITHIN)

    def audit(self) -> list[str]:
        """Stop feeding and wait until nothing moves any more; all that is wrong then."""
        case = self._folder / "case.json"
        case.write_text(json.dumps(self._case(self._feeder.finish())), encoding="utf-8")
        command = [sys.executable, str(AUDIT / "auditor.py"), str(case)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN)
        faults = [f"{ending.place}: {ending.reason}" for ending in self.keeper.faults()]
        return faults if done.returncode == 0 else [*faults, done.stdout, done.stderr]

    def close(self) -> None:
        """Leave no process and no topic behind; the folder stays."""
        self._feeder.finish()
        self.keeper.close()
        self.watcher.close()
        for prefix in (f"amml.{self.name}.", f"{self.name}."):
            remove_prefix(self._cluster.bootstrap, prefix)

    def _planned(self) -> Plan:
        steps = self._workload.steps
        text = f'topic name="{self.source}" | {steps} | to_topic name="{self.target}"'
        topics = {name: self._workload.partitions for name in (self.source, self.target)}
        settings = Settings(
            self.name, partitions=self._workload.partitions, options={"topic": {"from": "start"}}
        )
        return plan(compiled(text), Catalogue(topics=topics), settings)

    def _case(self, rows: int) -> dict[str, Any]:
        """What the auditor is told."""
        steps = [step for step in self.keeper.plan.steps if step.mode == "process"]
        return {
            "kafka": self._cluster.bootstrap,
            "inputs": [
                {
                    "topic": self.source,
                    "seed": SEED,
                    "rows": rows,
                    "keys": KEYS,
                    "partitions": self._workload.partitions,
                }
            ],
            "outputs": [{"topic": self.target, "format": "json", "expect": self._workload.expect}],
            "steps": [
                {
                    "name": step.name,
                    "reads": [each.topic for each in step.inputs if each.kind == "main"],
                    "changelog": step.changelog,
                }
                for step in steps
            ],
            "states": [
                {"changelog": self.keeper.step(label).changelog, "fold": fold}
                for label, fold in self._workload.folds.items()
            ],
            "dead_letters": {"topic": self.keeper.plan.steps[0].dead_letters},
        }
