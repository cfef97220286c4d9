"""What a certificate says, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from amml_deploy.certify.compare import Verdict
from amml_deploy.certify.edges import Edge, Level

LEVELS = {
    Level.ORDERED: "rows and their order for each key",
    Level.ROWS: "rows; their order depends on which flow was faster",
    Level.COUNTED: "the number of rows, and the columns that are only passed on",
    Level.OPEN: "only the numbering of its messages",
}


@dataclass(frozen=True)
class Met:
    """A fault that met its process.

    Parameters:
        step: its label and slot; None for the broker.
        recovery: seconds until it had committed something new; None if nothing was left to do.
    """

    kind: str
    step: str | None
    recovery: float | None


@dataclass(frozen=True)
class RoundResult:
    """One round; number 0 is the undisturbed one that is compared with the reference."""

    number: int
    faults: tuple[Met, ...]
    verdicts: tuple[Verdict, ...]
    restarts: int
    seconds: float
    trouble: str = ""

    @property
    def anomalies(self) -> int:
        """How many, over all edges; a round that did not come to its end is one."""
        return sum(verdict.anomalies for verdict in self.verdicts) + bool(self.trouble)


@dataclass(frozen=True)
class Certificate:
    """The outcome.

    Parameters:
        text: the workflow.
        input: `recorded`, `generated`, or a source's name.
        seed: from which the faults were drawn.
        edges: what was compared, and how strictly.
        rows: of each edge, how many rows the reference has.
        calm: the undisturbed round, which shows what is not deterministic even then.
        rounds: those with faults.
        notes: what a reader should know, such as what was cut off or left out.
        about: versions and machine.
    """

    text: str
    input: str
    seed: int
    edges: tuple[Edge, ...]
    rows: Mapping[str, int]
    calm: RoundResult
    rounds: tuple[RoundResult, ...]
    notes: tuple[str, ...]
    about: Mapping[str, str]

    @property
    def anomalies(self) -> int:
        """How many, over all rounds."""
        return sum(each.anomalies for each in (self.calm, *self.rounds))

    @property
    def nondeterministic(self) -> list[str]:
        """The edges that differ from the reference though nothing was done to them."""
        return [verdict.edge for verdict in self.calm.verdicts if verdict.anomalies]

    @property
    def recoveries(self) -> list[float]:
        """Seconds to recover, of every fault that interrupted work, in rising order."""
        met = (fault for each in self.rounds for fault in each.faults)
        return sorted(fault.recovery for fault in met if fault.recovery is not None)

    def total(self, kind: str) -> int:
        """The anomalies of one kind over all rounds: `lost`, `doubled`, ..."""
        return sum(getattr(verdict, kind) for each in self.rounds for verdict in each.verdicts)

    def faults(self) -> dict[str, int]:
        """How often each kind of fault met a process."""
        kinds = [fault.kind for each in self.rounds for fault in each.faults]
        return {kind: kinds.count(kind) for kind in sorted(set(kinds))}

    def document(self) -> dict[str, Any]:
        """As plain data."""
        kinds = ("lost", "doubled", "different", "reordered", "broken")
        return {
            "text": self.text,
            "input": self.input,
            "seed": self.seed,
            "rounds": len(self.rounds),
            "anomalies": self.anomalies,
            **{kind: self.total(kind) for kind in kinds},
            "nondeterministic": self.nondeterministic,
            "faults": self.faults(),
            "recovery_seconds": {
                name: quantile(self.recoveries, q)
                for name, q in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
            },
            "edges": [
                {"edge": e.name, "rows": self.rows[e.topic], "compared": LEVELS[e.level]}
                for e in self.edges
            ],
            "calm": _document(self.calm),
            "each_round": [_document(each) for each in self.rounds],
            "notes": list(self.notes),
            "about": dict(self.about),
        }


def quantile(values: Sequence[float], q: float) -> float | None:
    """The smallest of the values, in rising order, that a part `q` of them does not exceed.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5), quantile([], 0.5)
    (2.0, None)
    """
    if not values:
        return None
    return round(values[max(0, ceil(q * len(values)) - 1)], 3)


def _document(each: RoundResult) -> dict[str, Any]:
    return {**asdict(each), "anomalies": each.anomalies}
