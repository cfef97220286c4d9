"""Which faults a round has: drawn from its seed, before it starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

from amml_deploy.supervisor.wish import Slot
from amml_runtime.spec import Mode

Kind: TypeAlias = Literal["kill", "fail point", "zombie", "stop", "broker frozen"]

# What is done to a process, and how often compared with the others.
_WEIGHTS: dict[Kind, int] = {"kill": 4, "fail point": 5, "zombie": 2, "stop": 2}
_PLACES = ("after_begin", "after_produce", "before_commit", "after_commit")
_TRAINING = ("epoch", "before_commit", "after_commit")
_LONGEST_FREEZE = 5.0


@dataclass(frozen=True)
class Target:
    """A process that faults may meet.

    Parameters:
        commits: how often it committed when nothing disturbed it.
    """

    slot: Slot
    mode: Mode
    commits: int


@dataclass(frozen=True)
class Fault:
    """One fault.

    Parameters:
        slot: whom it meets; None for the broker.
        at: when: the part of its rows that the step has committed by then.
        delay: seconds after that; for the broker, how long it stands still.
        point: for a fail point, the place in the transaction and which time it is reached.
    """

    kind: Kind
    slot: Slot | None
    at: float = 0.0
    delay: float = 0.0
    point: str = ""


def draw(chance: Random, targets: Sequence[Target], broker: bool) -> list[Fault]:
    """The faults of one round: two more than there are processes, but at the most twenty.

    Every process is met before one is met twice.
    """
    count = min(20, len(targets) + 2)
    order = chance.sample(targets, len(targets)) + chance.choices(targets, k=2)
    faults = [_one(chance, target) for target in order[:count]]
    if broker:
        at, seconds = chance.uniform(0.1, 0.9), chance.uniform(1.0, _LONGEST_FREEZE)
        faults.append(Fault("broker frozen", None, at, seconds))
    return faults


def _one(chance: Random, target: Target) -> Fault:
    kinds: list[Kind] = [k for k in _WEIGHTS if k != "fail point" or target.mode != "fit"]
    [kind] = chance.choices(kinds, [_WEIGHTS[each] for each in kinds])
    if kind == "fail point":
        place = chance.choice(_TRAINING if target.mode == "train" else _PLACES)
        # Earlier rather than later: a life that begins after another fault has fewer to come.
        # A fraction, so that how often it committed does not change what is drawn next.
        time = 1 + int(chance.random() * target.commits / 2)
        return Fault(kind, target.slot, point=f"{place}:{time}")
    return Fault(kind, target.slot, chance.uniform(0, 0.97), chance.uniform(0, 0.1))
