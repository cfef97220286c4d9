"""Who still needs what: models that were trained on it, workflows that have not read it yet."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from amml_deploy.control import Control
from amml_deploy.models import runs_of
from amml_lake.protection import Claim
from amml_runtime.spec import StepSpec

Document: TypeAlias = Mapping[str, Any]
_PARTITION = re.compile(r"(.+)\[(\d+)\]")
_ANY_ZONE = timedelta(hours=14)  # a time without a zone may be meant in any


@dataclass(frozen=True)
class Stretch:
    """Offsets `[first, next)` of a partition, and who was trained on them."""

    who: str
    first: int
    next: int


@dataclass
class Claims:
    """What all model runs name: by data set, and by topic and partition."""

    lake: dict[str, list[Claim]] = field(default_factory=dict[str, list[Claim]])
    topics: dict[tuple[str, int], list[Stretch]] = field(
        default_factory=dict[tuple[str, int], list[Stretch]]
    )

    def add(self, who: str, provenance: Document) -> None:
        """What one run was trained on."""
        for each in provenance.get("lake", ()):
            self.lake.setdefault(each["dataset"], []).append(_claim(who, each))
        for name, offsets in provenance.items():
            if match := _PARTITION.fullmatch(name):
                place = match[1], int(match[2])
                first, next_ = map(int, offsets)
                self.topics.setdefault(place, []).append(Stretch(who, first, next_))


def claims(control: Control) -> Claims:
    """What the provenance of every run of every model names."""
    found = Claims()
    for model in control.get("/models"):
        for run in runs_of(control, model["name"]):
            who = f"model run `{run['model']}:{run['version']}/{run['run']}`"
            found.add(who, run.get("provenance") or {})
    return found


def readers(control: Control, topic: str) -> Iterator[str]:
    """The steps that read a topic and have not ended, by the names of their consumer groups."""
    for each in control.get("/workflows"):
        state = (each.get("status") or {}).get("state")
        if each["desired"] == "removed" or state == "completed":
            continue
        plan = control.get(f"/workflows/{each['name']}")["plan"]
        for step in plan.get("steps", ()):
            if any(read["topic"] == topic for read in step.get("inputs", ())):
                yield StepSpec.from_json(step).name


def _claim(who: str, named: Document) -> Claim:
    first, until = named.get("from"), named.get("to")
    return Claim(who, str(named.get("snapshot")), _micros(first, -1), _micros(until, 1))


def _micros(time: Any, side: int) -> int | None:
    """A time in microseconds; one without a zone counts as wide as it may be meant."""
    if time is None or time == "":
        return None
    if isinstance(time, int):
        return time
    told = datetime.fromisoformat(str(time))
    if told.tzinfo is None:
        told = told.replace(tzinfo=UTC) + side * _ANY_ZONE
    return round(told.timestamp() * 1_000_000)
