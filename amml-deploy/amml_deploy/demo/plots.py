"""The paper's Figs. 16 and 17: how the loss fell, and the prediction beside the truth."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

Rows: TypeAlias = Sequence[Mapping[str, Any]]

_TRUTH, _GUESS, _GRID = "#30343f", "#d1495b", "#d8d8d8"
_ZOOM = timedelta(days=10)


def plot_loss(path: Path, epochs: Rows, run: str) -> None:
    """Fig. 16: the loss of each epoch, on the rows trained on and on those held out."""
    figure, (axes,) = _figure(1)
    numbers = [row["epoch"] for row in epochs]
    axes.plot(numbers, [row["loss"] for row in epochs], "o-", color=_TRUTH, label="training")
    axes.plot(numbers, [row["val_loss"] for row in epochs], "s--", color=_GUESS, label="held out")
    axes.set_title(f"Loss per epoch, {run}", loc="left")
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean absolute error (min-max scale)")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


def plot_prediction(path: Path, rows: Rows, cut: datetime) -> None:
    """Fig. 17: truth and prediction, over all rows and over the last days in detail.

    Parameters:
        path: the PNG to write.
        rows: with `_time`, `OT` and `OT_pred`, in order of time.
        cut: from here on the model has not seen the rows in its training.
    """
    figure, (whole, detail) = _figure(2)
    _draw(whole, rows, 0.7)
    whole.axvspan(cut, rows[-1]["_time"], color=_GRID, alpha=0.5, lw=0, label="held out")
    whole.set_title("Oil temperature, measured and predicted one hour ahead", loc="left")
    whole.legend(frameon=False, ncols=3, loc="upper right")
    last = rows[-1]["_time"] - _ZOOM
    _draw(detail, [row for row in rows if row["_time"] >= last], 1.4)
    detail.set_title(f"The last {_ZOOM.days} days", loc="left")
    detail.set_xlabel("time (UTC)")
    figure.savefig(path, dpi=150)


def _draw(axes: Any, rows: Rows, width: float) -> None:
    from matplotlib.dates import ConciseDateFormatter

    times = [row["_time"] for row in rows]
    nothing = float("nan")  # a gap in the line
    for name, label, colour in (("OT", "measured", _TRUTH), ("OT_pred", "predicted", _GUESS)):
        values = [nothing if row[name] is None else row[name] for row in rows]
        axes.plot(times, values, color=colour, lw=width, label=label)
    axes.set_ylabel("OT (°C)")
    axes.margins(x=0.01)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))


def _figure(panels: int) -> tuple[Any, Sequence[Any]]:
    """A figure without a screen, with some panels one above the other."""
    from matplotlib.figure import Figure  # half a second that only the demo should pay

    figure = Figure(figsize=(9, 2 + 3 * panels), layout="constrained")
    found = [figure.add_subplot(panels, 1, 1 + at) for at in range(panels)]
    for axes in found:
        axes.grid(color=_GRID, lw=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, found
