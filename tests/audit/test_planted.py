"""The auditor is believed only because it finds each planted mistake, in its class and no other."""

from collections.abc import Callable

import pytest
from generator import records
from planted_loop import Batch, Loop

pytestmark = pytest.mark.platform


def right(loop: Loop, batch: Batch) -> None:
    loop.work(batch)


def right_after_an_abort(loop: Loop, batch: Batch) -> None:
    held = {key: list(kept) for key, kept in loop.state.items()}
    loop.write(batch, *loop.process(batch), ends="aborted")
    loop.state = held
    loop.work(batch)


def output_doubled(loop: Loop, batch: Batch) -> None:
    rows, poison = loop.process(batch)
    loop.write(batch, [*rows, rows[2]], poison)


def output_removed(loop: Loop, batch: Batch) -> None:
    rows, poison = loop.process(batch)
    loop.write(batch, rows[1:], poison)


def two_of_a_key_swapped(loop: Loop, batch: Batch) -> None:
    rows, poison = loop.process(batch)
    one, other = next(
        (i, j) for j in range(len(rows)) for i in range(j) if rows[i]["key"] == rows[j]["key"]
    )
    rows[one], rows[other] = rows[other], rows[one]
    loop.write(batch, rows, poison)


def aborted_attempt_visible(loop: Loop, batch: Batch) -> None:
    rows, poison = loop.process(batch)
    loop.write(batch, rows, at=-1, says="aborted")
    loop.write(batch, rows, poison)


def batch_torn(loop: Loop, batch: Batch) -> None:
    rows, poison = loop.process(batch)
    loop.write(batch, rows[:10], at=-1, claims=5)
    loop.write(batch, rows[10:], poison)


def memory_not_rolled_back(loop: Loop, batch: Batch) -> None:
    loop.write(batch, *loop.process(batch), ends="aborted")
    loop.work(batch)


def state_wrong_by_one_row(loop: Loop, batch: Batch) -> None:
    rows, poison = loop.process(batch)
    loop.state[rows[0]["key"]][0] -= 1
    loop.write(batch, rows, poison)


def offset_before_output(loop: Loop, batch: Batch) -> None:
    held = {key: list(kept) for key, kept in loop.state.items()}
    rows, poison = loop.process(batch)
    after, loop.state = loop.state, held
    loop.write(batch, [], poison)
    loop.state = after
    loop.write(batch, rows[:3])  # and dies before the others


def last_for_last_plus_one(loop: Loop, batch: Batch) -> None:
    loop.write(batch, *loop.process(batch), at=batch.next - 1)


def position_went_back(loop: Loop, batch: Batch) -> None:
    rows, poison = loop.process(batch)
    loop.write(batch, [])
    loop.write(batch, [], at=batch.next - 5)
    loop.write(batch, rows, poison)


def group_says_another_offset(loop: Loop, batch: Batch) -> None:
    loop.work(batch)
    loop.show(batch, batch.next - 1)


def poison_forgotten(loop: Loop, batch: Batch) -> None:
    rows, poison = loop.process(batch)
    assert poison
    loop.write(batch, rows)


def poison_twice(loop: Loop, batch: Batch) -> None:
    rows, poison = loop.process(batch)
    loop.write(batch, rows, poison * 2)


def stopped_before_the_end(loop: Loop, batch: Batch) -> None:
    """What comes last is never read."""


def file_left_over(loop: Loop, batch: Batch) -> None:
    loop.work(batch)
    (loop.folder / "staging" / "half.parquet").touch()


@pytest.mark.parametrize(
    ("planted", "classes"),
    [
        (right, set[str]()),
        (right_after_an_abort, set[str]()),
        (output_doubled, {"duplicate"}),
        (output_removed, {"lost"}),
        (two_of_a_key_swapped, {"reordered-per-key"}),
        (aborted_attempt_visible, {"aborted-visible"}),
        (batch_torn, {"torn"}),
        (memory_not_rolled_back, {"state-not-fold"}),
        (state_wrong_by_one_row, {"state-not-fold"}),
        (offset_before_output, {"offset-not-output", "lost"}),
        (last_for_last_plus_one, {"offset-not-output"}),
        (position_went_back, {"offset-not-output"}),
        (group_says_another_offset, {"offset-not-output"}),
        (poison_forgotten, {"lost"}),
        (poison_twice, {"duplicate"}),
        (stopped_before_the_end, {"stuck"}),
        (file_left_over, {"leftover"}),
    ],
)
def test_a_planted_mistake_is_found_in_its_class(
    loop: Loop,
    found: Callable[[], set[str]],
    planted: Callable[[Loop, Batch], None],
    classes: set[str],
) -> None:
    loop.prepare()
    loop.run(planted)
    assert found() == classes


def test_an_open_transaction_is_stuck(loop: Loop, found: Callable[[], set[str]]) -> None:
    loop.prepare()
    loop.run()
    other = loop.producer("other")
    other.begin_transaction()
    other.produce(loop.topic("out"), b"{}", partition=1)
    other.flush()
    assert found() == {"stuck"}
    other.abort_transaction()
    assert found() == set()


def test_reading_what_was_aborted_doubles_it(loop: Loop, found: Callable[[], set[str]]) -> None:
    loop.isolation = "read_uncommitted"
    loop.prepare()
    other = loop.producer("other")
    other.begin_transaction()
    ours = [record for record in records(loop.input) if record.row and record.partition == 0]
    for record in ours[:5]:
        other.produce(loop.topic("raw"), record.value, partition=0)
    other.flush()
    other.abort_transaction()
    loop.run()
    assert found() == {"duplicate", "state-not-fold"}
