"""Whether the data plane has become slower: ratios to a plain JSON loop, not times.

    amml up
    .venv/bin/python benchmarks/guard.py      # well under a minute; exit code 1 below a floor

Both sides are measured in turn on this machine, so its speed cancels out. The floors are what
holds on a busy machine, below what a quiet one shows (docs/benchmarks.md).
"""

import statistics
import sys
import tempfile
from pathlib import Path

import _drain
import _steps
from _systems import ARROW, JSON, PLAIN, System

ROUNDS, DIVIDE = 3, 4
FLOORS: list[tuple[System, str, float]] = [
    (ARROW, "hop", 4.0),
    (ARROW, "mean", 2.0),
    (JSON, "mean", 0.5),
]


def main() -> int:
    """Print each ratio beside its floor; 1 if one lies below."""
    kafka, inputs = _steps.broker(), _steps.new_name()
    drained = [(PLAIN, "hop"), *((system, workload) for system, workload, _ in FLOORS)]
    for form, count in {(system.input, system.sizes(name)[0]) for system, name in drained}:
        _drain.fill(kafka, inputs, form, count // DIVIDE)
    slow = 0
    with tempfile.TemporaryDirectory() as folder:
        for system, workload, floor in FLOORS:
            found = [_ratio(system, workload, kafka, inputs, Path(folder)) for _ in range(ROUNDS)]
            ratio = statistics.median(found)
            slow += ratio < floor
            print(f"{system.name:26} {workload:5} {ratio:6.2f} times the plain loop, floor {floor}")
    _drain.remove(kafka, inputs)
    return 1 if slow else 0


def _ratio(system: System, workload: str, kafka: str, inputs: str, folder: Path) -> float:
    """Our records per CPU second over the plain loop's, one right after the other."""
    ours, plain = (
        _drain.drain(each, workload, kafka, inputs, folder, DIVIDE).per_cpu
        for each in (system, PLAIN)
    )
    return ours / plain


if __name__ == "__main__":
    sys.exit(main())
