"""Spark reads a data set by the statement that it is told.

Spark is no dependency, being 400 MB: `AMML_SPARK` names a Python that has it, and there has to be a
Java of version 17 or 21.
"""

import json
import os
import subprocess
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from amml_lake import ddl
from amml_lake.compaction import Wish, compact
from amml_lake.data_set import DataSet
from amml_lake.stores import Store

READ = """
import json, sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
spark.sql(sys.argv[1])
[found] = spark.sql(
    "SELECT count(*), sum(n), count(room), count(year), min(month), cast(min(_time) AS double)"
    " FROM co2"
).collect()
print(json.dumps(list(found)))
"""


@pytest.mark.long
@pytest.mark.skipif("AMML_SPARK" not in os.environ, reason="AMML_SPARK names no Python with Spark")
def test_spark_reads_all_rows_of_a_compacted_data_set_by_its_statement(
    local_lake: Store, writer: Any, batch: Any
) -> None:
    data_set = DataSet(local_lake, "co2")
    appender = writer(data_set)
    for n in range(4):
        rows = batch("2022-04-01", 24, n=np.arange(24) + 24 * n)
        if n == 3:
            rows = rows.append_column("room", pa.array(["a"] * 24))
            appender.add(rows.set_column(0, "_time", pa.nulls(24, rows.schema.field(0).type)), n)
        appender.add(rows, n)
        appender.commit(n + 1, {}, {})
    assert len(list(compact(data_set, Wish(now=1 << 60)))) == 1
    statement = ddl.spark("co2", ddl.location_of(data_set.store.url)).rstrip(";")
    ran = subprocess.run(
        [os.environ["AMML_SPARK"], "-c", READ, statement], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    last = sum(range(72, 96))
    first = 1_648_771_200.0  # 2022-04-01, midnight UTC
    assert json.loads(ran.stdout.splitlines()[-1]) == [
        120, sum(range(96)) + last, 48, 96, 4, first
    ]  # fmt: skip
