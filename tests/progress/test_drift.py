"""`drift`: changes are noticed where river notices them, whatever the keys and cuts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from river import drift as oracle
from scipy import stats

from amml_progress._shared import adwin, kswin, psi
from amml_progress._shared.kswin import Kswin
from amml_runtime.batch import Batch
from amml_runtime.event_time import from_micros, micros
from amml_runtime.laws import LAWS, Trial
from amml_runtime.packing import Floats
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run

METHODS = {
    "page_hinkley": "drift of=x, threshold=20",
    "adwin": 'drift of=x, method="adwin"',
    "kswin": 'drift of=x, method="kswin"',
    "psi": 'drift of=x, method="psi", window=100, reference=300',
}
SOON = {
    "page_hinkley": "drift of=x, threshold=3",
    "adwin": 'drift of=x, method="adwin", delta=0.9',
    "kswin": 'drift of=x, method="kswin", alpha=0.2, window=10, recent=4',
    "psi": 'drift of=x, method="psi", window=10, reference=10',
}


def normal(seed: int, rows: int = 3000) -> Floats:
    return np.random.Generator(np.random.Philox(seed)).normal(0, 1, rows)


def stepped(seed: int) -> Floats:
    """3,000 values, of which the middle third is higher by a standard deviation."""
    return normal(seed) + np.repeat([0.0, 1.0, 0.0], 1000)


def numbered(values: Floats, keys: Sequence[str | None] = (None,)) -> Batch:
    """Rows whose time is their number; the keys take turns."""
    names = [keys[row % len(keys)] for row in range(len(values))]
    batch = batch_of({"_key": names, "x": values.tolist()})
    return batch.with_times(from_micros(np.arange(len(values))))


def noticed(text: str, batch: Batch) -> list[int]:
    """The numbers of the rows that show a change."""
    found = make(text).process(batch, State(), NOW)
    return micros(found.times).tolist()


def noticed_by(detector: Any, values: Floats) -> list[int]:
    found: list[int] = []
    for row, value in enumerate(values.tolist()):
        detector.update(value)
        if detector.drift_detected:
            found.append(row)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_page_hinkley_notices_the_same_rows_as_river(seed: int) -> None:
    found = noticed("drift of=x, threshold=20, delta=0.05", numbered(stepped(seed)))
    assert found == noticed_by(oracle.PageHinkley(threshold=20, delta=0.05), stepped(seed))
    assert len(found) >= 2


@pytest.mark.parametrize("seed", range(4))
def test_adwin_notices_the_same_rows_as_river(seed: int) -> None:
    found = noticed(METHODS["adwin"], numbered(stepped(seed)))
    assert found == noticed_by(oracle.ADWIN(clock=16), stepped(seed))
    assert len(found) == 2


def test_kswin_notices_what_river_does_without_the_alarms_of_its_random_samples() -> None:
    values = stepped(3)[:1500]
    expected = noticed_by(oracle.KSWIN(0.001, seed=1), values)
    (found,) = noticed('drift of=x, method="kswin", alpha=0.001', numbered(values))
    assert 1000 < found < 1060
    assert len([row for row in expected if row < 1000]) >= 2  # nothing has changed yet


def test_the_distance_of_kswin_is_that_of_scipy() -> None:
    windows = normal(1, 2000).round(1).reshape(20, 100)  # rounded: with many equal values
    expected = [stats.ks_2samp(row[:70], row[70:])[0] for row in windows]
    assert kswin.distance(windows, 30) == pytest.approx(expected)


def test_the_threshold_of_kswin_is_exceeded_with_probability_alpha() -> None:
    windows = normal(2, 400_000).reshape(4000, 100)
    exceeded = (kswin.distance(windows, 30) > Kswin(alpha=0.05).threshold).mean()
    assert 0.03 < exceeded < 0.05  # the limit is that of long samples, for these on the safe side


def test_psi_compares_every_window_with_the_reference() -> None:
    values = normal(3, 700) + np.repeat([0.0, 1.0], [500, 200])
    edges = np.quantile(values[:300], np.arange(1, 10) / 10)
    shares: list[Floats] = []
    for start, end in ((0, 300), (300, 400), (400, 500), (500, 600)):
        counts = np.bincount(np.searchsorted(edges, values[start:end], "right"), minlength=10)
        shares.append((counts + 0.5) / (counts.sum() + 5))
    expected = [((now - shares[0]) * np.log(now / shares[0])).sum() for now in shares[1:]]
    (row,) = make(METHODS["psi"]).process(numbered(values), State(), NOW).to_rows()
    assert max(expected[:2]) < 0.2 < expected[2]
    assert row["statistic"] == pytest.approx(expected[2], rel=1e-12)
    assert noticed(METHODS["psi"], numbered(values)) == [599]


@pytest.mark.parametrize("method", METHODS)
def test_a_change_of_one_key_is_no_change_of_another(method: str) -> None:
    shifted, even = stepped(5), normal(6)
    both = np.stack([shifted, even], axis=1).ravel()
    alone = noticed(METHODS[method], numbered(shifted))
    found = make(METHODS[method]).process(numbered(both, ["a", "b"]), State(), NOW).to_rows()
    assert [row["_time"].microsecond // 2 for row in found if row["_key"] == "a"] == alone
    assert len(alone) >= 2
    assert len([row for row in found if row["_key"] == "b"]) < len(alone)


@pytest.mark.parametrize("method", METHODS)
def test_cuts_change_nothing_of_it(method: str) -> None:
    batch = numbered(stepped(7)[500:2500], ["a", None])
    pieces = [batch.slice(start, 7) for start in range(0, batch.rows, 7)]
    whole = Batch.concat(feed(make(METHODS[method]), [batch]))
    assert Batch.concat(feed(make(METHODS[method]), pieces)).to_rows() == whole.to_rows()


@pytest.mark.parametrize("method", SOON)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_every_law_holds_for_every_method(law: Any, method: str) -> None:
    values = normal(8, 90) + np.repeat([0.0, 9.0, 0.0], 30)
    values[::11] = np.nan
    batch = numbered(values, ["a", "a", ""])
    law(Trial(lambda: make(SOON[method]), batch, [1, 20, 20, 61]))
    assert make(SOON[method]).process(batch, State(), NOW).rows  # or nothing was tried


def test_rows_tell_what_changed_how_far() -> None:
    found = make("drift of=[x, y], threshold=5").process(
        batch_of({"_key": ["a"] * 60, "x": [0.0] * 60, "y": [0.0] * 40 + [9.0] * 20}), State(), NOW
    )
    (first, *_) = found.to_rows()
    assert (first["_key"], first["column"], first["method"]) == ("a", "y", "page_hinkley")
    assert first["statistic"] > first["threshold"] == 5.0
    assert found.names == ["column", "method", "statistic", "threshold"]
    assert {row["column"] for row in found.to_rows()} == {"y"}


def test_what_is_no_number_is_left_out() -> None:
    values = np.repeat(stepped(9), 2)
    values[1::2] = np.inf
    found = noticed(METHODS["adwin"], numbered(values))
    assert [row // 2 for row in found] == noticed(METHODS["adwin"], numbered(stepped(9)))


def test_the_memory_of_adwin_grows_with_the_logarithm_of_its_rows() -> None:
    window: adwin.Window = adwin.grown([], normal(10, 20_000).tolist())
    assert max(map(len, window)) <= 5
    assert len(window) <= np.log2(20_000)


def test_adwin_tells_the_cut_where_the_means_are_most_too_far_apart() -> None:
    values = normal(13, 1040) / 100 + np.repeat([0.0, 3.0], [1024, 16])
    (row,) = make(METHODS["adwin"]).process(numbered(values), State(), NOW).to_rows()
    assert row["statistic"] == pytest.approx(3.0, abs=0.01)


def test_two_windows_of_adwin_make_one_of_all_their_values() -> None:
    values = normal(11, 2000) + np.repeat([0.0, 3.0], 1000)
    merged = adwin.merge(
        adwin.grown([], values[:1000].tolist()), adwin.grown([], values[1000:].tolist())
    )
    count, total, squares = adwin.moments(merged)
    assert (count, total) == (2000, pytest.approx(values.sum()))
    assert squares == pytest.approx(values.var() * 2000)
    assert adwin.Adwin().cut(merged) is not None


def test_two_windows_of_kswin_make_that_of_the_whole_stream() -> None:
    values = normal(12, 130)
    start = np.concatenate([np.full(40, np.nan), values[:60]])
    assert (kswin.merge(start, values[30:]) == values[30:]).all()
    assert kswin.merge(values[:100], np.array([np.nan, 1.0])).tolist() == [*values[1:100], 1.0]


def test_counts_of_different_references_are_not_added_up() -> None:
    one: psi.Memory = {"edges": [1.0], "reference": [1.0, 2.0], "counts": [1.0, 0.0]}
    with pytest.raises(ValueError, match="same reference"):
        psi.merge(one, {**one, "edges": [2.0]})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('drift of=x, method="ddm"', "`method` is 'ddm'"),
        ("drift of=x, alpha=0.1", "`alpha` is none of page_hinkley's: delta, threshold"),
        ("drift of=x, threshold=0", "`threshold` is 0"),
        ('drift of=x, method="adwin", delta=1', "`delta` is 1"),
        ('drift of=x, method="kswin", window=20', "`recent` is 30"),
        ('drift of=x, method="psi", reference=5', "`reference` is 5"),
    ],
)
def test_wrong_arguments_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(text)


def test_the_dry_run_knows_the_columns() -> None:
    schema = run("drift of=x", x=[1.0])
    empty = make("drift of=x").process(numbered(normal(1, 1)).slice(0, 0), State(), NOW)
    assert schema == {}
    assert empty.schema.field("statistic").type == pa.float64()
