"""What held requests do to a loop without a defence: the auditor is red."""

import uuid
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.spec import TopicSpec

from .auditing import Audit, begin_writing
from .frames import END_TXN, NO_ERROR, PRODUCE, TXN_OFFSET_COMMIT, end_txn_error
from .kafka_proxy import Hold, KafkaProxy
from .plain_loop import PER_TRANSACTION, PlainLoop

pytestmark = pytest.mark.kafka

ROWS = 6 * PER_TRANSACTION


@dataclass
class Copying:
    """A loop that copies an input to two topics, through a proxy."""

    kafka: str
    proxy: KafkaProxy
    folder: Path
    name: str

    def run(self) -> dict[str, int]:
        """Copy half, start anew, copy the rest; what the auditor finds."""
        raw, *sinks = topics = [f"{self.name}.{each}" for each in ("raw", "one", "two")]
        create_topics(self.kafka, [TopicSpec(topic, 1) for topic in topics])
        assert begin_writing(self.kafka, raw, ROWS, 10_000).wait() == 0
        loop = PlainLoop(self.proxy.address, self.name, raw, (sinks[0], sinks[1]))
        for upto in (ROWS // 2, ROWS):
            loop.run(upto)
        copied = {"format": "json", "expect": {"name": "map_filter"}}
        case = {
            "outputs": [{"topic": sink, **copied} for sink in sinks],
            "steps": [{"name": self.name, "reads": [raw]}],
        }
        return Audit(self.folder, self.kafka, raw, ROWS, case).found()


@pytest.fixture
def copying(proxy: KafkaProxy, tmp_path: Path) -> Generator[Copying]:
    """A loop with topics of its own."""
    made = Copying(proxy.broker, proxy, tmp_path, f"q{uuid.uuid4().hex[:12]}")
    yield made
    remove_prefix(made.kafka, f"{made.name}.")


def test_undisturbed_it_is_right(copying: Copying) -> None:
    assert copying.run() == {}


def test_a_late_commit_makes_half_of_a_transaction_visible(copying: Copying) -> None:
    """The other half is refused: it is lost, or the first is doubled, as the offsets were in."""
    held = copying.proxy.hold(Hold(END_TXN, nth=2, until=(PRODUCE, 1)))
    found = copying.run()
    assert found.get("lost", 0) + found.get("duplicate", 0) == PER_TRANSACTION
    assert end_txn_error(held.answer) == NO_ERROR


def test_offsets_that_come_late_take_the_next_ones_back(copying: Copying) -> None:
    """No call fails; a restart reads a transaction's records again."""
    held = copying.proxy.hold(Hold(TXN_OFFSET_COMMIT, nth=2, until=(TXN_OFFSET_COMMIT, 2)))
    assert copying.run()["duplicate"] == 2 * PER_TRANSACTION
    assert held.released.is_set()
