"""`key`: rows keyed anew."""

import pytest

from amml_progress.key import Key
from amml_runtime.errors import WorkflowFault
from amml_runtime.testing import run


def test_the_key_of_one_column_is_its_text() -> None:
    assert run("key by=n", n=[1, None, 10], _key=["a", "b", None])["_key"] == ["1", None, "10"]
    assert run("key by=x", x=[1.0, 0.5], _key=[None, None])["_key"] == ["1", "0.5"]


def test_different_values_of_several_columns_never_make_one_key() -> None:
    keys = run("key a, b", a=["x,", "x", "x"], b=["y", ",y", None], _key=[None] * 3)["_key"]
    assert keys == ['["x,","y"]', '["x",",y"]', '["x",null]']


def test_its_rows_go_to_other_partitions() -> None:
    assert Key.rekeys


def test_a_missing_column_is_a_fault() -> None:
    with pytest.raises(WorkflowFault, match="no column `z`"):
        run("key by=z", x=[1])
