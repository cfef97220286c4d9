"""Inputs that a model takes from a row's time, the same in training and in prediction."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]

_DAY = 86_400_000_000  # microseconds


def columns(times: NDArray[np.datetime64], features: Sequence[str]) -> list[Floats]:
    """Two columns a feature: sine and cosine of where the time stands in its cycle (UTC).

    A circle has no jump at midnight or at the end of the year. NaN where there is no time.

    >>> noon = np.array(["2016-07-01T12:00"], "datetime64[us]")
    >>> [round(float(column[0]), 6) for column in columns(noon, ["hour"])]
    [0.0, -1.0]
    """
    found: list[Floats] = []
    missing = np.isnat(times)
    for name in features:
        angle = 2 * np.pi * FEATURES[name](times)
        angle[missing] = np.nan
        found += [np.sin(angle).astype(np.float32), np.cos(angle).astype(np.float32)]
    return found


def _hour(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    return (times.astype(np.int64) % _DAY) / _DAY


def _day_of_week(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    days = times.astype(np.int64) // _DAY
    return (days + 3) % 7 / 7  # the first day of the epoch was a Thursday


def _month(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    return times.astype("datetime64[M]").astype(np.int64) % 12 / 12


FEATURES: dict[str, Callable[[NDArray[Any]], NDArray[np.float64]]] = {
    "hour": _hour,  # of the day, minutes included
    "day_of_week": _day_of_week,
    "month": _month,
}
