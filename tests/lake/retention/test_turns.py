"""A compaction and a deletion at the same time: one of them gives way, and no row comes back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from amml_lake.compaction import Wish, compact
from amml_lake.compaction.output import Output
from amml_lake.data_set import DataSet
from amml_lake.errors import Unavailable
from amml_lake.layout import COMPACTION, RETENTION, STAGING, Chain
from amml_lake.retention import take_away
from amml_lake.verification import verify

NOW = Wish(now=round(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1_000_000))


@pytest.fixture
def data_set(filled: Callable[..., DataSet], writer: Any, batch: Any) -> DataSet:
    """Two files in each folder."""
    found = filled()
    other = writer(found, partition=1)
    for day in (1, 2, 3):
        other.add(batch(f"2022-04-{day:02}", 24), day * 10)
        other.commit(day * 10 + 10, {"0": day}, {})
    return found


def test_a_deletion_of_what_was_compacted_meanwhile_changes_nothing(data_set: DataSet) -> None:
    planned = data_set.live().files[0].path
    list(compact(data_set, NOW))
    before = data_set.live().files
    with pytest.raises(Unavailable, match="a compaction of `co2` was faster"):
        take_away(data_set, [planned], [], "test")
    assert data_set.live().files == before
    assert not data_set.store.list(f"{STAGING}/{RETENTION}")
    assert not verify(data_set).findings


def test_a_compaction_of_what_was_deleted_meanwhile_changes_nothing(
    data_set: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = data_set.live().files[0].path
    close = Output.close

    def late(self: Output) -> Any:
        """Called when all is read, and nothing staged yet."""
        monkeypatch.setattr(Output, "close", close)
        take_away(data_set, [planned], [], "test")
        return close(self)

    monkeypatch.setattr(Output, "close", late)
    with pytest.raises(Unavailable, match="a retention of `co2` was faster"):
        list(compact(data_set, NOW))
    assert len(data_set.live().files) == 5
    assert not data_set.store.list(f"{STAGING}/{COMPACTION}")
    list(compact(data_set, NOW))
    assert data_set.live().rows == 5 * 24
    assert not verify(data_set).findings


def test_both_go_on_after_each_other(data_set: DataSet) -> None:
    list(compact(data_set, NOW))
    take_away(data_set, [data_set.live().files[0].path], [], "test")
    assert data_set.live().rows == 4 * 24
    assert list(compact(data_set, NOW)) == []
    assert not verify(data_set).findings
    assert {each for each in data_set.chains() if "+" not in each} == {COMPACTION, RETENTION}
    assert Chain("amml.hall.r1.clean", 1, "3f2a").name in data_set.chains()
