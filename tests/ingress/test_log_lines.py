"""Logs by pattern: grok's names, RE2's expressions, and lines that do not match."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_ingress._shared.log_lines import GROK, expression, lines_of, parse

WEB = (
    r"^%{IP:client} \S+ %{NOTSPACE:user} \[%{HTTPDATE:at}\] "
    r'"%{WORD:method} %{NOTSPACE:path} %{DATA}" %{INT:status} %{INT:bytes}$'
)
LINE = '10.0.0.1 - eve [03/Feb/2024:23:59:59 +0100] "GET /a?b HTTP/1.1" 200 2326'
PLAIN = r"^(?P<at>\S+ \S+) (?P<level>\w+) (?P<took>[0-9.]+)$"

Make = Callable[..., Any]


def fields(line: str, pattern: str) -> dict[str, Any]:
    return {n: each[0].as_py() for n, each in parse(pa.array([line]), pattern).fields.items()}


def test_a_web_servers_line_becomes_columns_and_its_time_iso() -> None:
    assert fields(LINE, WEB) == {
        "client": "10.0.0.1",
        "user": "eve",
        "at": "2024-02-03T23:59:59+01:00",
        "method": "GET",
        "path": "/a?b",
        "status": "200",
        "bytes": "2326",
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("NUMBER", "-1.5e3"),
        ("INT", "+42"),
        ("IP", "::1"),
        ("UUID", "123e4567-e89b-12d3-a456-426614174000"),
        ("LOGLEVEL", "Warning"),
        ("TIMESTAMP_ISO8601", "2024-02-03 04:05:06,789"),
        ("QUOTEDSTRING", r'"a \" b"'),
        ("PATH", "/var/log/x"),
        ("HOSTNAME", "db-1.hall.example"),
    ],
)
def test_a_grok_name_takes_all_of_what_it_is_for(name: str, text: str) -> None:
    assert fields(f"<{text}>", f"^<%{{{name}:x}}>$") == {"x": text}


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("%{WHAT:x}", "asks for %{WHAT}; there are DATA"),
        ("abc", "names no field"),
        ("(?P<a>x)(?P<a>y)", "names the field `a` twice"),
        ("(?P<a>[)", "no regular expression of RE2"),
        (r"(?P<a>x)(?=y)", "no regular expression of RE2"),
    ],
)
def test_a_pattern_that_is_none_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(").replace("{", r"\{")):
        expression(pattern)


@given(st.lists(st.text(), max_size=5), st.sampled_from(sorted(GROK)))
def test_no_line_is_too_strange_for_a_pattern(lines: list[str], name: str) -> None:
    found = parse(pa.array(lines, pa.string()), f"%{{{name}:x}}")
    assert len(found.matched) == len(lines)
    for matched, value in zip(
        found.matched.to_pylist(), found.fields["x"].to_pylist(), strict=True
    ):
        assert matched or value is None


def test_a_greedy_pattern_ends_soon_on_a_line_made_to_stop_it() -> None:
    """Where a backtracking engine takes the age of the universe, RE2 looks at each byte once."""
    line = "a" * 100_000
    assert fields(line, r"^(?P<x>(?:a+)+)b$") == {"x": None}


def test_bytes_that_are_no_text_leave_the_rest_of_the_line() -> None:
    assert lines_of([b"a\xff\r\n", b"b"]) == ["a\ufffd", "b"]


def test_lines_that_do_not_match_are_refused_with_the_line(source: Make) -> None:
    content = "2024-01-01 00:00:00 info 0.5\n??\n2024-01-01 00:00:01 warn 1.5\n"
    columns = "at=timestamp level=string took=float"
    made = source(content, columns, format="log", time="at", pattern=PLAIN)
    [portion] = made.read(None)
    assert portion.batch.column("took").to_pylist() == [0.5, 1.5]
    assert portion.position == 3
    [refusal] = portion.refused
    assert refusal.rows.column("line").to_pylist() == ["??"]
    assert refusal.reason == "the line does not match the pattern"


def test_reading_goes_on_after_any_line(source: Make) -> None:
    lines = [f"2024-01-01 00:00:{n:02} info {n}" if n % 3 else "?" for n in range(30)]
    columns = "at=timestamp level=string took=float"
    made = source("\n".join(lines), columns, format="log", time="at", pattern=PLAIN)
    [whole] = made.read(None)
    [rest] = made.read(10)
    assert rest.batch.to_rows() == whole.batch.to_rows()[-rest.batch.rows :]
    assert (rest.batch.rows, rest.position) == (14, 30)
