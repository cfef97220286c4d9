import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from amml_deploy.platform.home import Platform
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.spec import TopicSpec

TWO = "t,a\n2016-07-01 00:00:00,1\n2016-07-01 01:00:00,2.5\n"
SOMETHING = ["--file", "a.csv", "--time", "t"]


@pytest.fixture
def csv(tmp_path: Path) -> str:
    """A file of two rows."""
    path = tmp_path / "a.csv"
    path.write_text(TWO, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Ett", *SOMETHING], "a source name matches"),
        (["../x", *SOMETHING], "a source name matches"),
        (["ett"], "give either --file, --topic, --connect or --table"),
        (["ett", "--file", "a", "--topic", "b"], "give either --file"),
        (["ett", "--file", "a.csv"], "--time is missing"),
        (["ett", "--file", "a.csv", "--time", "t", "--no-time"], "exclude each other"),
        (["ett", "--topic", "a", "--no-time"], "--no-time goes with --file"),
        (["ett", *SOMETHING, "--tz", "Mars/Base"], "no time zone 'Mars/Base'"),
        (["ett", *SOMETHING, "--format", "xml"], "'xml' is not one of"),
        (["ett", *SOMETHING, "--columns", "a:int"], "--columns goes with --topic"),
        (["ett", "--topic", "amml.hot.r1.filter"], "lies inside the prefix `amml`"),
        (["ett", "--topic", "co2", "--format", "csv"], "--format goes with --file or --connect"),
        (["ett", "--topic", "co2", "--columns", "a"], "expected NAME:TYPE"),
        (["ett", "--file", "a", "--connect", "b"], "give either --file"),
        (["ett", "--file", "a", "--format", "connect"], "--format connect goes with --topic"),
        (["ett", "--connect", "b", "--topic", "amml.x"], "lies inside the prefix `amml`"),
        (["ett", "--connect", "b", "--columns", "a:int"], "--columns goes with --topic"),
        (["ett", "--connect", "b", "--format", "csv"], "--format csv goes with --file"),
        (["ett", *SOMETHING, "--format", "log"], "--format log and --pattern go together"),
        (["ett", *SOMETHING, "--pattern", "x"], "--format log and --pattern go together"),
        (["ett", "--topic", "co2", "--pattern", "x"], "--pattern goes with --file"),
        (["ett", "--table", "t", "--topic", "co2"], "give either"),
        (["ett", "--table", "t"], "--url is missing"),
        (["ett", "--table", "t", "--url", "mysql://db/hall"], "expected postgresql://"),
        (["ett", "--table", "t", "--url", "postgresql://u:hunter2@db/x"], "--url holds a password"),
        (["ett", "--table", "t", "--url", "postgresql://db/x?password=a"], "holds a password"),
        (["ett", "--table", "t", "--url", "postgresql://db/x", "--every", "often"], "often"),
        (["ett", "--topic", "co2", "--by", "id"], "--by goes with --table"),
        (["ett", "--follow"], "No such option"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_asked(
    amml: Callable[..., Any], words: list[str], message: str
) -> None:
    ran = amml("source", "add", *words)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_without_a_platform_the_message_says_what_to_do(amml: Callable[..., Any], csv: str) -> None:
    ran = amml("source", "add", "ett", "--file", csv, "--time", "t")
    assert ran.code == 1 and "run `amml up`" in ran.err


@pytest.mark.platform
def test_a_file_is_added_shown_listed_and_removed(
    on_platform: Callable[..., Any], own: str, csv: str
) -> None:
    added = on_platform("source", "add", own, "--file", csv, "--time", "t")
    assert (added.code, added.out) == (
        0,
        f"source {own}: 2 rows of 2 columns, 2016-07-01T00:00:00+00:00 to "
        "2016-07-01T01:00:00+00:00\n",
    )
    shown = on_platform("source", "show", own, "--output", "json").document
    assert shown["columns"] == [
        {"name": "t", "type": "timestamp"},
        {"name": "a", "type": "float"},
    ]
    listed = on_platform("source", "list", "--output", "json").document
    assert own in [entry["name"] for entry in listed]
    assert on_platform("source", "remove", own).code == 0
    gone = on_platform("source", "show", own)
    assert gone.code == 2 and "does not exist" in gone.err


@pytest.mark.platform
def test_the_same_bytes_are_not_sent_twice(
    on_platform: Callable[..., Any], own: str, csv: str
) -> None:
    Path(csv).write_text(f"t,{own}\n2016-07-01,1\n", encoding="utf-8")  # unlike any other file
    first = on_platform("source", "add", own, "--file", csv, "--time", "t")
    again = on_platform("source", "add", own, "--file", csv, "--time", "t")
    assert "there already" not in first.err and "there already" in again.err
    assert first.out == again.out
    on_platform("source", "remove", own)


@pytest.mark.platform
def test_a_broken_file_changes_nothing(
    on_platform: Callable[..., Any], own: str, tmp_path: Path
) -> None:
    broken = tmp_path / "b.csv"
    broken.write_text(TWO + "2016\n", encoding="utf-8")
    ran = on_platform("source", "add", own, "--file", str(broken), "--time", "t")
    assert ran.code == 2 and "row 4 has 1 value(s), expected 2" in ran.err
    assert on_platform("source", "show", own).code == 2


@pytest.mark.platform
def test_a_topic_is_added_with_its_columns(on_platform: Callable[..., Any], own: str) -> None:
    words = ["--topic", "co2.raw", "--time", "at", "--columns", "at:timestamp,co2:float"]
    added = on_platform("source", "add", own, *words, "--output", "json").document
    assert (added["kind"], added["topic"], added["time"]) == ("topic", "co2.raw", "at")
    on_platform("source", "remove", own)


def envelope(**payload: Any) -> bytes:
    """A record as Kafka Connect's JsonConverter writes it."""
    fields = [
        {"type": "string", "optional": True, "field": "event_time"},
        {"type": "int32", "optional": False, "field": "position"},
    ]
    schema = {"type": "struct", "fields": fields, "optional": False, "name": "view"}
    return json.dumps({"schema": schema, "payload": payload}).encode()


@pytest.fixture
def filled(platform: Platform, own: str) -> Generator[str]:
    """A topic with a record, a tombstone after it."""
    topic = f"{own}.view"
    create_topics(platform.kafka, [TopicSpec(topic, 2)])
    producer = Producer({"bootstrap.servers": platform.kafka})
    producer.produce(topic, envelope(event_time="2026-01-01 09:00:00", position=1), b"k")
    producer.produce(topic, None, b"k")
    producer.flush()
    yield topic
    remove_prefix(platform.kafka, topic)


@pytest.mark.platform
def test_connects_records_bring_their_columns(
    on_platform: Callable[..., Any], own: str, filled: str
) -> None:
    words = ["--topic", filled, "--format", "connect", "--time", "event_time"]
    added = on_platform("source", "add", own, *words, "--key", "position", "--tz", "Asia/Seoul")
    assert (added.code, added.out) == (0, f"source {own}: topic {filled}, 2 columns\n")
    entry = on_platform("source", "show", own, "--output", "json").document
    wanted = {"kind": "topic", "format": "connect", "topic": filled, "time": "event_time"}
    assert wanted.items() <= entry.items() and "connector" not in entry
    assert (entry["key"], entry["tz"]) == (["position"], "Asia/Seoul")
    shown = on_platform("source", "show", own).out
    assert "event_time  string" in shown and "position    int" in shown
    planned = on_platform("plan", "hot", f'source id="{own}" | print', "--partitions", "2")
    assert "source: exactly once from its topic on; into it as its connector" in planned.out
    wrong = on_platform("plan", "hot", f'source id="{own}" | filter positon > 1 | print')
    assert wrong.code == 2 and "did you mean `position`" in wrong.err
    on_platform("source", "remove", own)


@pytest.mark.platform
def test_a_topic_without_a_record_is_added_without_columns(
    on_platform: Callable[..., Any], own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amml_deploy.sources.connect_entry.SECONDS", 0.0)
    words = ["--topic", f"{own}.none", "--format", "connect", "--time", "at"]
    added = on_platform("source", "add", own, *words)
    assert added.code == 0 and "will be those of the records that come" in added.err
    assert on_platform("source", "show", own, "--output", "json").document["columns"] == []
    on_platform("source", "remove", own)
