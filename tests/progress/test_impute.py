"""`impute`: what fills a missing value, and when it can be known."""

from typing import Any

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.laws import Trial, cuts_leave_no_trace, state_survives_a_restart
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run

METHODS = "previous mean median linear spline seasonal kalman knn".split()


def series(rows: int, keys: int = 1, missing: float = 0.2) -> dict[str, list[Any]]:
    random = np.random.default_rng(rows + keys)

    def column() -> list[float | None]:
        values = np.cumsum(random.normal(0, 1, rows)).tolist()
        return [None if random.random() < missing else value for value in values]

    steps = np.cumsum(random.integers(1, 5, rows)).tolist()
    names = [f"k{n}" if n else None for n in random.integers(0, keys, rows).tolist()]
    return {"_time": steps, "_key": names, "a": column(), "b": column()}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("keys", [1, 7])
def test_cuts_and_restarts_leave_no_trace(method: str, keys: int) -> None:
    batch = batch_of(series(120, keys))
    text = f'impute method="{method}", last=6, season=5, most=3'
    trial = Trial(lambda: make(text), batch, [1, 2, 3, 40, 40, 90, 119])
    cuts_leave_no_trace(trial)
    state_survives_a_restart(trial)


@pytest.mark.parametrize("method", METHODS)
def test_values_that_are_there_stay_and_rows_keep_their_order(method: str) -> None:
    given = series(200, 3)
    output = Batch.concat(feed(make(f'impute method="{method}"'), [batch_of(given)]))
    for key in ("k1", "k2", None):
        mine = [row for row in output.to_rows() if row["_key"] == key]
        before = [n for n, each in enumerate(given["_key"]) if each == key]
        assert len(mine) == len(before)
        for row, n in zip(mine, before, strict=True):
            assert given["a"][n] in (None, row["a"])
            assert given["b"][n] in (None, row["b"])


def test_linear_lies_on_the_line_between_the_values_around() -> None:
    given = series(300)
    found = run("impute", None, None, **given)
    times, known = np.array(given["_time"]), np.array(given["a"], float)
    there = ~np.isnan(known)
    inner = slice(np.flatnonzero(there)[0], np.flatnonzero(there)[-1])
    expected = np.interp(times, times[there], known[there])
    assert found["a"][inner] == pytest.approx(expected[inner])


def test_spline_is_the_cubic_through_two_values_on_each_side() -> None:
    given = {"_time": [0, 1, 3, 4, 6, 9], "a": [1.0, 2.0, None, None, 5.0, 3.0]}
    x, y = np.array([0, 1, 6, 9]), np.array([1.0, 2, 5, 3])
    slopes = [(y[2] - y[0]) / (x[2] - x[0]), (y[3] - y[1]) / (x[3] - x[1])]
    expected = CubicHermiteSpline(x[1:3], y[1:3], slopes)([3, 4])
    assert run('impute method="spline"', None, None, **given)["a"][2:4] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("previous", [1.0, 2.0, 2.0, 6.0, 6.0]),
        ("mean", [1.0, 2.0, 1.5, 6.0, 3.0]),
        ("median", [1.0, 2.0, 1.5, 6.0, 2.0]),
        ("seasonal", [1.0, 2.0, 1.0, 6.0, 1.0]),
    ],
)
def test_the_simple_ways_by_hand(method: str, expected: list[float]) -> None:
    found = run(f'impute method="{method}", season=2', a=[1.0, 2.0, None, 6.0, None])
    assert found == {"a": expected, "imputed": [False, False, True, False, True]}


def test_kalman_goes_on_along_a_trend() -> None:
    found = run('impute method="kalman"', a=[*map(float, range(100)), None, None])
    assert found["a"][-2:] == pytest.approx([100, 101], abs=0.1)


def test_knn_looks_at_the_other_columns() -> None:
    random = np.random.default_rng(1)
    b = random.normal(0, 1, 60).tolist()
    found = run('impute method="knn"', a=[3 * each for each in b] + [None], b=[*b, 0.5])
    assert found["a"][-1] == pytest.approx(1.5, abs=0.5)


def test_what_has_nothing_before_it_stays_null_and_does_not_wait() -> None:
    found = run("impute", _time=[0, 1, 2], a=[None, 2.0, 3.0])
    assert (found["a"], found["imputed"]) == ([None, 2.0, 3.0], [False] * 3)


def test_a_row_waits_for_no_more_than_most_rows() -> None:
    state, step = State(), make("impute of=a, most=2")
    before = step.process(batch_of({"_time": [0, 1, 2], "a": [1.0, None, None]}), state, NOW)
    later = batch_of({"_time": [3, 9], "a": [None, 1.0]}).slice(0, 1)
    after = step.process(later, state, NOW)
    assert before.column("a").to_pylist() == [1.0]
    assert (after.column("a").to_pylist(), after.column("imputed").to_pylist()) == ([1.0], [True])


def test_a_filled_column_keeps_its_scale() -> None:
    text = "minmax_scaler of=a, min=0, max=4 | impute of=a | minmax_inverse"
    assert run(text, _time=[0, 1, 2], a=[1.0, None, 3.0])["a"] == [1.0, 2.0, 3.0]


def test_rows_filled_before_stay_marked() -> None:
    text = 'impute of=a | impute of=b, method="previous"'
    found = run(text, _time=[0, 1, 2], a=[1.0, None, 3.0], b=[1.0, 1.0, None])
    assert found["imputed"] == [False, True, True]


def test_nan_is_missing() -> None:
    assert run("impute", _time=[0, 1, 2], a=[1.0, float("nan"), 3.0])["a"] == [1.0, 2.0, 3.0]


def test_no_rows_have_the_columns_that_rows_will_have() -> None:
    for method in METHODS:
        empty = make(f'impute method="{method}"').process(
            batch_of({"a": [1], "name": ["x"]}).slice(0, 0), State(), NOW
        )
        assert empty.names == ["a", "name", "imputed"]


def test_text_is_no_number() -> None:
    with pytest.raises(WorkflowFault, match="numbers are needed"):
        run("impute of=a", a=["x"])


@pytest.mark.parametrize("text", ['impute method="magic"', "impute most=0", "impute season=0"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="method|above 0"):
        make(text)


def test_many_keys_are_as_each_alone() -> None:
    given = batch_of(series(400, 20))
    alone = Batch.from_rows(row for row in given.to_rows() if row["_key"] == "k3")
    for method in METHODS:
        step = make(f'impute method="{method}"')
        mine, among = (Batch.concat(feed(step, [rows])).to_rows() for rows in (alone, given))
        assert [row for row in among if row["_key"] == "k3"] == mine
