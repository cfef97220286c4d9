import pytest

from amml_deploy.errors import UserError
from amml_deploy.sources.entries import check_zone, topic_entry


def test_an_entry_of_a_topic_says_how_to_read_its_records() -> None:
    assert topic_entry("co2.raw", "at", "UTC", ["place"], "at:timestamp, place:string") == {
        "kind": "topic",
        "topic": "co2.raw",
        "time": "at",
        "tz": "UTC",
        "key": ["place"],
        "columns": [{"name": "at", "type": "timestamp"}, {"name": "place", "type": "string"}],
    }


def test_a_column_name_may_hold_a_colon() -> None:
    assert topic_entry("t", None, "UTC", [], "a:b:int")["columns"][0]["name"] == "a:b"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("at", "expected NAME:TYPE"),
        ("at:datetime", "one of int, float, bool, timestamp, string"),
        (":int", "expected NAME:TYPE"),
        ("a:int,a:float", "stands there twice"),
        ("a:int", "`at` is not among --columns"),
    ],
)
def test_wrong_columns_are_refused(columns: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        topic_entry("t", None if "a:int,a" in columns else "at", "UTC", [], columns)


@pytest.mark.parametrize("zone", ["Asia/Seul", "", "../../etc/passwd", "/etc/passwd", "x" * 5000])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(UserError, match="no time zone"):
        check_zone(zone)
