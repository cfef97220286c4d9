"""How much memory an idle step takes among others, and how soon it is ready.

    amml up
    .venv/bin/python benchmarks/size.py               # 20 processes
    .venv/bin/python benchmarks/size.py --steps 5

RSS counts shared libraries in each process anew; PSS counts them once, divided among those that
have them: the sum of it is what a machine has to have.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import _steps
import psutil
from _delay import placed
from _steps import Measured
from _systems import HOPS, JSON

SETTLE_SECONDS = 3.0
STARTS = 5


def main() -> None:
    """Start chains of steps, weigh their processes, then start one of them some times more."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=20, help=f"rounded up to chains of {HOPS}")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        steps = [
            process
            for _ in range(-(-given.steps // HOPS))
            for process in _chain(stack, _steps.broker(), Path(folder))
        ]
        time.sleep(SETTLE_SECONDS)
        _print_memory(steps)
        ready = statistics.median(_restarted(stack, steps[-1]) for _ in range(STARTS))
        print(f"ready {ready:.2f} s after its start (target < 0.8), median of {STARTS}")


def _chain(stack: ExitStack, kafka: str, folder: Path) -> Sequence[Measured]:
    """The processes of one chain, which the stack ends."""
    work = stack.enter_context(placed(kafka, folder))
    processes = JSON.start(work).processes
    for process in processes:
        stack.callback(process.kill)
    return [process.ready() for process in processes]


def _print_memory(steps: Sequence[Measured]) -> None:
    found = [psutil.Process(step.process.pid).memory_full_info() for step in steps]
    rss = statistics.median(each.rss for each in found) / 1e6
    pss = statistics.median(each.pss for each in found) / 1e6
    print(f"{len(steps)} idle steps, medians: RSS {rss:.0f} MB (target < 100), ", end="")
    print(f"PSS {pss:.0f} MB (target < 40)")


def _restarted(stack: ExitStack, step: Measured) -> float:
    """End it and start it again; the seconds until it is ready."""
    step.kill()
    again = Measured(step.command, step.environ, step.log, pin=False)
    stack.callback(again.kill)
    again.ready()
    again.kill()
    return again.began - again.started


if __name__ == "__main__":
    main()
