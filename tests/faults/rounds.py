"""Rounds of faults, drawn from a seed, each on a fresh workflow and audited at its end.

    amml up
    scripts/faults --rounds 40 --seed 3
    scripts/faults --rounds 5 --fault kill --workload keyed

A line a round, then the seconds from a fault to the next commit. It freezes the broker of the
platform that `AMML_HOME` names: nobody else should be using it. Exit code 1 at any anomaly.
"""

import argparse
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from amml_deploy.control import home_of
from amml_deploy.platform import home as homes
from amml_deploy.platform.home import Home, Platform

from .strikes import CASES, FAULTS
from .trial import Trial
from .workloads import WORKLOADS


def strike(
    platform: Platform, folder: Path, fault: str, workload: str, seed: str
) -> tuple[Sequence[float | None], dict[str, int]]:
    """One fault on one workload; the seconds it took to recover, and what the auditor found."""
    chance = random.Random(seed)
    trial = Trial(platform, folder, WORKLOADS[workload], chance.randrange(10**6))
    try:
        took = FAULTS[fault](trial, chance)
        trial.finish()
        return took, trial.audit()
    finally:
        trial.close()


def main() -> int:
    """Run them; 1 if any was not clean."""
    given = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing stays frozen or at work
    platform = homes.read(Home(home_of(os.environ)))
    cases = [
        (fault, workload)
        for fault, workload in CASES
        if given.fault in (None, fault) and given.workload in (None, workload)
    ]
    if not cases:
        sys.exit(f"{given.fault} is not for {given.workload}; there are {CASES}")
    found, recovered = Counter[str](), defaultdict[str, list[float]](list)
    for number in range(given.rounds):
        seed = f"{given.seed} {number}"
        fault, workload = random.Random(seed).choice(cases)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            took, anomalies = strike(platform, Path(folder), fault, workload, seed)
        found.update(anomalies)
        recovered[fault] += [seconds for seconds in took if seconds is not None]
        _tell(number, fault, workload, time.monotonic() - began, anomalies)
    _summarise(given, found, recovered)
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=sorted(FAULTS))
    parser.add_argument("--workload", choices=sorted(WORKLOADS))
    return parser.parse_args()


def _tell(
    number: int, fault: str, workload: str, seconds: float, anomalies: dict[str, int]
) -> None:
    said = ", ".join(f"{count} {name}" for name, count in anomalies.items()) or "clean"
    print(f"{number:4}  {fault:18} {workload:10} {seconds:5.0f} s  {said}", flush=True)


def _summarise(
    given: argparse.Namespace, found: Counter[str], recovered: dict[str, list[float]]
) -> None:
    print(f"{given.rounds} rounds of seed {given.seed}, {found.total()} anomalies")
    for fault, seconds in sorted(recovered.items()):
        if seconds:
            middle, most = statistics.median(seconds), max(seconds)
            print(f"{fault:18} {len(seconds):4} times: median {middle:.2f} s, most {most:.2f} s")


if __name__ == "__main__":
    sys.exit(main())
