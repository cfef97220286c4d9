"""The entry of a topic that Kafka Connect fills: which topic, which columns, which time."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from amml_deploy.errors import UserError
from amml_deploy.sources import connect_entry as entries
from amml_deploy.sources.connect_entry import connect_entry, newest_row, topic_of_connector
from amml_runtime.recording import Record

FIELDS = [
    {"type": "int64", "name": "org.apache.kafka.connect.data.Timestamp", "field": "at"},
    {"type": "string", "optional": True, "field": "event_time"},
    {"type": "boolean", "optional": True, "field": "on"},
    {"type": "int32", "field": "position"},
]
PAYLOAD = {"at": 0, "event_time": "2026-01-01 09:00:00", "on": True, "position": 1}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not there at once is not waited for."""
    monkeypatch.setattr(entries, "SECONDS", 0.0)


class Api:
    """Connectors and the topics they fill, as the control API tells of them."""

    def __init__(self, **topics: list[str]) -> None:
        self._topics = topics

    def find(self, path: str) -> Any:
        """What `GET /connectors/NAME/topics` answers."""
        found = self._topics.get(path.split("/")[2])
        return None if found is None else {"topics": found}

    def get(self, path: str) -> Any:
        """That again, or the names of all connectors."""
        return list(self._topics) if path == "/connectors" else self.find(path)


def record(value: bytes | None, at: int = 0) -> Record:
    return Record("t", 0, at, None, value, [])


def envelope(fields: Any = FIELDS, **payload: Any) -> bytes:
    schema = {"type": "struct", "fields": fields}
    return json.dumps({"schema": schema, "payload": {**PAYLOAD, **payload}}).encode()


def holding(*records: Record) -> Callable[[str], Sequence[Record]]:
    return lambda topic: records


def entry(row: Any = None, **more: Any) -> dict[str, Any]:
    row = row or newest_row("t", holding(record(envelope())))
    options: dict[str, Any] = {"connector": None, "time": None, "tz": "UTC", "key": [], **more}
    return connect_entry("t", row=row, **options)


def test_the_one_topic_of_a_connector_is_its_topic() -> None:
    api = Api(view=["pg.view"], more=["a.x", "a.y"])
    assert topic_of_connector(api, "view", None) == "pg.view"
    assert topic_of_connector(api, "more", "a.y") == "a.y"


@pytest.mark.parametrize(
    ("connector", "topic", "message"),
    [
        ("vew", None, "no connector `vew`; did you mean `view`?"),
        ("more", None, r"several topics: --topic is one of \['a.x', 'a.y'\]"),
        ("more", "a.z", "does not write to `a.z`; did you mean"),
        ("silent", None, "has written nothing yet"),
        ("inner", None, "lies inside the prefix"),
    ],
)
def test_a_topic_that_is_not_clear_is_asked_for(
    connector: str, topic: str | None, message: str
) -> None:
    api = Api(view=["pg.view"], more=["a.x", "a.y"], silent=[], inner=["amml.hot"])
    with pytest.raises(UserError, match=message):
        topic_of_connector(api, connector, topic)


def test_a_connector_that_has_written_nothing_may_have_its_topic_named() -> None:
    assert topic_of_connector(Api(silent=[]), "silent", "pg.view") == "pg.view"


def test_the_columns_are_those_of_the_newest_record_that_can_be_read() -> None:
    fields = [*FIELDS, {"type": "double", "optional": True, "field": "new"}]
    found = [record(envelope(), 1), record(envelope(fields), 2), record(None, 3), record(b"?", 4)]
    row = newest_row("t", holding(*found))
    assert entry(row, connector="view", time="at", key=["position"]) == {
        "kind": "topic",
        "format": "connect",
        "topic": "t",
        "time": "at",
        "tz": "UTC",
        "key": ["position"],
        "columns": [
            {"name": "at", "type": "timestamp"},
            {"name": "event_time", "type": "string"},
            {"name": "on", "type": "bool"},
            {"name": "position", "type": "int"},
            {"name": "new", "type": "float"},
        ],
        "connector": "view",
    }


def test_records_without_a_schema_are_told_from_none_at_all() -> None:
    with pytest.raises(UserError, match="no envelope of Connect's"):
        newest_row("t", holding(record(b'{"co2": 1}')))
    assert newest_row("t", holding(record(None))) is None


def test_without_a_record_the_columns_are_left_open() -> None:
    found = connect_entry("t", None, "at", "UTC", ["x"], None)
    assert (found["columns"], found["time"], found["key"]) == ([], "at", ["x"])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"time": "even_time"}, "--time: no column `even_time`; did you mean `event_time`?"),
        ({"key": ["position", "typ"]}, "--key: no column `typ`; there are: at, "),
        ({"time": "on"}, "`on` is bool, which says no time"),
    ],
)
def test_a_time_or_key_that_is_none_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        entry(**more)


@pytest.mark.parametrize("time", ["at", "event_time", "position"])
def test_a_time_is_a_time_a_number_or_a_text_that_says_one(time: str) -> None:
    assert entry(time=time)["time"] == time


def test_a_text_that_says_no_time_is_refused() -> None:
    row = newest_row("t", holding(record(envelope(event_time="soon"))))
    with pytest.raises(UserError, match="holds 'soon', which is no time"):
        entry(row, time="event_time")
