"""What `amml lake schema` shows of a data set's document."""

from collections.abc import Mapping, Sequence
from typing import Any

from amml_deploy.errors import UserError
from amml_deploy.output import as_json_line, table
from amml_lake import ddl


def columns(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The columns, the oldest first."""
    return [
        {
            "name": each["name"],
            "type": each["type"],
            "meta": each["meta"],
            "since": each["since"][0],
        }
        for each in document["columns"]
    ]


def columns_text(document: Mapping[str, Any]) -> str:
    """A table of the columns."""
    rows = [
        [
            each["name"],
            each["type"],
            as_json_line(each["meta"]) if each["meta"] else None,
            each["since"],
        ]
        for each in columns(document)
    ]
    return table(["COLUMN", "TYPE", "METADATA", "SINCE"], rows)


def statements(document: Mapping[str, Any], place: str, engines: Sequence[str]) -> dict[str, str]:
    """The statement for each engine.

    Errors: UserError, DuckDB reads local folders only; Unsuitable, Hive cannot have these columns.
    """
    name, by = document["name"], document["by"]
    if "duckdb" in engines and not place.startswith("file://"):
        raise UserError(
            f"DuckDB reads local folders only, not {place}: mount it and name the folder "
            "(--location file:///FOLDER), or register fsspec in Python, as docs/lake.md shows"
        )
    told = {
        "hive": lambda: ddl.hive(name, by, document["columns"], place),
        "spark": lambda: ddl.spark(name, place),
        "duckdb": lambda: ddl.duckdb(by, place),
    }
    return {engine: told[engine]() for engine in engines}
