"""What stands in for a missing value when only earlier rows are asked, for many keys at once.

Each way takes the rows' values (rows x columns, NaN where one is missing), and gives for every
value what would fill its place, NaN if there is nothing yet.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from amml_progress._shared.by_key import Grouped, rounds
from amml_progress._shared.lately import carried, quantiles, windows
from amml_progress._shared.running import FRESH, running
from amml_runtime.state import State

Floats: TypeAlias = NDArray[np.float64]

_NEIGHBOURS = 5
# Kalman filter: the noise of level and trend from row to row, in units of a measurement's.
_LEVEL, _TREND, _UNSURE = 1.0, 0.01, 1e6


class Settings(NamedTuple):
    """How far back a way looks, and how many rows a season has."""

    last: int
    season: int


def previous(values: Floats, found: Grouped, state: State, settings: Settings) -> Floats:
    """The newest value."""
    return _newest(values, values, found, state, "previous:")


def mean(values: Floats, found: Grouped, state: State, settings: Settings) -> Floats:
    """The mean of all values so far."""
    places = [f"moments:{place}" for place in found.places]
    moments = state.numbers(places, np.array([FRESH] * values.shape[1]))
    means = np.full(values.shape, np.nan)
    for column in range(values.shape[1]):
        there = ~np.isnan(values[:, column])
        means[there, column], _, moments[:, column] = running(
            values[there, column], found.groups[there], moments[:, column]
        )
    state.set_numbers(places, moments)
    return _newest(means, values, found, state, "mean:")


def median(values: Floats, found: Grouped, state: State, settings: Settings) -> Floats:
    """The median of the last values."""
    medians = np.full(values.shape, np.nan)
    for column in range(values.shape[1]):
        there = ~np.isnan(values[:, column])
        places = [f"last{column}:{place}" for place in found.places]
        around = windows(values[there, column], found.groups[there], places, state, settings.last)
        (medians[there, column],) = quantiles(around, 0.5)
    return _newest(medians, values, found, state, "median:")


def seasonal(values: Floats, found: Grouped, state: State, settings: Settings) -> Floats:
    """The value one season before, filled itself if it was missing; until then the newest."""
    places = [f"season:{place}" for place in found.places]
    size, columns = settings.season, values.shape[1]
    fresh = np.full((size + 1, columns), np.nan)
    fresh[size] = 0  # where in the ring the next row goes
    ring = state.numbers(places, fresh)
    newest = previous(values, found, state, settings)
    fill = np.empty(values.shape)
    for rows in rounds(found.groups):
        keys = found.groups[rows]
        at = ring[keys, size, 0].astype(np.int64)
        before = ring[keys, at]
        fill[rows] = np.where(np.isnan(before), newest[rows], before)
        ring[keys, at] = np.where(np.isnan(values[rows]), fill[rows], values[rows])
        ring[keys, size, 0] = (at + 1) % size
    state.set_numbers(places, ring)
    return fill


def kalman(values: Floats, found: Grouped, state: State, settings: Settings) -> Floats:
    """The forecast of a level with a trend, both of which wander."""
    places = [f"kalman:{place}" for place in found.places]
    columns = values.shape[1]
    known = state.numbers(places, np.array([[np.nan, 0, _UNSURE, 0, _UNSURE]] * columns))
    fill = np.empty(values.shape)
    for rows in rounds(found.groups):
        keys = found.groups[rows]
        fill[rows], known[keys] = _filtered(known[keys], values[rows])
    state.set_numbers(places, known)
    return fill


def knn(values: Floats, found: Grouped, state: State, settings: Settings) -> Floats:
    """The mean of the rows most like it in the other columns, of the last that are complete.

    Where a row has no value at all, or no row is complete yet, the newest value.
    """
    fill = previous(values, found, state, settings)
    places = [f"complete:{place}" for place in found.places]
    complete = state.numbers(places, np.full((settings.last, values.shape[1]), np.nan))
    hole = np.isnan(values)
    for row, group in enumerate(found.groups.tolist()):
        if not hole[row].any():
            complete[group, :-1] = complete[group, 1:]
            complete[group, -1] = values[row]
        elif not hole[row].all():
            fill[row] = _like(values[row], complete[group], fill[row])
    state.set_numbers(places, complete)
    return fill


WAYS: dict[str, Callable[[Floats, Grouped, State, Settings], Floats]] = {
    "previous": previous,
    "mean": mean,
    "median": median,
    "seasonal": seasonal,
    "kalman": kalman,
    "knn": knn,
}


def _newest(
    found_values: Floats, values: Floats, found: Grouped, state: State, prefix: str
) -> Floats:
    """In each row and column the newest of `found_values` where `values` has one."""
    places = [prefix + place for place in found.places]
    known = state.numbers(places, np.full((1, values.shape[1]), np.nan))
    newest = np.empty(values.shape)
    for column in range(values.shape[1]):
        there = ~np.isnan(values[:, column])
        newest[:, column], known[:, 0, column] = carried(
            found_values[:, column], there, found.groups, known[:, 0, column]
        )
    state.set_numbers(places, known)
    return newest


def _filtered(known: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The forecasts for a row, and the filters after it: level, trend and their covariance."""
    level, trend, wide, both, narrow = np.moveaxis(known, -1, 0)
    forecast = level + trend
    wide, both, narrow = wide + 2 * both + narrow + _LEVEL, both + narrow, narrow + _TREND
    first = np.isnan(forecast)
    error = np.where(np.isnan(values), 0, values - np.where(first, values, forecast))
    sees = np.where(np.isnan(values), 0, 1 / (wide + 1))
    gain, tilt = wide * sees, both * sees
    after = [
        np.where(first, values, forecast + gain * error),
        np.where(first, 0, trend + tilt * error),
        np.where(first & np.isnan(values), _UNSURE, wide * (1 - gain)),
        np.where(first & np.isnan(values), 0, both * (1 - gain)),
        np.where(first & np.isnan(values), _UNSURE, narrow - tilt * both),
    ]
    return forecast, np.stack(after, axis=-1)


def _like(row: Floats, complete: Floats, otherwise: Floats) -> Floats:
    complete = complete[~np.isnan(complete[:, 0])]
    if not len(complete):
        return otherwise
    there = ~np.isnan(row)
    spread = complete[:, there].std(axis=0)
    away = (complete[:, there] - row[there]) / np.where(spread > 0, spread, 1)
    nearest = np.argsort((away**2).sum(axis=1), kind="stable")[:_NEIGHBOURS]
    filled: Any = complete[nearest].mean(axis=0)
    return filled
