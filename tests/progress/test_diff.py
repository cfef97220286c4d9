"""`diff`: the change from an earlier row of the same key."""

from amml_runtime.testing import run


def test_keys_are_apart() -> None:
    found = run("diff of=x", x=[1, 10, 4, 30], _key=["a", None, "a", None])
    assert found["x_diff"] == [None, None, 3.0, 20.0]


def test_a_season_is_taken_out() -> None:
    found = run("diff of=x, by=3", x=[1.0, 5.0, 9.0, 2.0, 6.0, 10.0])
    assert found["x_diff"] == [None, None, None, 1.0, 1.0, 1.0]


def test_what_is_no_number_gives_null() -> None:
    found = run("diff of=x", x=[1.0, float("inf"), float("inf"), 1e308, -1e308, -1e308])
    assert found["x_diff"] == [None, None, None, None, None, 0.0]
