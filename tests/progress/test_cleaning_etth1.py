"""What cleaning finds in a real series from which rows were taken and whose values were moved."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest
from numpy.typing import NDArray

from amml_runtime.batch import TIME_TYPE, Batch
from amml_runtime.event_time import micros
from amml_runtime.testing import feed, make_flow

ROOT = Path(__file__).resolve().parents[2]
SEEDS = range(1, 6)
MISSING, MOVED, BY = 0.05, 0.01, 8


@dataclass(frozen=True)
class Damaged:
    """The series as measured, which of its rows are left, and what was done to their values."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]
    left: NDArray[np.bool_]
    moved: NDArray[np.bool_]
    given: NDArray[np.float64]

    def batch(self, values: NDArray[np.float64]) -> Batch:
        """The rows that are left."""
        times = pa.array(self.times[self.left]).cast(TIME_TYPE)
        return Batch(pa.RecordBatch.from_pydict({"_time": times, "OT": values[self.left]}))


@pytest.fixture(scope="module")
def etth1() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    folder = Path(os.environ.get("AMML_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "ETTh1.csv").is_file():
        pytest.skip("ETTh1.csv is not in the folder that AMML_DATA names")
    table = csv.read_csv(folder / "ETTh1.csv")
    times = table["date"].combine_chunks().cast(TIME_TYPE)
    return micros(times), table["OT"].to_numpy()


def damaged(etth1: Any, seed: int) -> Damaged:
    """5 % of the rows away, 1 % of the others moved by 8 to 12 local standard deviations."""
    times, values = etth1
    random = np.random.default_rng(seed)
    left = random.random(len(values)) >= MISSING
    left[[0, -1]] = True
    spread = local_std(values)
    movable = np.flatnonzero(
        left & (spread > 0)
    )  # where the sensor hung, 8 times nothing is no move
    at = random.choice(movable, int(MOVED * left.sum()), replace=False)
    moved = np.zeros(len(values), bool)
    moved[at] = True
    given = values.copy()
    given[at] += random.choice([-1, 1], len(at)) * random.uniform(BY, 12, len(at)) * spread[at]
    return Damaged(times, values, left, moved, given)


def local_std(values: NDArray[np.float64], hours: int = 24) -> NDArray[np.float64]:
    """The standard deviation of the day around each value."""
    padded = np.pad(values, (hours // 2, hours // 2 - 1), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, hours).std(axis=1)


def through(text: str, batch: Batch) -> Batch:
    """What a flow makes of a batch, which comes in pieces."""
    batches = [batch.slice(start, 4000) for start in range(0, batch.rows, 4000)]
    for step in make_flow(text):
        batches = feed(step, batches)
    return Batch.concat(batches)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_period_is_one_hour_and_every_gap_is_found(etth1: Any, seed: int) -> None:
    series = damaged(etth1, seed)
    found = through("period | gaps", series.batch(series.given))
    periods = set(found.column("period").drop_null().to_pylist())
    assert periods == {timedelta(hours=1)}
    assert (micros(found.times) == series.times).all()
    assert (np.array(found.column("missing").to_pylist()) == ~series.left).all()


@pytest.mark.parametrize("method", ["linear", "seasonal"])
def test_imputing_from_the_neighbourhood_beats_the_mean(etth1: Any, method: str) -> None:
    for seed in SEEDS:
        series = damaged(etth1, seed)

        def rmse(method: str, series: Damaged = series) -> float:
            text = f'gaps period=1h | impute of=OT, method="{method}"'
            found = through(text, series.batch(series.values)).column("OT").to_numpy()
            return float(np.sqrt(np.mean((found - series.values)[~series.left] ** 2)))

        assert rmse(method) < rmse("mean")


def test_spikes_are_found_with_precision_and_recall(etth1: Any) -> None:
    hits = found_ = there = 0
    for seed in SEEDS:
        series = damaged(etth1, seed)
        marks = through("outliers of=OT", series.batch(series.given)).column("OT_outlier")
        found = np.array(marks.to_pylist())
        moved = series.moved[series.left]
        hits += (found & moved).sum()
        found_ += found.sum()
        there += moved.sum()
    assert hits / found_ > 0.95, "precision"
    assert hits / there > 0.95, "recall"
