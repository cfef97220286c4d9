"""`print`: one line a row, safe to show and recognisable when it comes again."""

import io
import json
from datetime import UTC, datetime

from amml_egress.print import Print
from amml_runtime.batch import Batch
from amml_runtime.component import Origin
from amml_runtime.testing import batch_of

AT = Origin("amml.hot.r1.filter", 2, 40, 41)


def printed(batch: Batch) -> list[str]:
    out = io.StringIO()
    Print(out=out).write(batch, AT)
    return out.getvalue().splitlines()


def test_a_row_tells_where_it_was_read() -> None:
    lines = printed(batch_of({"x": [1, 2]}))
    assert lines == ['{"x":1,"_src":"2:40+0"}', '{"x":2,"_src":"2:40+1"}']


def test_times_are_iso_and_what_json_lacks_is_null() -> None:
    time = datetime(2016, 7, 1, tzinfo=UTC)
    (line,) = printed(batch_of({"_time": [time], "_key": ["k"], "x": [float("nan")]}))
    assert json.loads(line) == {
        "_time": "2016-07-01T00:00:00Z",
        "_key": "k",
        "x": None,
        "_src": "2:40+0",
    }


def test_nothing_that_steers_a_terminal_comes_through() -> None:
    evil = "\x1b[2J\x07\x7f\x9b\u202e\u2028\n"
    (line,) = printed(batch_of({"x": [evil], evil: [1]}))
    assert line.isprintable()
    assert json.loads(line)["x"] == evil


def test_no_rows_print_nothing() -> None:
    assert printed(batch_of({"x": [1]}).slice(0, 0)) == []
