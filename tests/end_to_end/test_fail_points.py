"""Every step of a workflow killed at every place of the transaction, and the rows still exact."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.platform, pytest.mark.train]

Flow = Any  # what the fixtures of conftest.py give, which tests do not import
Trained = Any
Rows = list[dict[str, Any]]
Flows = Callable[[str], Flow]
RowsOf = Callable[[str], Rows]

PLACES = ["after_begin:1", "after_produce:1", "before_commit:1", "after_commit:1"]
LATER = PLACES[-1:] + PLACES[:-1]  # the first life leaves state for the others to restore
SLOW_LOADS = (
    "normalsource rows=6000, rate=3000 | eval OT = 20 + 9 * value, HUFL = value, HULL = value + 1, "
    "MUFL = value * 2, MULL = value - 1, LUFL = value / 2, LULL = 3 | "
)


@pytest.mark.long
def test_prediction_is_exact_though_every_step_dies_at_every_place(
    trained: Trained, undisturbed: RowsOf, flows: Flows
) -> None:
    text = trained.names.prediction()
    rows = rows_of(flows(text), PLACES)
    assert list(map(repr, rows)) == list(map(repr, undisturbed(text))), "bit for bit"


@pytest.mark.long
def test_prediction_is_exact_though_every_step_dies_with_state_to_restore(
    trained: Trained, undisturbed: RowsOf, flows: Flows
) -> None:
    text = SLOW_LOADS + trained.names.prediction().partition(" | ")[2]
    rows = rows_of(flows(text), LATER)
    assert list(map(repr, rows)) == list(map(repr, undisturbed(text))), "bit for bit"


@pytest.mark.long
@pytest.mark.parametrize(
    "rate",
    [pytest.param(None, id="at once"), pytest.param(5000, id="with state to restore")],
)
def test_statistics_are_exact_though_every_step_dies_at_every_place(
    stats: str, undisturbed: RowsOf, flows: Flows, rate: int | None
) -> None:
    paced = stats.replace("000 ", f"000, rate={rate} ") if rate else stats
    rows, expected = rows_of(flows(paced), LATER if rate else PLACES), undisturbed(stats)
    assert len(rows) == len(expected) == 30_000
    assert Counter(row["value"] for row in rows) == Counter(row["value"] for row in expected)
    for name in ("value_mean", "value_std"):
        assert math.isclose(rows[-1][name], expected[-1][name], rel_tol=1e-12)


def rows_of(flow: Flow, places: list[str]) -> Rows:
    """What `print` reads after each step has died at all of the places."""
    labels = [step.label for step in flow.plan.steps]
    assert flow.run(**dict.fromkeys(labels, places)) == dict.fromkeys(labels, len(places))
    return flow.rows()
