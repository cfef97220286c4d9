"""`eval`: columns computed from left to right."""

import pytest

from amml_runtime.testing import batch_of, feed, make, run


def test_a_later_column_sees_an_earlier_one() -> None:
    found = run("eval x = x + 1, y = x * 10", x=[1, None], z=["a", "b"])
    assert found == {"x": [2, None], "z": ["a", "b"], "y": [20, None]}


def test_a_constant_fills_the_column() -> None:
    assert run('eval unit = "ppm", none = null', x=[1, 2])["unit"] == ["ppm", "ppm"]


def test_a_computed_column_drops_its_metadata() -> None:
    batch = batch_of({"x": [0.5], "y": [0.5]})
    for name in ("x", "y"):
        batch = batch.with_column(name, batch.column(name), {"kind": "minmax"})
    (found,) = feed(make("eval x = x"), [batch])
    assert (found.meta("x"), found.meta("y")) == ({}, {"kind": "minmax"})


@pytest.mark.parametrize("name", ["_time", "_key"])
def test_time_and_key_are_not_computed(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` is set by the source"):
        make(f"eval {name} = x")
