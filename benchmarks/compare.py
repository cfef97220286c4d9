"""This platform beside its peers: one broker, one machine, the same data, each in its turn.

    amml up
    .venv/bin/python benchmarks/compare.py              # five runs: about 25 minutes
    .venv/bin/python benchmarks/compare.py --quick      # does it all work? a tenth of the records
    .venv/bin/python benchmarks/compare.py --report     # write the page anew from the last figures

Each run measures every system in turn, so that a drift of the machine meets them all alike. Every
output is checked before its figure counts; a system that fails is named in the tables, and the
others go on. Figures go to out/benchmarks.json after each run; those of a whole comparison from
there to docs/benchmarks.md and docs/benchmarks.svg, others to out/.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import _about
import _delay
import _drain
import _java
import _life
import _report
import _steps
from _systems import JSON, OURS, PEERS, QUICK_STREAMS, STREAMS, WORKLOADS, System

RATES = [1000, 20_000]
QUICK = 10
FIGURES = _java.ROOT / "out" / "benchmarks.json"
PARTS = (*WORKLOADS, "delay", "life")


class Comparison:
    """What is to be measured, and where."""

    def __init__(self, given: argparse.Namespace, folder: Path) -> None:
        self._kafka = _steps.broker()
        self._peers = {name: PEERS[name] for name in given.peers}
        self._parts = [given.only] if given.only else list(PARTS)
        self._divide = QUICK if given.quick else 1
        self._seconds = 3.0 if given.quick else 6.0
        self._folder = folder
        self.inputs = _steps.new_name()

    def fill(self) -> None:
        """Write each input topic once, for all runs."""
        wanted = {
            (system.input, count // self._divide)
            for system in [*OURS.values(), *self._peers.values()]
            for workload in WORKLOADS
            if workload in self._parts and (count := system.sizes(workload)[0])
        }
        for form, count in sorted(wanted):
            _drain.fill(self._kafka, self.inputs, form, count)

    def run(self) -> dict[str, Any]:
        """Every part once, every system in each."""
        return {part: self._part(part) for part in self._parts}

    def remove(self) -> None:
        """Remove the inputs."""
        _drain.remove(self._kafka, self.inputs)

    def _part(self, part: str) -> dict[str, Any]:
        if part == "delay":
            return self._delays()
        return self._lives() if part == "life" else self._drains(part)

    def _drains(self, workload: str) -> dict[str, Any]:
        def one(system: System) -> Any:
            place = self._kafka, self.inputs, self._folder, self._divide
            return asdict(_drain.drain(system, workload, *place))

        systems = {**OURS, **self._peers}
        return self._each(workload, [s for s in systems.values() if s.sizes(workload)[0]], one)

    def _delays(self) -> dict[str, Any]:
        def one(system: System) -> Any:
            found = _delay.delays(system, self._kafka, RATES, self._seconds, self._folder)
            return {str(each.rate): asdict(each) for each in found}

        streams = [STREAMS, QUICK_STREAMS] if "streams" in self._peers else []
        return self._each("delay", [JSON, *streams], one)

    def _lives(self) -> dict[str, Any]:
        def one(system: System) -> Any:
            return asdict(_life.life(system, self._kafka, self._folder))

        return self._each("life", [JSON, *self._peers.values()], one)

    def _each(
        self, part: str, systems: Sequence[System], one: Callable[[System], Any]
    ) -> dict[str, Any]:
        """The figures of each system by its name; of one that failed, why."""
        found: dict[str, Any] = {}
        for system in systems:
            began = time.monotonic()
            try:
                found[system.name] = one(system)
            except Exception as error:  # whatever a peer does, the others are measured
                found[system.name] = {"failed": f"{type(error).__name__}: {error}"}
            said = json.dumps(found[system.name])
            print(
                f"{part:7} {system.name:40} {time.monotonic() - began:5.0f} s  {said}", flush=True
            )
        return found


def measured(given: argparse.Namespace) -> dict[str, Any]:
    """All runs, written down after each."""
    subprocess.run([str(_java.ROOT / "benchmarks" / "peers" / "setup")], check=True)
    figures: dict[str, Any] = {"about": _about.about(sys.argv[1:]), "runs": []}
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(given, Path(folder))
        try:
            comparison.fill()
            for run in range(1, given.runs + 1):
                print(f"run {run} of {given.runs}", flush=True)
                figures["runs"].append(comparison.run())
                FIGURES.write_text(json.dumps(figures, indent=1), encoding="utf-8")
        finally:
            comparison.remove()
    return figures


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int)
    parser.add_argument("--quick", action="store_true", help="one run with a tenth of the records")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--peers", type=_names, default=list(PEERS), help=", ".join(PEERS))
    parser.add_argument("--report", action="store_true", help="measure nothing")
    given = parser.parse_args()
    given.runs = given.runs or (1 if given.quick else 5)
    if given.report:
        figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    else:
        figures = measured(given)
    whole = not given.quick and given.only is None and set(given.peers) == set(PEERS)
    folder = _java.ROOT / ("docs" if whole else "out")
    print(f"written: {_report.write(figures, folder)}")


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(PEERS):
        raise argparse.ArgumentTypeError(
            f"no peer {', '.join(unknown)}; there are {', '.join(PEERS)}"
        )
    return names


if __name__ == "__main__":
    main()
