"""`anomaly`: what is planted is found, by nothing but the rows before."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from amml_progress._shared.scores import LEVEL, TREND
from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.laws import Trial, agree, outcome_of
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run

Floats = NDArray[np.float64]
METHODS = ("zscore", "iqr", "mad", "forecast", "half_space_trees")


def drawn(seed: int, count: int) -> tuple[np.random.Generator, Floats]:
    random = np.random.Generator(np.random.Philox(seed))
    return random, random.normal(20, 0.5, count)


def daily(count: int = 6000) -> tuple[Floats, NDArray[np.bool_]]:
    """A sensor's days with noise, and spikes of 8 to 12 of its standard deviations in 1 % of it."""
    random, values = drawn(7, count)
    values += 5 * np.sin(2 * np.pi * np.arange(count) / 1440)
    planted = np.zeros(count, bool)
    planted[random.choice(np.arange(100, count), count // 100, replace=False)] = True
    spikes = random.choice([-1, 1], count) * random.uniform(4, 6, count)
    return values + np.where(planted, spikes, 0), planted


def scored(text: str, **columns: Any) -> tuple[Floats, NDArray[np.bool_]]:
    rows = Batch.concat(feed(make(text), [batch_of(columns)])).data
    scores, anomalies = rows.columns[-2:]
    return np.array(scores.to_pylist(), float), np.array(anomalies.to_pylist(), bool)


def area(scores: Floats, planted: NDArray[np.bool_]) -> float:
    """Of all pairs of a planted row and another, how many are in the right order."""
    order = np.argsort(np.argsort(scores))
    few = int(planted.sum())
    return float((order[planted].sum() - few * (few - 1) / 2) / (few * (len(scores) - few)))


@pytest.mark.parametrize("method", ["zscore", "iqr", "forecast"])
def test_spikes_are_found_and_little_else(method: str) -> None:
    values, planted = daily()
    _, found = scored(f'anomaly of=x, method="{method}"', x=values.tolist())
    assert (found & planted).sum() / found.sum() > 0.95
    assert (found & planted).sum() / planted.sum() > 0.95


def test_the_median_finds_all_spikes_and_some_noise() -> None:
    values, planted = daily()
    scores, found = scored('anomaly of=x, method="mad"', x=values.tolist())
    assert found[planted].all()
    assert area(scores[10:], planted[10:]) > 0.999


def test_trees_find_rows_off_both_clusters_as_rivers_do() -> None:
    from river.anomaly import HalfSpaceTrees

    random, _ = drawn(3, 0)
    a, b = (np.repeat([0.0, 5.0], 700) + random.normal(0, 0.5, 1400) for _ in range(2))
    order = random.permutation(1400)
    a, b = a[order], b[order]
    planted = np.zeros(1400, bool)
    planted[random.choice(np.arange(600, 1400), 30, replace=False)] = True
    b[planted] = 5 - a[planted]
    scores, found = scored(
        'anomaly of=[a, b], method="half_space_trees"', a=a.tolist(), b=b.tolist()
    )
    trees, theirs = HalfSpaceTrees(seed=1), list[float]()
    for row in zip((a + 2) / 9, (b + 2) / 9, strict=True):
        theirs.append(trees.score_one(dict(enumerate(row))))
        trees.learn_one(dict(enumerate(row)))
    ours = area(scores[500:], planted[500:])
    assert ours > 0.99
    assert ours > area(np.array(theirs[500:]), planted[500:]) - 0.005
    assert np.isnan(scores[:500]).all() and not found[:500].any()
    assert (found & planted).sum() / found.sum() > 0.9


@pytest.mark.parametrize("method", METHODS)
def test_cuts_restarts_and_aborts_leave_no_trace(method: str) -> None:
    random, values = drawn(5, 90)
    values[random.random(90) < 0.1] = np.nan
    keys = [f"k{n}" if n else None for n in random.integers(0, 2, 90).tolist()]
    batch = batch_of({"x": values.tolist(), "y": values[::-1].tolist(), "_key": keys})
    text = f'anomaly of=[x, y], method="{method}", window=10, threshold=1.5'
    trial = Trial(lambda: make(text), batch, [1, 17, 17, 60])
    whole = outcome_of(trial, [batch])
    agree(trial, outcome_of(trial, trial.pieces, abort=True), whole)
    singly = [batch.slice(row, 1) for row in range(90)]
    agree(trial, outcome_of(trial, singly, lambda state: State(dict(state))), whole)
    assert any(row["x_score" if method != METHODS[-1] else "x_y_score"] for row, _ in whole.rows)


def test_the_zscore_is_that_of_a_plain_loop() -> None:
    _, values = drawn(1, 300)
    values[100:105] += 10
    scores, _ = scored("anomaly of=x, window=20", x=values.tolist())
    number, mean, variance = 0, 0.0, 0.0
    for value, score in zip(values, scores, strict=True):
        off, std = value - mean, variance**0.5
        if number >= 10:
            assert score == pytest.approx(abs(off) / std, rel=1e-9)
            off = min(max(off, -4 * std), 4 * std)
        weight = max(1 / (number + 1), 2 / 21)
        variance = (1 - weight) * (variance + weight * off**2)
        number, mean = number + 1, mean + weight * off


def test_the_forecast_is_holts() -> None:
    values = np.linspace(0, 100, 200) + drawn(2, 200)[1]
    scores, _ = scored('anomaly of=x, method="forecast", threshold=1e6', x=values.tolist())
    level, trend, errors = values[0], 0.0, list[float]()
    for value in values[1:]:
        errors.append(value - (level + trend))
        level, trend = level + trend + LEVEL * errors[-1], trend + LEVEL * TREND * errors[-1]
    assert np.corrcoef(scores[50:], np.abs(errors[49:]))[0, 1] > 0.9
    assert abs(np.mean(errors[100:])) < 0.2


@pytest.mark.parametrize("method", ["mad", "iqr"])
def test_medians_and_quartiles_are_numpys(method: str) -> None:
    _, values = drawn(4, 60)
    scores, _ = scored(f'anomaly of=x, method="{method}", window=20', x=values.tolist())
    for row in range(10, 60):
        before = values[max(0, row - 20) : row]
        low, median, high = np.quantile(before, [0.25, 0.5, 0.75])
        if method == "mad":
            unit = np.median(np.abs(before - median))
            expected = 0.6745 * abs(values[row] - median) / unit
        else:
            expected = max(low - values[row], values[row] - high, 0) / (high - low)
        assert scores[row] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("method", METHODS[:4])
def test_a_new_level_is_unusual_at_first_and_then_is_not(method: str) -> None:
    _, values = drawn(6, 500)
    values[200:] += 50
    _, found = scored(f'anomaly of=x, method="{method}"', x=values.tolist())
    assert found[200] and not found[400:].mean() > 0.05


@pytest.mark.parametrize("method", METHODS[:4])
def test_values_that_never_changed_make_a_change_unusual(method: str) -> None:
    scores, found = scored(f'anomaly of=x, method="{method}"', x=[20.0] * 50 + [20.1, 20.0])
    assert found.tolist()[49:51] == [False, True]
    assert np.isfinite(scores[10:]).all()


def test_a_prediction_is_what_the_forecast_lies_off() -> None:
    random, values = drawn(8, 300)
    predicted = values + random.normal(0, 0.01, 300)
    predicted[250] += 1
    scores, found = scored(
        'anomaly of=x, method="forecast"', x=values.tolist(), x_pred=predicted.tolist()
    )
    assert found[250] and scores[250] == scores[10:].max()


def test_what_is_no_number_has_no_score_and_is_not_remembered() -> None:
    values: list[float | None] = [20.0, 21.0] * 6
    plain = run("anomaly of=x", x=[*values, 30.0])
    gaps = run("anomaly of=x", x=[*values, None, float("nan"), float("inf"), 30.0])
    assert gaps["x_score"][-4:] == [None, None, None, plain["x_score"][-1]]
    assert gaps["x_anomaly"][-4:] == [False, False, False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('anomaly method="magic"', "there are zscore, iqr"),
        ("anomaly threshold=0", "expected above 0"),
        ("anomaly window=5", "expected 10 to 1000"),
        ("anomaly window=0", "expected 10 to 1000"),
        ('anomaly method="half_space_trees", window=256', "expected 10 to 255"),
        ("anomaly seed=-1", "negative"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(text)


def test_another_method_begins_afresh() -> None:
    batch, state = batch_of({"x": [20.0, 21.0] * 10, "y": [1.0] * 20}), State()
    for text in ("x", 'x, method="mad"', "[x, y]", 'x, method="half_space_trees"'):
        output = make(f"anomaly of={text}").process(batch, state, NOW)
        assert set(output.column("x_score").to_pylist()[:10]) == {None}


def test_a_column_of_text_is_a_fault() -> None:
    with pytest.raises(WorkflowFault, match="column `value` is string"):
        run("anomaly", value=["a"])
