"""What a connector's configuration may not hold."""

import pytest

from amml_model_manager.connect.classes import CONFLUENT, DEBEZIUM, OURS, chosen, is_allowed
from amml_model_manager.connect.rules import problems

SLIDES = {
    "connector.class": CONFLUENT,
    "mode": "timestamp",
    "timestamp.column.name": "event_time",
    "table.whitelist": "SENSOR_DATA_VIEW",
    "table.types": "VIEW",
    "topic.prefix": "sensors.",
    "connection.password": "plain",
}


def wrong(**settings: str) -> list[str]:
    """The settings at fault, `_` standing for a dot."""
    given = {key.replace("_", "."): value for key, value in settings.items()}
    return list(problems({"connector.class": OURS, **given}, ()))


def test_an_ordinary_configuration_passes() -> None:
    assert problems(SLIDES, ()) == {}


@pytest.mark.parametrize(
    "key",
    [
        "producer.override.acks",
        "consumer.override.sasl.jaas.config",
        "admin.override.ssl.truststore.location",
        "x.producer.override.acks",
        "config.providers",
        "config.providers.env.class",
        "sasl.jaas.config",
        "signal.consumer.sasl.jaas.config",
        "signal.kafka.bootstrap.servers",
        "schema.history.internal.producer.ssl.keystore.location",
        "database.sslfactory",
        "driver.socketFactory",
        "database.socketFactoryArg",
        "database.loggerFile",
    ],
)
def test_settings_that_reach_clients_code_or_files_are_refused(key: str) -> None:
    assert list(problems({"connector.class": DEBEZIUM, key: "x"}, ())) == [key]


@pytest.mark.parametrize("key", ["errors.deadletterqueue.topic.name", "errors.tolerance"])
def test_settings_for_errors_are_not(key: str) -> None:
    assert problems({"connector.class": OURS, key: "x"}, ()) == {}


@pytest.mark.parametrize(
    "value",
    [
        "${env:HOME}",
        "${file:/etc/passwd:root}",
        "${secret:a:b}",
        "${secret:../token}",
        "${secret:}",
    ],
)
def test_only_secrets_may_be_referred_to(value: str) -> None:
    assert wrong(connection_url=f"jdbc:x{value}y") == ["connection.url"]


@pytest.mark.parametrize(
    "key",
    ["topic.prefix", "transforms.a.static.value", "query", "table.whitelist", "name", "client.id"],
)
def test_no_secret_stands_where_others_read_it(key: str) -> None:
    assert list(problems({"connector.class": OURS, key: "a${secret:hall}"}, ())) == [key]


@pytest.mark.parametrize("value", ["${secret:hall-db}", "u:${secret:a}@${secret:b}", "${topic}-1"])
def test_secrets_and_the_marks_of_transforms_may(value: str) -> None:
    assert wrong(connection_url=value) == []


def test_converters_are_two() -> None:
    json, avro = "org.apache.kafka.connect.json.JsonConverter", "io.confluent.AvroConverter"
    assert wrong(value_converter=json, key_converter_schemas_enable="false") == []
    assert wrong(value_converter=avro, header_converter="x") == [
        "value.converter",
        "header.converter",
    ]


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        ("org.apache.kafka.connect.transforms.RegexRouter", True),
        ("org.apache.kafka.connect.transforms.TimestampConverter$Value", True),
        ("io.debezium.transforms.ExtractNewRecordState", True),
        ("io.debezium.transforms.Filter", False),
        ("io.debezium.transforms.ContentBasedRouter", False),
        ("org.evil.Transform", False),
        ("javax.naming.InitialContext", False),
    ],
)
def test_transforms_are_kafkas_and_debeziums_without_scripts(name: str, passes: bool) -> None:
    assert (wrong(transforms_a_type=name) == []) is passes


def test_tables_that_look_like_classes_are_tables() -> None:
    assert wrong(table_whitelist="shop.public.Orders", table_types="TABLE,VIEW") == []


@pytest.mark.parametrize("topic", ["amml.hot.r1.filter", "amml", "__consumer_offsets"])
def test_our_own_topics_are_out_of_reach(topic: str) -> None:
    assert wrong(topic_prefix=topic) == ["topic.prefix"]
    assert wrong(transforms_a_replacement=topic) == ["transforms.a.replacement"]


def test_a_hidden_value_is_not_taken_for_one() -> None:
    assert wrong(connection_password="[hidden]") == ["connection.password"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = problems({"producer.override.a": "1", "b": "${env:X}${file:/y:z}"}, ())
    assert found["connector.class"] == ["is missing"]
    assert [len(each) for each in found.values()] == [1, 1, 2]


@pytest.mark.parametrize(
    "name",
    [
        "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "org.apache.kafka.connect.mirror.MirrorSourceConnector",
        "io.confluent.connect.jdbc.JdbcSinkConnector",
        "JdbcSourceConnector",
    ],
)
def test_classes_are_those_of_the_list(name: str) -> None:
    assert list(problems({"connector.class": name}, ())) == ["connector.class"]


def test_the_owner_may_allow_more_but_no_files() -> None:
    sink, files = "io.confluent.connect.jdbc.JdbcSinkConnector", "x.FileStreamSourceConnector"
    assert is_allowed(sink, [sink]) and not is_allowed(files, [files])


def test_a_short_name_is_answered_with_the_whole_one() -> None:
    [said] = problems({"connector.class": "JdbcSourceConnektor"}, ())["connector.class"]
    assert f"did you mean `{OURS}`?" in said


def test_ours_stands_in_for_confluents_only_where_that_is_missing() -> None:
    assert chosen(CONFLUENT, [OURS]) == (
        OURS,
        f"{CONFLUENT} is not installed: {OURS} does its work",
    )
    assert chosen(CONFLUENT, [OURS, CONFLUENT]) == (CONFLUENT, "")
    with pytest.raises(LookupError, match="not installed on the worker"):
        chosen(CONFLUENT, [DEBEZIUM])
