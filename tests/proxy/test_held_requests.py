"""A request that is delayed past its transaction changes nothing of what a reader sees."""

import pytest

from .frames import (
    ADD_PARTITIONS_TO_TXN,
    END_TXN,
    INIT_PRODUCER_ID,
    INVALID_PRODUCER_EPOCH,
    NO_ERROR,
    PRODUCE,
    TXN_OFFSET_COMMIT,
    end_txn_error,
)
from .kafka_proxy import Hold, KafkaProxy
from .steps import LAST, MEAN, Steps

pytestmark = pytest.mark.kafka

RENEWED = "producer re-initialised, outcome known"


@pytest.mark.parametrize(
    "stall",
    [
        pytest.param(False, id="cut"),
        pytest.param(True, id="stalled", marks=pytest.mark.long),
    ],
)
@pytest.mark.long
def test_a_commit_that_comes_late_is_refused(steps: Steps, proxy: KafkaProxy, stall: bool) -> None:
    held = proxy.hold(Hold(END_TXN, nth=3, stall=stall, until=(PRODUCE, 1)))
    steps.run(through=proxy.address)
    assert steps.audited() == {}
    assert end_txn_error(held.answer) == INVALID_PRODUCER_EPOCH
    assert RENEWED in steps.log(MEAN)
    assert not proxy.seen[TXN_OFFSET_COMMIT], "no step sends what the plain loop suffers from"


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(PRODUCE, id="rows"),
        pytest.param(ADD_PARTITIONS_TO_TXN, id="partitions", marks=pytest.mark.long),
    ],
)
def test_what_comes_late_into_the_next_transaction_is_no_part_of_it(
    steps: Steps, proxy: KafkaProxy, key: int
) -> None:
    held = proxy.hold(Hold(key, nth=5 if key == PRODUCE else 3, until=(PRODUCE, 3)))
    steps.run(through=proxy.address)
    assert steps.audited() == {}
    assert held.released.is_set()
    assert RENEWED in steps.log(MEAN)


def test_a_takeover_that_comes_late_ends_the_process_and_harms_nothing(
    steps: Steps, proxy: KafkaProxy
) -> None:
    held = proxy.hold(Hold(INIT_PRODUCER_ID, until=(PRODUCE, 3)))
    steps.run(through=proxy.address)
    assert steps.audited() == {}
    assert held.released.is_set()
    assert steps.exits[MEAN] == [3]


def test_without_the_defence_a_late_commit_tears_a_transaction_and_the_ledger_stops_the_next_step(
    steps: Steps, proxy: KafkaProxy
) -> None:
    """So the proxy bites, and what got through the first line is caught by the second."""
    held = proxy.hold(Hold(END_TXN, nth=3, until=(PRODUCE, 1)))
    steps.run(through=proxy.address, defended=False)
    assert steps.audited("topic", MEAN).keys() & {"lost", "duplicate"}
    assert end_txn_error(held.answer) == NO_ERROR
    steps.until(lambda: bool(steps.exits[LAST]))
    assert steps.exits[LAST] == [2]
    assert "A message was lost or doubled before this step" in steps.log(LAST)
