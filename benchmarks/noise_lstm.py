"""What outliers do to an LSTM's error, and what each treatment leaves of it.

    .venv/bin/python benchmarks/noise_lstm.py [0.03]

A made series has the rhythms of a day and a week, some noise, and spikes in 3 % of its rows, or in
the share that is given. The same small LSTM learns from it untreated and after each treatment of
`outliers`, and forecasts the next hour. Its error is that against the series without spikes, in
the last fifth, over hours that every treatment has; what it reads there was treated, too.
"""

import os
import statistics
import sys
from typing import Any, TypeAlias

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from numpy.typing import NDArray

from amml_runtime.batch import Batch
from amml_runtime.testing import batch_of, feed, make

Floats: TypeAlias = NDArray[np.float64]

SEEDS = (1, 2, 3)
ROWS, WINDOW, EPOCHS = 5000, 24, 8
SPIKES = float(sys.argv[1]) if len(sys.argv) > 1 else 0.03
QUIET: Any = 0  # the stubs know only words
TREATMENTS = ("none", "drop", "clip", "ema")


def series(seed: int) -> tuple[Floats, Floats]:
    """The series as it is, and with its spikes."""
    random, hours = np.random.default_rng(seed), np.arange(ROWS)
    day, week = np.sin(hours * 2 * np.pi / 24), np.sin(hours * 2 * np.pi / 168)
    clean = 20 + 5 * day + 3 * week + random.normal(0, 0.5, ROWS)
    hit = random.random(ROWS) < SPIKES
    spikes = random.choice([-1, 1], ROWS) * random.uniform(15, 40, ROWS)
    return clean, np.where(hit, clean + spikes, clean)


def treated(noisy: Floats, how: str) -> tuple[NDArray[np.int64], Floats]:
    """The hours that are left, and their values."""
    batch = batch_of({"_time": range(ROWS), "hour": range(ROWS), "x": noisy.tolist()})
    if how != "none":
        batch = Batch.concat(feed(make(f'outliers of=x, treat="{how}"'), [batch]))
    return batch.column("hour").to_numpy(), batch.column("x").to_numpy()


def forecasts(hours: NDArray[np.int64], values: Floats, seed: int) -> dict[int, float]:
    """Of each hour in the last fifth what the model says of it from the rows before it."""
    keras.utils.set_random_seed(seed)
    mean, std = values.mean(), values.std()
    scaled = ((values - mean) / std).astype(np.float32)
    rows = np.lib.stride_tricks.sliding_window_view(scaled, WINDOW)[:-1, :, None]
    target, hour = scaled[WINDOW:], hours[WINDOW:]
    first = hour < 0.8 * ROWS
    model = keras.Sequential([keras.layers.LSTM(16), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(0.003))
    model.fit(rows[first], target[first], epochs=EPOCHS, batch_size=64, verbose=QUIET)
    said = model.predict(rows[~first], verbose=QUIET)[:, 0] * std + mean
    return dict(zip(hour[~first].tolist(), said.tolist(), strict=True))


def errors(seed: int) -> dict[str, tuple[float, float]]:
    """RMSE and MAE after each treatment."""
    clean, noisy = series(seed)
    said = {how: forecasts(*treated(noisy, how), seed) for how in TREATMENTS}
    common = sorted(set.intersection(*(set(each) for each in said.values())))
    found: dict[str, tuple[float, float]] = {}
    for how, each in said.items():
        off = np.array([each[hour] for hour in common]) - clean[common]
        found[how] = float(np.sqrt(np.mean(off**2))), float(np.mean(np.abs(off)))
    return found


def main() -> None:
    """Print a row for each treatment: the mean over the seeds, and each seed's RMSE."""
    runs = [errors(seed) for seed in SEEDS]
    print("| treatment | RMSE | MAE | RMSE of each seed |\n|---|---|---|---|")
    for how in TREATMENTS:
        rmse, mae = (statistics.fmean(run[how][which] for run in runs) for which in (0, 1))
        each = ", ".join(f"{run[how][0]:.3f}" for run in runs)
        print(f"| {how} | {rmse:.3f} | {mae:.3f} | {each} |")


if __name__ == "__main__":
    main()
