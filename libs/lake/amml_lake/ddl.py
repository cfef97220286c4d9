"""Statements with which other engines read a data set where it lies."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from amml_lake.errors import Unsuitable
from amml_lake.partitions import LEVELS

# Arrow's names of types, as they come out of Parquet: what it has no word for is a plain integer.
_HIVE = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INT",
    "int64": "BIGINT",
    "uint8": "SMALLINT",
    "uint16": "INT",
    "uint32": "BIGINT",
    "uint64": "BIGINT",  # of which values from 2^63 on are negative: Hive casts to nothing wider
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "STRING",
    "large_string": "STRING",
    "string_view": "STRING",
    "binary": "BINARY",
    "large_binary": "BINARY",
    "date32[day]": "DATE",
    "date64[ms]": "DATE",
    "time32[s]": "INT",
    "time32[ms]": "INT",
    "time64[us]": "BIGINT",
    "time64[ns]": "BIGINT",
}
_HIVE_PATTERNS = (
    (r"timestamp\[(?:s|ms|us|ns)(?:, tz=.+)?\]", "TIMESTAMP"),
    (r"duration\[(?:s|ms|us|ns)\]", "BIGINT"),
    (r"decimal(?:32|64|128)\((\d+), (\d+)\)", r"DECIMAL(\1,\2)"),
    (r"fixed_size_binary\[\d+\]", "BINARY"),
    (r"dictionary<values=(?:large_)?string, .+>", "STRING"),
)
_LIST = re.compile(r"(?:large_)?list<\w+: (.+?)(?: not null)?>")


def hive(name: str, by: str, columns: Sequence[Mapping[str, Any]], location: str) -> str:
    """The external table, and the command that finds its folders.

    Folders are text there, as `04` is not a number that Hive would write again.

    Errors: Unsuitable, a column has no type in Hive, or two names are one to it.

    >>> print(hive("co2", "month", [{"name": "_time", "type": "timestamp[us, tz=UTC]"}], "file:///l"))
    CREATE EXTERNAL TABLE `co2` (
      `_time` TIMESTAMP
    )
    PARTITIONED BY (`year` STRING, `month` STRING)
    STORED AS PARQUET
    LOCATION 'file:///l';
    MSCK REPAIR TABLE `co2`;
    """
    _demand_distinct(columns)
    listed = ",\n".join(
        f"  {_ticked(each['name'])} {hive_type(each['type'], each['name'])}" for each in columns
    )
    folders = ", ".join(f"{_ticked(each)} STRING" for each in _levels(by))
    return (
        f"CREATE EXTERNAL TABLE {_ticked(name)} (\n{listed}\n)\n"
        f"PARTITIONED BY ({folders})\n"
        f"STORED AS PARQUET\nLOCATION {_text(location)};\n"
        f"MSCK REPAIR TABLE {_ticked(name)};"
    )


def spark(name: str, location: str) -> str:
    """The view in Spark SQL; columns that came later are found in every file."""
    return (
        f"CREATE OR REPLACE TEMPORARY VIEW {_ticked(name)}\nUSING parquet\n"
        f"OPTIONS (path {_text(location)}, mergeSchema 'true');"
    )


def duckdb(by: str, location: str) -> str:
    """The query in DuckDB; the folders are named, so that it looks into no others.

    >>> print(duckdb("day", "file:///var/lake/co2"))
    SELECT * FROM read_parquet(
      '/var/lake/co2/year=*/month=*/day=*/*.parquet',
      hive_partitioning = true, hive_types = {'year': INT, 'month': INT, 'day': INT},
      union_by_name = true
    );
    """
    folders = "/".join(f"{each}=*" for each in _levels(by))
    types = ", ".join(f"'{each}': INT" for each in _levels(by))
    pattern = f"{location.removeprefix('file://')}/{folders}/*.parquet"
    return (
        f"SELECT * FROM read_parquet(\n  {_text(pattern, doubled=True)},\n"
        f"  hive_partitioning = true, hive_types = {{{types}}},\n"
        "  union_by_name = true\n);"
    )


def location_of(url: str) -> str:
    """A store's address as Hadoop knows it: without a user, and of several NameNodes the first.

    >>> location_of("webhdfs://amml@nn1:9870,nn2:9870/lake/co2")
    'webhdfs://nn1:9870/lake/co2'
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].partition(",")[0]
    return f"{parts.scheme}://{host}{parts.path}"


def hive_type(type_: str, column: str) -> str:
    """What Hive calls an Arrow type.

    Errors: Unsuitable, it has none.

    >>> hive_type("list<item: double>", "xs"), hive_type("decimal128(9, 2)", "x")
    ('ARRAY<DOUBLE>', 'DECIMAL(9,2)')
    """
    if type_ in _HIVE:
        return _HIVE[type_]
    for pattern, meant in _HIVE_PATTERNS:
        if found := re.fullmatch(pattern, type_):
            return found.expand(meant)
    if found := _LIST.fullmatch(type_):
        return f"ARRAY<{hive_type(found[1], column)}>"
    raise Unsuitable(f"column `{column}`: Hive has no type for {type_}")


def _levels(by: str) -> tuple[str, ...]:
    return tuple(LEVELS[: [*LEVELS].index(by) + 1]) if by in LEVELS else ()


def _demand_distinct(columns: Sequence[Mapping[str, Any]]) -> None:
    known: dict[str, str] = {}
    for each in columns:
        other = known.setdefault(each["name"].lower(), each["name"])
        if other != each["name"]:
            raise Unsuitable(f"columns `{other}` and `{each['name']}` are one to Hive")


def _ticked(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text(value: str, doubled: bool = False) -> str:
    """A string literal: DuckDB doubles a quote, Hive and Spark escape it."""
    if doubled:
        return "'" + value.replace("'", "''") + "'"
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
