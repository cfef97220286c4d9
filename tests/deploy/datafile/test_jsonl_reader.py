from collections.abc import Callable
from typing import Any

import pytest

from amml_deploy.datafile.errors import DataFileRefused


def test_types_come_from_all_lines_and_missing_names_are_null(types: Callable[..., Any]) -> None:
    lines = (
        '{"t": "2016-01-01", "n": 1, "s": "7", "nothing": null}\n\n'
        '{"t": "2016-01-02", "n": 1.5, "b": true}\n'
    )
    assert types("a.jsonl", lines) == {
        "t": "timestamp",
        "n": "float",
        "s": "string",
        "nothing": "string",
        "b": "bool",
    }


def test_a_number_is_a_time_since_1970(inspect: Callable[..., Any]) -> None:
    entry = inspect("a.jsonl", '{"t": 1467331200}\n{"t": 1467331201000}\n')
    assert entry["first"] == "2016-07-01T00:00:00+00:00"
    assert entry["last"] == "2016-07-01T00:00:01+00:00"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('{"t":"2016-01-01","a":1}\n{"t":"2016-01-02","a":"x"}\n', "row 2: column `a` holds text"),
        ('{"t":"2016-01-01","a":true}\n{"t":"2016-01-02","a":1}\n', "row 2: column `a` holds int"),
        ('{"t":"2016-01-01","a":[1]}\n', "row 1: column `a` holds a list"),
        ('{"t":"2016-01-01","a":{}}\n', "row 1: column `a` holds an object"),
        ('{"t":"2016-01-01","a":NaN}\n', "NaN is no number of JSON"),
        ('{"t":"2016-01-01","a":9223372036854775808}\n', "beyond 64 bits"),
        ("[1]\n", "row 1 is not a JSON object"),
        ('{"t":"2016-01-01"}\n\n{"t":', "row 3 is not JSON"),
        ("[" * 100_000, "row 1 is not JSON"),
        ('{"t":"2016-01-01"}\n{"a":1}\n', "row 2: column `t` has no time"),
    ],
)
def test_a_broken_line_is_refused_with_its_row(
    inspect: Callable[..., Any], lines: str, message: str
) -> None:
    with pytest.raises(DataFileRefused) as refused:
        inspect("a.jsonl", lines)
    assert message in str(refused.value)
