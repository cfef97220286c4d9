"""A series like the paper's, made from nothing: hourly loads and the oil temperature they cause.

It is no measurement and does not pretend to be one; the demo uses it where no file is at hand.
"""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

Values: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

ROWS = 17_420  # as many as ETTh1 has
START = datetime(2016, 7, 1)
LOADS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL")

_LEVELS = {"HUFL": 7.4, "HULL": 2.2, "MUFL": 4.3, "MULL": 0.9, "LUFL": 3.1, "LULL": 0.9}


def write_series(path: Path, rows: int = ROWS, seed: int = 16) -> None:
    """Write the series as CSV; the same seed always gives the same file.

    Parameters:
        path: the file to write.
        rows: how many hours.
        seed: fixes everything random.
    """
    columns = make_series(rows, seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["date", *columns])
        for hour in range(rows):
            time = (START + timedelta(hours=hour)).isoformat(" ")
            writer.writerow([time, *(f"{values[hour]:.3f}" for values in columns.values())])


def make_series(rows: int, seed: int) -> dict[str, Values]:
    """The loads in MW, and `OT` in degrees Celsius.

    >>> series = make_series(48, seed=16)
    >>> list(series), len(series["OT"])
    (['HUFL', 'HULL', 'MUFL', 'MULL', 'LUFL', 'LULL', 'OT'], 48)
    """
    random = np.random.default_rng(seed)
    hours = np.arange(rows, dtype=np.float64)
    series = {name: _load(hours, _LEVELS[name], random) for name in LOADS}
    total = sum(series.values(), np.zeros(rows))
    return series | {"OT": _temperature(hours, total, random)}


def _load(hours: Values, level: float, random: np.random.Generator) -> Values:
    """Two peaks a day, quieter at the weekend and in spring, with noise that lasts for hours."""
    day = np.sin(2 * np.pi * (hours - 7) / 24) + 0.5 * np.sin(4 * np.pi * (hours - 5) / 24)
    weekend = np.where((hours // 24 + START.weekday()) % 7 >= 5, 0.85, 1.0)
    year = 1 + 0.15 * np.cos(2 * np.pi * hours / 8766)
    return level * weekend * year * (1 + 0.35 * day + _drifting(0.15, 0.8, len(hours), random))


def _temperature(hours: Values, load: Values, random: np.random.Generator) -> Values:
    """Warm in July and in the afternoon, warmer some hours after a load, and never in a hurry."""
    air = 14 + 11 * np.cos(2 * np.pi * (hours - 500) / 8766) + 4 * np.sin(2 * np.pi * hours / 24)
    weights = np.exp(-np.arange(24) / 6)
    heat = np.convolve(load - load.mean(), weights / weights.sum())[: len(hours)]
    return air + heat + _drifting(2.5, 0.98, len(hours), random)


def _drifting(size: float, memory: float, rows: int, random: np.random.Generator) -> Values:
    """Noise that remembers: x[t] = memory * x[t-1] + e[t], with standard deviation `size`."""
    shocks = random.normal(0, size * (1 - memory**2) ** 0.5, rows)
    values, last = np.empty(rows), 0.0
    for at, shock in enumerate(shocks):
        values[at] = last = memory * last + shock
    return values
