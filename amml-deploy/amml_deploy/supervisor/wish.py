"""What is wanted of a workflow, as the control API says it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

Desired: TypeAlias = Literal["running", "stopped", "removed"]


class Slot(NamedTuple):
    """One process of a step: its label and number."""

    label: str
    number: int

    def __str__(self) -> str:
        return f"{self.label}.{self.number}"


@dataclass(frozen=True)
class StepWish:
    """A step to run, and the digest of all it is told: equal digests need no restart."""

    label: str
    slots: int
    spec: Mapping[str, Any]
    digest: str

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> "StepWish":
        """From the step's specification in a plan."""
        canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        return cls(spec["label"], spec["slots"], spec, digest)


@dataclass(frozen=True)
class Wish:
    """One workflow as it is wanted; steps from the sources on."""

    name: str
    version: int
    run: int
    desired: Desired
    keep_data: bool = False
    prefix: str = "amml"
    topics: tuple[Mapping[str, Any], ...] = ()
    steps: tuple[StepWish, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Wish":
        """From an entry of `GET /desired`; raises KeyError or TypeError if it is none."""
        plan = document["plan"]
        return cls(
            name=document["name"],
            version=document["version"],
            run=document["run"],
            desired=document["desired"],
            keep_data=document["keep_data"],
            prefix=plan["prefix"],
            topics=tuple(plan["topics"]),
            steps=tuple(StepWish.of(step) for step in plan["steps"]),
        )

    def slots(self) -> dict[Slot, StepWish]:
        """Every process that should run, in the order of the plan."""
        return {
            Slot(step.label, number): step for step in self.steps for number in range(step.slots)
        }
