"""`select`: columns in the order given, time and key beside them."""

import pytest

from amml_runtime.errors import WorkflowFault
from amml_runtime.testing import batch_of, feed, make, run


def test_time_and_key_stay_and_so_does_metadata() -> None:
    batch = batch_of({"_key": ["k"], "x": [1.0], "y": [2.0]})
    batch = batch.with_column("y", batch.column("y"), {"kind": "minmax"})
    (found,) = feed(make("select y"), [batch])
    assert found.to_rows() == [{"_time": None, "_key": "k", "y": 2.0}]
    assert found.meta("y") == {"kind": "minmax"}


def test_time_may_be_named() -> None:
    assert run("select _time, x", x=[1], y=[2]) == {"x": [1]}


def test_a_missing_column_is_named_beside_those_there_are() -> None:
    with pytest.raises(WorkflowFault, match="no column `z`; there are: x, y"):
        run("select z", x=[1], y=[2])
