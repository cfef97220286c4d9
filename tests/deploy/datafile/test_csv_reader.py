from collections.abc import Callable
from typing import Any

import pytest

from amml_deploy.datafile.errors import DataFileRefused

LONG = "2016-07-01,1\n" * 300_000  # several of the reader's blocks


def test_each_column_has_the_first_type_all_its_values_fit(types: Callable[..., Any]) -> None:
    text = (
        "t,int,float,bool,time,text,empty,gaps\n"
        "2016-07-01,1,1,true,2016-01-01,x,,\n"
        "2016-07-02,-2,2.5,False,2016-01-01T10:00:00Z,5,,3\n"
    )
    assert types("a.csv", text) == {
        "t": "timestamp",
        "int": "int",
        "float": "float",
        "bool": "bool",
        "time": "timestamp",
        "text": "string",
        "empty": "string",
        "gaps": "int",
    }


@pytest.mark.parametrize(
    ("last", "expected"), [("7", "int"), ("0.5", "float"), ("true", "string"), ("NaN", "int")]
)
def test_a_type_holds_for_the_whole_file_and_not_for_its_start(
    types: Callable[..., Any], last: str, expected: str
) -> None:
    assert types("a.csv", f"t,a\n{LONG}2016-07-01,{last}\n")["a"] == expected


def test_a_hexadecimal_number_is_text(types: Callable[..., Any]) -> None:
    assert types("a.csv", "t,a\n2016-07-01,0x1f\n2016-07-01,1.5\n")["a"] == "string"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t,a\n2016-07-01,1\n2016-07-01\n", "row 3 has 1 value(s), expected 2"),
        (f"t,a\n{LONG}2016-07-01,1,2\n", "row 300002 has 3 value(s), expected 2"),
        ("", "is empty"),
        ("t,a\n", "no rows"),
        ("t;a\n1;2\n", "separated by `;`"),
        ("t\ta\n1\t2\n", "separated by a tab"),
        ("t,a,a\n1,2,3\n", "two columns are named `a`"),
        ("t,,a\n1,2,3\n", "column 2 has no name"),
        ("t,_key\n2016-07-01,1\n", "`_key` is AMML's own"),
    ],
)
def test_a_broken_file_is_refused_with_its_row(
    inspect: Callable[..., Any], text: str, message: str
) -> None:
    with pytest.raises(DataFileRefused, match=r"a\.csv: ") as refused:
        inspect("a.csv", text)
    assert message in str(refused.value)


def test_bytes_that_are_no_text_are_refused_with_row_and_column(
    inspect: Callable[..., Any],
) -> None:
    broken = b"t,a\n2016-07-01,x\n2016-07-01,\xff\n"
    with pytest.raises(DataFileRefused, match="row 3: column `a` is not UTF-8 text"):
        inspect("a.csv", broken)
    with pytest.raises(DataFileRefused, match="row 1 is not UTF-8 text"):
        inspect("b.csv", "t,a\n".encode("utf-16"))


def test_a_byte_order_mark_and_quoted_line_breaks_are_read(inspect: Callable[..., Any]) -> None:
    entry = inspect("a.csv", '\ufefft,a\n2016-07-01,"x\ny"\n2016-07-02,z\n')
    assert entry["rows"] == 2


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ('2016-07-01,1\n2016-07-02,"2\n2016-07-03,3\n', 3),
        ('2016-07-01,"2', 2),
        ('2016-07-01,"', 2),
        ('2016-07-01,"\n', 2),
        ('2016-07-01,"""', 2),
        ('2016-07-01,"say ""x""', 2),
    ],
)
def test_a_quote_that_is_never_closed_is_refused(
    inspect: Callable[..., Any], rows: str, row: int
) -> None:
    """Arrow takes the rest of the file for one value."""
    with pytest.raises(DataFileRefused, match=f"row {row}: the quote before .* is never closed"):
        inspect("a.csv", f"t,a\n{rows}")


@pytest.mark.parametrize(
    "value",
    ['"2"', '"2"\n', '""', '""\r\n', '""""', '"say ""x"""', '"a\nb"\n', '4" wide', 'x"', "", "2"],
)
def test_quotes_that_are_closed_or_inside_a_value_are_fine(
    inspect: Callable[..., Any], value: str
) -> None:
    assert inspect("a.csv", f"t,a\n2016-07-01,{value}")["rows"] == 1
