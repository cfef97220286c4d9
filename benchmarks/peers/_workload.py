"""What the Python peers share: the arguments, the workloads row by row, and when to stop."""

import os
import signal
import sys
from dataclasses import dataclass

WARM_OT = 12.0


@dataclass
class Job:
    """What one program is to do: `kafka folder warm count workload source target`.

    `count` 0 is for ever. At the first record after `warm` ones it says `ready`; after `count`
    records it stops itself as an operator would, with SIGTERM.
    """

    kafka: str
    folder: str
    warm: int
    count: int
    workload: str
    source: str
    target: str
    seen: int = 0

    @classmethod
    def from_arguments(cls) -> "Job":
        kafka, folder, warm, count, *rest = sys.argv[1:]
        return cls(kafka, folder, int(warm), int(count), *rest)

    def counted(self) -> None:
        """One more record."""
        if self.seen == self.warm:
            print("ready", flush=True)
        self.seen += 1
        if self.seen == self.count:
            os.kill(os.getpid(), signal.SIGTERM)


def kept(row: dict) -> bool:
    """The filter."""
    return row["OT"] > WARM_OT


def arithmetic(row: dict) -> dict:
    """The row with one more column."""
    row["fahrenheit"] = row["OT"] * 1.8 + 32
    return row


def with_mean(row: dict, before: tuple[int, float] | None) -> tuple[dict, tuple[int, float]]:
    """The row with the mean of its key so far, and what to remember."""
    number, total = before or (0, 0.0)
    number, total = number + 1, total + row["OT"]
    row["OT_mean"] = total / number
    return row, (number, total)
