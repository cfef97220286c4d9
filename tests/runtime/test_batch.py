"""A batch keeps its rows, its `_time` and `_key`, and its columns' metadata."""

import pyarrow as pa
import pytest

from amml_runtime.batch import KEY, TIME, Batch
from amml_runtime.errors import BatchesDiffer

SCALED = {"kind": "minmax", "min": 0.0, "max": 40.0}


def batch() -> Batch:
    return Batch.from_rows([{"a": 1, "b": 2.0}, {"a": 3, "b": None}])


def test_time_and_key_are_always_there_and_first() -> None:
    made = Batch(pa.RecordBatch.from_pydict({"a": pa.array([1]), KEY: pa.array(["k"])}))
    assert made.schema.names == [TIME, KEY, "a"]
    assert made.keys.to_pylist() == ["k"]
    assert made.times.to_pylist() == [None]


def test_time_and_key_survive_select_and_drop() -> None:
    assert batch().select(["b"]).schema.names == [TIME, KEY, "b"]
    assert batch().drop(["a", "b"]).schema.names == [TIME, KEY]
    assert batch().drop(["a", "b"]).rows == 2


def test_a_column_keeps_its_metadata_until_it_is_computed() -> None:
    scaled = batch().with_column("a", pa.array([0.1, 0.2]), SCALED)
    assert scaled.filter(pa.array([True, False])).meta("a") == SCALED
    assert scaled.select(["a"]).meta("a") == SCALED
    assert scaled.with_column("a", pa.array([1.0, 2.0])).meta("a") == {}


def test_a_replaced_column_stays_in_its_place() -> None:
    assert batch().with_column("a", pa.array([9, 9])).names == ["a", "b"]


def test_concat_refuses_unequal_metadata_and_names_the_column() -> None:
    scaled = batch().with_column("a", pa.array([1, 3]), SCALED)
    with pytest.raises(BatchesDiffer, match="column `a` carries"):
        Batch.concat([batch(), scaled])


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (Batch.from_rows([{"a": 1}]), "`b` is missing"),
        (Batch.from_rows([{"a": 1, "b": 2.0, "c": 3}]), "`c` was not there before"),
        (Batch.from_rows([{"a": 1, "b": 2}]), "`b` is int64, expected double"),
        (Batch.from_rows([{"b": 1.0, "a": 2}]), "another order"),
    ],
)
def test_concat_names_what_differs(other: Batch, says: str) -> None:
    with pytest.raises(BatchesDiffer, match=says):
        Batch.concat([batch(), other])


def test_concat_keeps_order_and_metadata() -> None:
    scaled = batch().with_column("a", pa.array([1, 3]), SCALED)
    joined = Batch.concat([scaled, scaled.slice(1)])
    assert joined.column("a").to_pylist() == [1, 3, 3]
    assert joined.meta("a") == SCALED
