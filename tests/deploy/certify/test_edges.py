"""How strictly an edge is compared follows from what comes before it."""

from collections.abc import Callable

from amml_deploy.certify.edges import Level, edges_of
from amml_runtime.spec import Plan

Planned = Callable[..., Plan]

STATS = "( normalsource rows=9 ; normalsource rows=9, seed=1 ) | join | eval a = value * 2 | "


def levels(plan: Plan, keeps_state: set[str], **rows: int) -> dict[str, Level]:
    return {edge.name: edge.level for edge in edges_of(plan, keeps_state, rows)}


def test_a_single_flow_is_compared_with_its_order(in_sandbox: Planned) -> None:
    plan = in_sandbox("normalsource rows=9 | mean_std | print")
    assert levels(plan, {"mean_std"}) == {"normalsource": Level.ORDERED, "mean_std": Level.ORDERED}


def test_behind_a_join_the_order_is_open_and_behind_state_the_values(in_sandbox: Planned) -> None:
    plan = in_sandbox(STATS + "mean_std | filter value_mean > 0 | print")
    rows = dict(normalsource=9, normalsource_2=9, eval=18, mean_std=18, filter=7)
    assert levels(plan, {"mean_std"}, **rows) == {
        "normalsource": Level.ORDERED,
        "normalsource_2": Level.ORDERED,
        "eval": Level.ROWS,
        "mean_std": Level.COUNTED,
        "filter": Level.OPEN,
    }


def test_rows_that_change_partition_lose_their_order(in_sandbox: Planned) -> None:
    text = "normalsource rows=9 | key by=value | eval a = value | print"
    one, two = (levels(in_sandbox(text, partitions=n), set()) for n in (1, 2))
    assert (one["eval"], two["eval"]) == (Level.ORDERED, Level.ROWS)


def test_an_edge_is_as_tolerant_as_what_comes_before_it(in_sandbox: Planned) -> None:
    plan = in_sandbox("normalsource rows=9 | mean_std | eval a = value_mean | print")
    assert [edge.rtol for edge in edges_of(plan, (), {})] == [0, 1e-12, 1e-12]


def test_names_of_edges_are_the_same_in_every_round(in_sandbox: Planned) -> None:
    plan = in_sandbox("normalsource rows=9 | alert")
    assert [edge.topic for edge in edges_of(plan, (), {})] == ["w.r1.normalsource", "alerts"]
