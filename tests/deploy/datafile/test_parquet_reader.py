from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from amml_deploy.datafile.errors import DataFileRefused

NEW_YEAR = datetime(2016, 1, 1)


def parquet(**columns: Any) -> bytes:
    out = BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def test_types_are_those_of_the_file(types: Callable[..., Any]) -> None:
    data = parquet(
        t=[NEW_YEAR],
        i=pa.array([1], pa.uint8()),
        f=[Decimal("1.5")],
        b=[True],
        d=[date(2016, 1, 1)],
        s=pa.array(["x"]).dictionary_encode(),
    )
    assert types("a.parquet", data) == {
        "t": "timestamp",
        "i": "int",
        "f": "float",
        "b": "bool",
        "d": "timestamp",
        "s": "string",
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (parquet(t=[NEW_YEAR], a=[[1]]), "column `a` is list"),
        (parquet(t=[NEW_YEAR, None]), "row 2: column `t` has no time"),
        (parquet(t=["soon"]), "row 1: column `t` holds 'soon', which is no time"),
        (b"PAR1 and no more", "cannot be read as Parquet"),
    ],
)
def test_a_file_without_a_table_of_plain_columns_is_refused(
    inspect: Callable[..., Any], data: bytes, message: str
) -> None:
    with pytest.raises(DataFileRefused) as refused:
        inspect("a.parquet", data)
    assert message in str(refused.value)
