"""A broker that freezes while it is asked to commit: the step finds out what became of it."""

import pytest

from .broker import Broker
from .frames import END_TXN
from .kafka_proxy import KafkaProxy, Moment
from .steps import MEAN, Steps

pytestmark = pytest.mark.kafka


@pytest.mark.long
def test_it_thaws_while_the_commit_is_waited_for(
    steps: Steps, proxy: KafkaProxy, freezable: Broker
) -> None:
    commit = Moment(END_TXN, nth=3)
    proxy.at(commit, freezable.freeze)
    steps.run(through=proxy.address)
    steps.until(commit.left.is_set)  # it has timed out, and is to be repeated
    freezable.thaw()
    assert steps.audited() == {}
    assert "producer re-initialised, outcome known" in steps.log(MEAN)
    assert steps.exits[MEAN] == []


@pytest.mark.long
def test_it_thaws_when_the_commit_was_given_up(
    steps: Steps, proxy: KafkaProxy, freezable: Broker
) -> None:
    """The next process learns from the changelog whether the transaction was committed."""
    proxy.at(Moment(END_TXN, nth=3), freezable.freeze)
    steps.run(through=proxy.address)
    steps.until(lambda: "the outcome is not known" in steps.log(MEAN))
    freezable.thaw()
    assert steps.audited() == {}
    assert 1 in steps.exits[MEAN]


@pytest.mark.long
def test_a_stop_does_not_wait_for_it(steps: Steps, proxy: KafkaProxy, freezable: Broker) -> None:
    proxy.at(Moment(END_TXN, nth=3), freezable.freeze)
    steps.run(through=proxy.address, patient=True)
    steps.until(lambda: proxy.seen[END_TXN] >= 3)
    steps.process(MEAN).terminate()
    assert steps.process(MEAN).wait(10) == 1
    assert "the outcome is not known" in steps.log(MEAN)
