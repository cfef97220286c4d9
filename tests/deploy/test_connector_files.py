"""A connector's configuration as people write it."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.connector_files import jdbc_config, milliseconds, parse, read, setting
from amml_deploy.errors import UserError

URL = "jdbc:postgresql://db/hall"


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "hall", "config": {"mode": "bulk", "poll.interval.ms": 10000, "x": true}}',
        "name: hall\nconfig:\n  mode: bulk\n  poll.interval.ms: 10000\n  x: true\n",
    ],
)
def test_json_and_yaml_say_the_same(text: str) -> None:
    assert parse(text, None) == (
        "hall",
        {"mode": "bulk", "poll.interval.ms": "10000", "x": "true"},
    )


def test_settings_alone_need_a_name_in_them_or_beside_them() -> None:
    assert parse("mode: bulk", "hall") == ("hall", {"mode": "bulk"})
    assert parse("mode: bulk\nname: hall", None)[0] == "hall"
    with pytest.raises(UserError, match="--name NAME"):
        parse("mode: bulk", None)


def test_the_name_that_is_asked_for_goes_before_the_one_in_the_file() -> None:
    assert parse('{"name": "a", "config": {"name": "a"}}', "b") == ("b", {"name": "b"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "expected"),
        ("just words", "expected"),
        ("a: [", "neither JSON nor YAML"),
        ("name: a\nb: &x [*x]", "put it in quotes"),
        ("name: a\nconfig: bulk", "`config` holds settings"),
        ("name: a\nconfig: {}\nmode: bulk", "beside `config` goes `name` only, found mode"),
        ("name: a\ntables: [a, b]", "tables: expected a text"),
        ("name: a\nfrom: 2020-01-01", "from: expected a text.*quotes"),
    ],
)
def test_what_cannot_be_a_configuration_is_told(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse(text, None)


def test_a_file_is_read_or_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "c.json").write_text("{}", encoding="utf-8")
    (tmp_path / "bad.json").write_bytes(b"\xff")
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"a": 1})))
    assert (read(str(tmp_path / "c.json")), read("-")) == ("{}", '{"a": 1}')
    for name, message in (("no", "there is no file"), ("bad.json", "UTF-8"), (".", "cannot be")):
        with pytest.raises(UserError, match=message):
            read(str(tmp_path / name))


@pytest.mark.parametrize(
    ("columns", "mode"),
    [
        ({}, "bulk"),
        ({"time_column": "at"}, "timestamp"),
        ({"id_column": "id"}, "incrementing"),
        ({"time_column": "at", "id_column": "id"}, "timestamp+incrementing"),
    ],
)
def test_the_mode_follows_from_the_columns(columns: Mapping[str, Any], mode: str) -> None:
    config = jdbc_config("hall", URL, tables=["co2", "t"], **columns)
    assert (config["mode"], config["table.whitelist"]) == (mode, "co2,t")


def test_a_query_has_one_topic_and_tables_one_each() -> None:
    assert jdbc_config("hall", URL, query="SELECT 1")["topic.prefix"] == "hall"
    assert jdbc_config("hall", URL, tables=["co2"])["topic.prefix"] == "hall."


def test_only_what_was_said_is_set() -> None:
    config = jdbc_config("hall", URL, user="u", password_secret="db", tables=["a"], every="10s")
    assert config == {
        "connector.class": "amml.connect.jdbc.JdbcSourceConnector",
        "connection.url": URL,
        "connection.user": "u",
        "connection.password": "${secret:db}",
        "table.whitelist": "a",
        "mode": "bulk",
        "poll.interval.ms": "10000",
        "topic.prefix": "hall.",
    }


@pytest.mark.parametrize("more", [{}, {"tables": ["a"], "query": "SELECT 1"}])
def test_tables_or_a_query_but_not_both(more: Mapping[str, Any]) -> None:
    with pytest.raises(UserError, match="either --table or --query"):
        jdbc_config("hall", URL, **more)


@pytest.mark.parametrize("text", ["10", "s", "1.5s", "-1s", "10x", "1h30m"])
def test_a_duration_that_is_none_is_told(text: str) -> None:
    with pytest.raises(UserError, match="as 10s"):
        milliseconds(text)


def test_a_setting_has_two_sides() -> None:
    assert setting("query.suffix=a=b") == ("query.suffix", "a=b")
    with pytest.raises(UserError, match="key=value"):
        setting("query")
