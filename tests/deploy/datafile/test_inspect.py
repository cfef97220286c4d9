import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.datafile.errors import DataFileRefused
from amml_deploy.datafile.inspect import inspect_file

TWO = "t,a\n2016-07-01 00:00:00,1\n2016-07-01 01:00:00,2\n"


def test_the_entry_says_all_that_the_catalogue_keeps(inspect: Callable[..., Any]) -> None:
    assert inspect("a.csv", TWO, tz="Asia/Seoul", key=["a"]) == {
        "kind": "file",
        "format": "csv",
        "sha256": hashlib.sha256(TWO.encode()).hexdigest(),
        "bytes": len(TWO),
        "time": "t",
        "tz": "Asia/Seoul",
        "key": ["a"],
        "columns": [{"name": "t", "type": "timestamp"}, {"name": "a", "type": "int"}],
        "rows": 2,
        "first": "2016-06-30T15:00:00+00:00",
        "last": "2016-06-30T16:00:00+00:00",
        "file": "a.csv",
    }


def test_a_table_may_have_no_time(inspect: Callable[..., Any]) -> None:
    entry = inspect("a.csv", "room,floor\na,1\n", time=None, key=["room"])
    assert (entry["time"], entry["first"], entry["rows"]) == (None, None, 1)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", TWO), ("a.jsonl", '{"t": "2016-07-01"}\n' * 50_000), ("a.txt", TWO)],
)
def test_the_hash_is_of_all_bytes_whatever_the_format(
    inspect: Callable[..., Any], name: str, content: str
) -> None:
    assert inspect(name, content)["sha256"] == hashlib.sha256(content.encode()).hexdigest()


def test_first_and_last_do_not_depend_on_the_order_of_the_rows(
    inspect: Callable[..., Any],
) -> None:
    entry = inspect("a.csv", "t\n2016-07-02\n2016-07-03\n2016-07-01\n")
    assert (entry["first"][:10], entry["last"][:10]) == ("2016-07-01", "2016-07-03")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time": "tt"}, "no column `tt`; did you mean `t`?"),
        ({"time": "when"}, "no column `when`; there are: t, a"),
        ({"key": ["b"]}, "no column `b`"),
        ({"time": "a"}, "row 2: column `a` holds '1', which is no time"),
    ],
)
def test_a_column_that_is_not_there_is_named(
    inspect: Callable[..., Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataFileRefused) as refused:
        inspect("a.csv", TWO, **options)
    assert message in str(refused.value)


def test_the_first_row_without_a_time_is_named(inspect: Callable[..., Any]) -> None:
    with pytest.raises(DataFileRefused, match="row 4: column `t` has no time"):
        inspect("a.csv", "t,a\n2016-07-01,1\n2016-07-01,1\n,1\n")


def test_a_compressed_or_missing_file_is_refused(
    inspect: Callable[..., Any], tmp_path: Path
) -> None:
    with pytest.raises(DataFileRefused, match="unpack it first"):
        inspect("a.csv.gz", b"\x1f\x8b\x08")
    with pytest.raises(DataFileRefused, match="No such file"):
        inspect_file(tmp_path / "none.csv", "t")
    with pytest.raises(DataFileRefused, match="directory"):
        inspect_file(tmp_path, "t")


def test_progress_ends_at_the_size_of_the_file(inspect: Callable[..., Any]) -> None:
    seen: list[tuple[int, int]] = []

    def note(done: int, total: int) -> None:
        seen.append((done, total))

    inspect("a.csv", TWO, progress=note)
    assert seen[-1] == (len(TWO), len(TWO))


def test_a_log_has_its_pattern_and_how_many_lines_it_missed(inspect: Callable[..., Any]) -> None:
    lines = "2024-01-01 00:00:00 0.5\n?\n2024-01-01 00:00:01 7\n"
    pattern = "^%{TIMESTAMP_ISO8601:t} %{NUMBER:took}$"
    entry = inspect("a.log", lines, format="log", pattern=pattern)
    assert (entry["format"], entry["pattern"], entry["unread"]) == ("log", pattern, 1)
    assert [each["type"] for each in entry["columns"]] == ["timestamp", "float"]
    assert (entry["rows"], entry["last"]) == (2, "2024-01-01T00:00:01+00:00")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("^%{INT:t} nothing", "the pattern matches no line; line 1 is b'2016"),
        ("%{WHAT:t}", "the pattern asks for"),
        ("%{INT:x}", "no column `t`"),
    ],
)
def test_a_pattern_that_cannot_be_right_is_refused(
    inspect: Callable[..., Any], pattern: str, said: str
) -> None:
    with pytest.raises(DataFileRefused, match=said):
        inspect("a.log", "2016-07-01 00:00:00\n", format="log", pattern=pattern)
