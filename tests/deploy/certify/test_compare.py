"""The oracle: each kind of anomaly, planted by hand, is found as what it is."""

from collections.abc import Callable
from typing import Any

import pytest

from amml_deploy.certify.compare import Verdict, compare, compare_letters, passed_on
from amml_deploy.certify.edges import Edge, Level
from amml_deploy.certify.observed import Letter, Observed

Rows = list[dict[str, Any]]
Seen = Callable[..., Observed]
Make = Callable[..., Edge]
Numbered = Callable[[list[float]], Rows]


def counts(verdict: Verdict) -> tuple[int, int, int, int]:
    return verdict.lost, verdict.doubled, verdict.different, verdict.reordered


@pytest.fixture
def rows(numbered: Numbered) -> Rows:
    return numbered([1.5, 2.5, 3.5, 4.5])


def test_equal_rounds_are_clean(rows: Rows, seen: Seen, edge: Make) -> None:
    verdict = compare(edge(), seen(*rows), seen(*rows), ())
    assert (verdict.anomalies, verdict.expected, verdict.found) == (0, 4, 4)


def test_a_row_that_is_missing_is_lost(rows: Rows, seen: Seen, edge: Make) -> None:
    verdict = compare(edge(), seen(*rows), seen(*rows[1:]), ())
    assert counts(verdict) == (1, 0, 0, 0)
    assert '"v":1.5' in verdict.examples[0]


def test_a_row_that_is_there_twice_is_doubled(rows: Rows, seen: Seen, edge: Make) -> None:
    assert counts(compare(edge(), seen(*rows), seen(*rows, rows[2]), ())) == (0, 1, 0, 0)


def test_a_row_with_another_value_is_different(rows: Rows, seen: Seen, edge: Make) -> None:
    wrong = [*rows[:2], {**rows[2], "v": 9.0}, rows[3]]
    verdict = compare(edge(), seen(*rows), seen(*wrong), ())
    assert counts(verdict) == (0, 0, 1, 0)
    assert '"v":3.5' in verdict.examples[0] and '"v":9.0' in verdict.examples[0]


def test_two_rows_of_a_key_the_wrong_way_round_are_reordered(
    rows: Rows, seen: Seen, edge: Make
) -> None:
    swapped = [rows[1], rows[0], *rows[2:]]
    assert counts(compare(edge(), seen(*rows), seen(*swapped), ())) == (0, 0, 0, 2)
    assert not compare(edge(Level.ROWS), seen(*rows), seen(*swapped), ()).anomalies


def test_rows_of_different_keys_may_come_in_any_order(rows: Rows, seen: Seen, edge: Make) -> None:
    rows[1]["_key"] = "other"
    swapped = [rows[1], rows[0], *rows[2:]]
    assert not compare(edge(), seen(*rows), seen(*swapped), ()).anomalies


def test_numbers_may_differ_as_far_as_components_declare(
    rows: Rows, seen: Seen, edge: Make
) -> None:
    near = [{**row, "v": row["v"] * (1 + 1e-14)} for row in rows]
    assert not compare(edge(rtol=1e-12), seen(*rows), seen(*near), ()).anomalies
    assert compare(edge(rtol=1e-15), seen(*rows), seen(*near), ()).different == 4
    assert compare(edge(), seen(*rows), seen(*near), ()).different == 4


def test_where_only_some_columns_are_compared_others_may_differ(
    rows: Rows, seen: Seen, edge: Make
) -> None:
    other = [{**row, "mean": 1.0} for row in rows]
    counted = edge(Level.COUNTED)
    assert not compare(counted, seen(*rows), seen(*other), {"_time", "_key", "v"}).anomalies
    assert compare(counted, seen(*rows), seen(*other[1:]), {"_time", "_key", "v"}).lost == 1


def test_where_nothing_is_compared_a_broken_ledger_still_counts(
    rows: Rows, seen: Seen, edge: Make
) -> None:
    found = seen(*rows, ledger={"e": "message 3 of writer 0 is there twice"})
    verdict = compare(edge(Level.OPEN), seen(*rows[1:]), found, ())
    assert (verdict.anomalies, verdict.broken) == (1, 1)
    assert "message 3" in verdict.examples[0]


def test_a_column_is_passed_on_if_it_has_the_values_it_had_before(
    rows: Rows, seen: Seen, edge: Make
) -> None:
    before, after = Edge("before", "b", Level.ROWS), edge(Level.COUNTED)
    mine = seen(*({**row, "mean": row["v"] / 2} for row in rows))
    both = Observed(rows={"b": seen(*rows).rows["e"], "e": mine.rows["e"]})
    assert passed_on(after, both, [before]) == {"_time", "_key", "v"}


def test_dead_letters_are_compared_for_the_steps_that_are_named() -> None:
    refused, other = Letter("filter", "no number", b"{}"), Letter("mean", "late", b"{}")
    verdict = compare_letters([refused, other], [refused, refused], {"filter"})
    assert counts(verdict) == (0, 1, 0, 0)
    assert compare_letters([refused], [], {"filter"}).lost == 1
