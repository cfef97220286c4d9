"""Data sets, written as a step would write them: on a local folder, and on real HDFS."""

from collections.abc import Callable, Generator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pytest

from amml_lake.appender import Appender
from amml_lake.data_set import DataSet
from amml_lake.layout import Chain
from amml_lake.manifest import Producer
from amml_lake.partitions import By, Partitions
from amml_lake.stores import Store, open_store

Batches: TypeAlias = Callable[..., pa.RecordBatch]
Writers: TypeAlias = Callable[..., Appender]
Filled: TypeAlias = Callable[..., DataSet]


@pytest.fixture
def local_lake(tmp_path: Path) -> Store:
    """An empty lake in a local folder."""
    return open_store(f"file://{tmp_path}/lake")


@pytest.fixture(params=["file", pytest.param("webhdfs", marks=pytest.mark.platform)])
def lake(request: pytest.FixtureRequest) -> Generator[Store]:
    """An empty lake in a local folder, and another on the shared platform's HDFS."""
    if request.param == "file":
        yield request.getfixturevalue("local_lake")
        return
    hosts = request.getfixturevalue("webhdfs_url").partition("://")[2]
    store = open_store(f"webhdfs://{hosts}/test/{uuid4().hex}")
    yield store
    store.delete("")
    store.close()


@pytest.fixture(scope="session")
def batch() -> Batches:
    """Make rows, one every so many seconds; further columns by name, `co2` unless given."""

    def make(start: str, rows: int, every: float = 3600.0, **columns: Any) -> pa.RecordBatch:
        first = int(datetime.fromisoformat(f"{start}+00:00").timestamp() * 1e6)
        times = np.arange(rows) * int(every * 1e6) + first
        named: dict[str, Any] = {
            "_time": pa.array(times, pa.timestamp("us", "UTC")),
            "_key": pa.nulls(rows, pa.string()),
            **(columns or {"co2": np.arange(rows) + 0.5}),
        }
        return pa.record_batch(named)

    return make


@pytest.fixture(scope="session")
def writer() -> Writers:
    """The writer of a partition of a topic, which has resumed."""

    def make(
        data_set: DataSet,
        partition: int = 0,
        by: By = "day",
        tz: str = "UTC",
        topic: str = "amml.hall.r1.clean",
        **more: Any,
    ) -> Appender:
        chain = Chain(topic, partition, "3f2a")
        producer = Producer("hall", 1, "to_lake")
        made = Appender(data_set, chain, Partitions(by, tz), producer, **more)
        made.resume()
        return made

    return make


@pytest.fixture
def filled(local_lake: Store, writer: Writers, batch: Batches) -> Filled:
    """A data set of some commits, each of a day's 24 rows, from 2022-04-01 on, and 10 offsets."""

    def make(name: str = "co2", commits: int = 3, lake: Store | None = None) -> DataSet:
        data_set = DataSet(lake or local_lake, name)
        appender = writer(data_set)
        for n in range(commits):
            appender.add(batch(f"2022-04-{n + 1:02}", 24), n * 10)
            appender.commit(n * 10 + 10, {"0": n + 1}, {})
        return data_set

    return make
