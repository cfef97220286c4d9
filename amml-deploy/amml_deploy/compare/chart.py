"""The chart of a comparison: errors as bars, and a stretch of the series as it was filled."""

from pathlib import Path
from typing import Any

import numpy as np

from amml_deploy.compare.imputing import Comparison
from amml_deploy.errors import UserError

_AROUND = 150  # rows of the stretch
_SHOWN = 3  # methods drawn into it
_TRUTH, _GRID = "#30343f", "#d8d8d8"
_COLOURS = ("#d1495b", "#2e86ab", "#e9a03b")


def draw(comparison: Comparison, path: Path) -> None:
    """Write the chart; its ending says the format."""
    from matplotlib.figure import Figure  # half a second that only the chart should pay

    figure = Figure(figsize=(9, 7), layout="constrained")
    bars, stretch = figure.subplots(2, 1)
    names = [score.method for score in comparison.scores]
    bars.bar(names, [score.rmse for score in comparison.scores], color=_COLOURS[1])
    bars.set_ylabel(f"RMSE of {comparison.column}")
    bars.set_title(
        f"{comparison.hidden} values hidden, and how far off each was filled", loc="left"
    )
    _draw_stretch(stretch, comparison)
    for axes in (bars, stretch):
        axes.grid(axis="y", color=_GRID, lw=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise UserError(f"--chart {path}: {error}") from error


def _draw_stretch(axes: Any, comparison: Comparison) -> None:
    """Where the most values were hidden, with what the best methods put there."""
    truth, places = comparison.truth, comparison.places
    start = int(np.argmax([((places >= p) & (places < p + _AROUND)).sum() for p in places]))
    first = int(places[start])
    rows = np.arange(first, min(first + _AROUND, len(truth)))
    hidden = places[(places >= rows[0]) & (places <= rows[-1])]
    axes.plot(rows, truth[rows], color=_TRUTH, lw=1, label="measured")
    for score, colour in zip(comparison.scores[:_SHOWN], _COLOURS, strict=False):
        filled = comparison.filled[score.method]
        axes.plot(hidden, filled[hidden], "o", ms=4, color=colour, label=score.method)
    axes.set_xlabel("row")
    axes.set_ylabel(comparison.column)
    axes.legend(frameon=False, ncols=4)
