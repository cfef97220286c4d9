"""Rows into the lake: every one of them once, whatever dies, as foreign readers see it."""

import signal
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from amml_deploy.control import Control
from amml_deploy.lakes import lake_of
from amml_deploy.platform.home import Platform
from amml_lake.data_set import DataSet
from amml_lake.stores import open_store

pytestmark = pytest.mark.platform

Flow = Any  # what the fixtures of conftest.py give, which tests do not import
Flows = Callable[[str], Flow]

ROWS = 20_000
PLACES = ["lake_staging", "lake_staged", "lake_committed", "lake_rolling", "lake_in_place"]
MINUTE = 60_000_000


@pytest.mark.long
def test_every_row_is_in_a_folder_once_though_the_sink_dies_at_each_step_of_its_commit(
    flows: Flows, tmp_path: Path
) -> None:
    kept = kept_by(flows, f"file://{tmp_path}", "d", [f"{place}:3" for place in PLACES])
    files = f"{tmp_path}/d/**/*.parquet"
    found = duckdb.sql(
        f"SELECT count(*), count(DISTINCT _time) "
        f"FROM read_parquet('{files}', hive_partitioning = true)"
    ).fetchone()
    assert found is not None
    assert found[:2] == (ROWS, ROWS), "DuckDB, by a pattern that looks into every folder"
    table = ds.dataset(tmp_path / "d", partitioning="hive").to_table()
    assert times_of(table) == [row * 10 * MINUTE for row in range(ROWS)], "pyarrow"
    months = pc.add(pc.multiply(pc.year(table["_time"]), 100), pc.month(table["_time"]))
    assert months == pc.add(pc.multiply(table["year"], 100), table["month"]).cast(pa.int64())
    assert not any(kept.store.list(f"_staging/{chain}") for chain in kept.chains())


def test_every_row_is_in_hdfs_once_though_the_sink_dies_at_each_step_of_its_commit(
    flows: Flows, platform: Platform
) -> None:
    lake = lake_of(platform)
    kept = kept_by(flows, lake, f"d{uuid.uuid4().hex[:8]}", [f"{place}:1" for place in PLACES])
    tables = [
        pq.read_table(pa.BufferReader(kept.store.read(each.path))) for each in kept.live().files
    ]
    assert times_of(pa.concat_tables(tables)) == [row * 10 * MINUTE for row in range(ROWS)]
    assert not any(kept.store.list(f"_staging/{chain}") for chain in kept.chains())


def test_of_two_sinks_of_one_partition_the_older_is_shut_out(flows: Flows, tmp_path: Path) -> None:
    flow = flows(
        f"normalsource rows={ROWS}, rate=4000, every=10m | "
        f'to_lake name="d", by="year", roll=200ms, lake="file://{tmp_path}"'
    )
    flow.start()
    kept = DataSet(open_store(f"file://{tmp_path}"), "d")
    wait_until(lambda: kept.live().rows > 0, flow)
    asleep = flow.running["to_lake"]
    asleep.send_signal(signal.SIGSTOP)
    committed = kept.live().rows
    flow.start_again("to_lake")
    wait_until(lambda: kept.live().rows > committed, flow)
    asleep.send_signal(signal.SIGCONT)
    assert asleep.wait(timeout=60) == 3
    wait_until(lambda: not flow.running, flow)
    table = ds.dataset(tmp_path / "d", partitioning="hive").to_table()
    assert times_of(table) == [row * 10 * MINUTE for row in range(ROWS)]


@pytest.mark.long
def test_history_goes_on_with_live_rows_without_a_gap_or_a_repeat(
    flows: Flows,
    control: Control,
    platform: Platform,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AMML_HOME", str(platform.home.path))  # whose topics are asked about
    name = f"d{uuid.uuid4().hex[:8]}"
    writer = flows(
        f'normalsource rows={ROWS}, rate=2500, every=10m | to_lake name="{name}", roll=1s'
    )
    writer.start()
    wait_until(lambda: known(control, name) > 0, writer)
    reader = flows(
        f'source id="lake:{name}", then="topic" | '
        f'to_lake name="again", by="year", roll=300ms, lake="file://{tmp_path}"'
    )
    assert 0 < known(control, name) < ROWS, "the reader begins while the writer is at work"
    reader.start(source=["after_commit:1", "after_produce:1", "before_commit:2", "after_commit:3"])
    again = DataSet(open_store(f"file://{tmp_path}"), "again")
    wait_until(lambda: again.live().rows >= ROWS, writer, reader)
    assert reader.deaths == {"source": 4}
    table = ds.dataset(tmp_path / "again", partitioning="hive").to_table()
    assert times_of(table) == [row * 10 * MINUTE for row in range(ROWS)]


@pytest.mark.long
@pytest.mark.train
def test_a_model_is_trained_on_the_lake_as_on_its_source(
    names: Any, amml: Callable[..., Any], control: Control, name: str
) -> None:
    kept = f"d{uuid.uuid4().hex[:8]}"
    text = f'source id="{names.source}" | to_lake name="{kept}", by="month"'
    assert amml("deploy", name, text, "--wait").code == 0
    training = names.training.replace(f'"{names.source}"', f'"lake:{kept}"')
    trained = amml("deploy", name, training, "--fresh", "--wait")
    assert trained.code == 0, trained.err
    model, _, version = names.model.partition(":")
    run = control.get(f"/models/{model}/versions/{version}/runs/{name}.r2.train_lstm")
    assert run["status"] == "completed"
    [lake] = run["provenance"]["lake"]
    assert (lake["dataset"], lake["snapshot"]) == (kept, f"{name}.r2.source")
    plan = amml("retention", "set", kept, "--max-age", "1d")
    assert plan.code == 0, plan.err
    assert f"{name}.r2" in amml("retention", "plan", kept).out, "what a model is made of is kept"


def known(control: Control, name: str) -> int:
    """How many rows the data set's document tells of."""
    found = control.find(f"/datasets/{name}")
    return found["document"]["totals"]["rows"] if found else 0


def wait_until(holds: Callable[[], bool], *flows: Flow) -> None:
    """Look after the flows until something holds."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        for flow in flows:
            flow.look_after()
        time.sleep(0.05)


def kept_by(flows: Flows, lake: str, name: str, places: list[str]) -> DataSet:
    """A data set that a sink has written, which died once at each of the places."""
    flow = flows(
        f"normalsource rows={ROWS}, rate=2500, every=10m | "
        f'to_lake name="{name}", by="month", roll=100ms, lake="{lake}"'
    )
    assert flow.run(to_lake=places) == {"to_lake": len(places)}
    return DataSet(open_store(lake), name)


def times_of(table: pa.Table) -> list[int]:
    """The rows' times, in microseconds since 1970, sorted."""
    return np.sort(table["_time"].cast(pa.int64()).to_numpy()).tolist()
