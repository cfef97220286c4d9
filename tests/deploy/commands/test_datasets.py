"""`amml datasets`: what the control API knows of a data set, and the lake says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from amml_lake.appender import Appender
from amml_lake.data_set import DataSet
from amml_lake.layout import Chain
from amml_lake.manifest import Producer
from amml_lake.partitions import Partitions
from amml_lake.stores import open_store

Amml = Callable[..., Any]

DAY = 86_400_000_000


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A lake of this test's own."""
    url = f"file://{tmp_path}/lake"
    monkeypatch.setenv("AMML_LAKE", url)
    return url


@pytest.fixture
def append(lake: str, own: str) -> Callable[[int], None]:
    """Commit further days of two rows each to the data set."""
    data_set = DataSet(open_store(lake), own)

    def write(days: int) -> None:
        chain = Chain("amml.hall.r1.clean", 0, "3f2a")
        appender = Appender(data_set, chain, Partitions("day"), Producer("hall", 1, "to_lake"))
        last = appender.resume()
        start = last.range.end if last and last.range else 0
        for day in range(start // 2, start // 2 + days):
            times = pa.array([day * DAY, day * DAY + 1], pa.timestamp("us", "UTC"))
            rows = pa.record_batch({"_time": times, "co2": pa.array([1.5, 2.5])})
            appender.add(rows, 2 * day)
            appender.commit(2 * day + 2, {}, {})

    return write


def test_what_is_known_follows_the_lake_and_what_is_said_stays(
    on_platform: Amml, own: str, append: Callable[[int], None]
) -> None:
    append(3)
    assert on_platform("datasets", own).code == 2  # nobody has told of it yet
    assert own in on_platform("datasets", "sync", own).out
    described = on_platform("datasets", "describe", own, "--unit", "co2=ppm", "--text", "Hall 3")
    assert described.code == 0, described.err
    append(10)
    on_platform("datasets", "sync", own)
    grown = on_platform("datasets", own, "--output", "json").document
    assert grown["document"]["totals"]["rows"] == 26
    assert on_platform("datasets", "rebuild", own).code == 0
    assert on_platform("datasets", own, "--output", "json").document == grown
    told = " ".join(on_platform("datasets", own).out.split())
    assert "co2 double ppm" in told
    assert "hall.to_lake 1 amml.hall.r1.clean 0 26 26" in told
    assert "and 3 older ones" in told
    assert "Hall 3" in told
    assert on_platform("datasets", "describe", own, "--unit", "co2=").out.count("ppm") == 0
    assert on_platform("datasets", "forget", own).code == 0


def test_what_has_gone_from_the_lake_is_told(
    on_platform: Amml, own: str, append: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    append(1)
    on_platform("datasets", "sync", own)
    monkeypatch.setenv("AMML_LAKE", "file:///tmp/amml-no-such-lake")
    assert f"amml datasets forget {own}" in on_platform("datasets", "sync").err
    gone = on_platform("datasets", "rebuild", own)
    assert (gone.code, gone.err) == (
        2,
        f"error: no data set `{own}` at file:///tmp/amml-no-such-lake/{own}\n",
    )
    on_platform("datasets", "forget", own)


def test_a_unit_needs_its_column(amml: Amml) -> None:
    wrong = amml("datasets", "describe", "co2", "--unit", "ppm")
    assert (wrong.code, wrong.err) == (
        2,
        "error: --unit is COLUMN=UNIT, as co2=ppm; found 'ppm'\n",
    )
    assert amml("datasets", "describe", "co2").code == 2
