"""The promise of the task loop, on a real broker: each row takes effect exactly once."""

from collections.abc import Callable
from typing import Any

import pytest

from amml_runtime import changelog
from amml_runtime.connections import connect
from amml_runtime.state import State, encode

pytestmark = pytest.mark.kafka

SUM = "running_sum:RunningSum"
SOURCE = "counting:Counting"


def sums(rows: int) -> list[tuple[int, int]]:
    """What the running sum gives for 0, 1, 2 ..., and at its end."""
    totals = [n * (n + 1) // 2 for n in range(rows)]
    return [*enumerate(totals), (-1, totals[-1])]


def pairs(rows: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(row["n"], row["total"]) for row in rows]


def test_rows_go_from_a_source_through_steps_to_the_end(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 1000, "portion": 30})
    chain.step("sum", SUM, after="source")
    chain.run()
    assert pairs(chain.rows("sum")) == sums(1000)


def test_a_process_has_completed_when_all_of_its_partitions_have(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 100}, partitions=3)
    chain.step("sum", SUM, after="source", partitions=3)
    chain.run()
    assert chain.log("sum").endswith("sum: completed\n")


def test_a_completed_step_started_again_changes_nothing(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 100})
    chain.step("sum", SUM, after="source")
    chain.run()
    chain.run()
    assert pairs(chain.rows("sum")) == sums(100)


@pytest.mark.parametrize("place", ["after_begin", "after_produce", "before_commit", "after_commit"])
@pytest.mark.parametrize("victim", [pytest.param("source", marks=pytest.mark.long), "sum"])
def test_a_kill_at_any_place_of_the_loop_loses_and_doubles_nothing(
    chain: Any, victim: str, place: str
) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 40_000, "portion": 20})
    chain.step("sum", SUM, after="source")
    others = [chain.start(label) for label in chain.specs if label != victim]
    for _ in range(2):
        assert chain.start(victim, fail_point=place).wait(60) == -9
    chain.run(victim)
    assert [process.wait(60) for process in others] == [0]
    assert pairs(chain.rows("sum")) == sums(40_000)


def test_a_row_that_fails_goes_to_the_dead_letters_and_harms_no_other(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 100, "portion": 100})
    chain.step("sum", SUM, after="source", arguments={"fails_at": 50})
    chain.run()
    assert [row["n"] for row in chain.rows("sum")] == [*range(50), *range(51, 100), -1]
    assert chain.rows("sum")[-1]["total"] == sum(range(100)) - 50
    assert [row["n"] for row in chain.dead_letters()] == [50]


def test_a_step_told_to_stop_on_error_stops_and_says_which_row(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 100})
    chain.step("sum", SUM, after="source", arguments={"fails_at": 50}, options={"on_error": "stop"})
    chain.run("source")
    assert chain.start("sum").wait(60) == 2
    assert "50 is not wanted" in chain.log("sum")
    assert chain.dead_letters() == []


def test_sigterm_ends_a_step_cleanly_and_it_goes_on_where_it_was(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 200_000, "portion": 10})
    process = chain.start("source")
    wait_for_log(chain, "source", "ready")
    process.terminate()
    assert process.wait(10) == 0
    before = len(chain.rows("source"))
    chain.step("source", SOURCE, mode="read", arguments={"rows": before + 1000, "portion": 10})
    chain.run("source")
    assert [row["n"] for row in chain.rows("source")] == [*range(before + 1000)]


def test_a_second_owner_fences_the_first(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 10_000_000, "portion": 1})
    first = chain.start("source")
    wait_for_log(chain, "source", "ready")
    second = chain.start("source")
    assert first.wait(30) == 3
    assert second.poll() is None
    second.terminate()
    assert second.wait(10) == 0
    rows = [row["n"] for row in chain.rows("source")]
    assert rows == [*range(len(rows))]
    assert "A newer process has taken over" in chain.log("source")


@pytest.mark.parametrize("slots", [1, 2])
def test_partitions_keep_their_order_and_every_slot_takes_its_share(chain: Any, slots: int) -> None:
    arguments = {"rows": 900, "keys": 7}
    chain.step("source", SOURCE, mode="read", partitions=3, arguments=arguments)
    chain.step("sum", SUM, after="source", partitions=3)
    chain.run("source")
    processes = [chain.start("sum", slot, slots) for slot in range(slots)]
    assert [process.wait(60) for process in processes] == [0] * slots
    source, total = chain.rows("source"), [row for row in chain.rows("sum") if row["n"] >= 0]
    assert sorted(row["n"] for row in total) == [*range(900)]
    assert {row["_key"] for row in source} == {str(key) for key in range(7)}
    for key in range(7):
        order = [row["n"] for row in total if row["_key"] == str(key)]
        assert order == sorted(order)


def wait_for_log(chain: Any, label: str, text: str) -> None:
    wait: Callable[..., None] = chain.wait_until
    wait(lambda: text in chain.log(label))


def test_a_component_that_exits_is_no_completed_step(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 10})
    chain.step("sum", SUM, after="source", arguments={"exits_at": 5})
    chain.run("source")
    assert chain.start("sum").wait(60) == 1
    assert chain.rows("sum") == []


def test_another_component_under_the_same_label_starts_with_no_state(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 100_000, "portion": 10})
    chain.step("sum", SUM, after="source")
    process = chain.start("sum")
    source = chain.start("source")
    chain.wait_until(lambda: len(chain.rows("sum")) > 0)
    process.terminate()
    assert process.wait(10) == 0
    before = [row for row in chain.rows("sum") if row["n"] >= 0]
    chain.step("sum", SUM, after="source", state_version=2)
    chain.run("sum")
    assert source.wait(60) == 0
    after = [row for row in chain.rows("sum") if row["n"] >= len(before)]
    assert [row["n"] for row in before + after] == [*range(100_000)]
    assert len(before) == 100_000 or after[0]["total"] == after[0]["n"]


def test_an_old_owner_that_was_cut_off_does_not_take_the_task_back(kafka: str, chain: Any) -> None:
    """Its broken connection makes it ask for a new epoch: that must not revive its memory."""
    spec = chain.step("source", SOURCE, mode="read", arguments={"rows": 10_000_000, "portion": 1})
    made = connect(spec, kafka, ["0"])["0"].result()
    book = State({"position": 0, "kind": f"{SOURCE}@1"})
    made.producer.begin()
    for name, value in book.items():
        made.producer.produce(str(spec.changelog), 0, encode(value), f"t:{name}".encode())
    made.producer.commit()
    assert changelog.agrees(made.restorer, str(spec.changelog), 0, book)
    newer = chain.start("source")
    chain.wait_until(lambda: len(chain.rows("source")) > 0)
    newer.terminate()
    assert newer.wait(10) == 0
    assert not changelog.agrees(made.restorer, str(spec.changelog), 0, book)
    made.close()
