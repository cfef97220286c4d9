"""The chart of a comparison: records per CPU second of each system, for each workload."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from _systems import OURS

WORKLOADS = {"filter": "filter + arithmetic", "mean": "keyed running mean", "chain": "five hops"}
OURS_COLOUR, COLOUR = "#c2410c", "#64748b"


def draw(runs: Sequence[dict[str, Any]], file: Path) -> None:
    """Write the chart; a bar is the median, the line on it the spread of the runs."""
    matplotlib.use("svg")
    from matplotlib import pyplot

    shown = {name: title for name, title in WORKLOADS.items() if name in runs[0]}
    if not shown:
        return
    figure, axes = pyplot.subplots(1, len(shown), figsize=(4.2 * len(shown), 3.2), squeeze=False)
    for axis, (name, title) in zip(axes[0], shown.items(), strict=True):
        _bars(axis, runs, name)
        axis.set_title(title, fontsize=10)
    axes[0][0].set_ylabel("records per CPU second")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)


def _bars(axis: Any, runs: Sequence[dict[str, Any]], workload: str) -> None:
    own = {system.name for system in OURS.values()}
    for place, name in enumerate(runs[0][workload]):
        found = [run[workload].get(name, {}).get("per_cpu") for run in runs]
        values = [value for value in found if value is not None]
        if not values:
            continue
        middle = statistics.median(values)
        spread = [[middle - min(values)], [max(values) - middle]]
        axis.bar(place, middle, yerr=spread, color=OURS_COLOUR if name in own else COLOUR)
        axis.text(place, max(values) * 1.1, f"{middle:,.0f}", ha="center", fontsize=6)
    axis.set_yscale("log")
    axis.set_xticks(range(len(runs[0][workload])), list(runs[0][workload]))
    axis.tick_params(axis="x", labelrotation=40, labelsize=7)
    axis.margins(y=0.15)
    for label in axis.get_xticklabels():
        label.set_horizontalalignment("right")
