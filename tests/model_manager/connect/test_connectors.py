"""Connectors on a real worker, by the bodies of Connect's own REST API."""

import json
import logging
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import psycopg2
import pytest
import requests
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from psycopg2 import sql

from amml_deploy.platform.home import Platform
from amml_model_manager.connect.classes import CONFLUENT, DEBEZIUM, OURS
from amml_model_manager.settings import Settings

pytestmark = pytest.mark.platform
Serving: TypeAlias = Callable[[Settings], AbstractContextManager[requests.Session]]
Settle: TypeAlias = Callable[[str, str], dict[str, Any]]


@dataclass(frozen=True)
class Hall:
    """A table `hall` in a database of the test's own, and who reads it by a canary's password."""

    database: str
    host: str
    user: str
    password: str

    @property
    def jdbc(self) -> str:
        return f"jdbc:postgresql://{self.host}/{urlsplit(self.database).path[1:]}"

    def run(self, *statements: str) -> None:
        connection = psycopg2.connect(self.database)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()


@pytest.fixture
def hall(own_database: str) -> Generator[Hall]:
    """Two rows."""
    user, password = f"reader_{uuid.uuid4().hex[:8]}", f"c4n4ry-{uuid.uuid4().hex}"
    place = urlsplit(own_database)
    hall = Hall(own_database, f"{place.hostname}:{place.port}", user, password)
    hall.run(
        "CREATE TABLE hall (id serial PRIMARY KEY, co2 float, event_time timestamp DEFAULT now())",
        'CREATE VIEW "sensor_data_view" AS SELECT * FROM hall',
        "INSERT INTO hall (co2) VALUES (900), (1200.5)",
        f"CREATE ROLE {user} LOGIN REPLICATION PASSWORD '{password}'",
        f"GRANT SELECT ON hall, sensor_data_view TO {user}",
    )
    yield hall
    hall.run(f"DROP OWNED BY {user} CASCADE", f"DROP ROLE {user}")


@pytest.fixture
def api(
    serving: Serving, settings: Settings, platform: Platform, connect: str
) -> Generator[requests.Session]:
    """A control API with the worker behind it; whatever connectors a test leaves are removed."""
    own = replace(settings, connect=connect, secrets=platform.home.secrets)
    with serving(own) as client:
        before = set(client.get("/connectors").json())
        secrets = {each["name"] for each in client.get("/secrets").json()}
        yield client
        for name in set(client.get("/connectors").json()) - before:
            client.delete(f"/connectors/{name}")
        for each in client.get("/secrets").json():
            if each["name"] not in secrets:
                client.delete(f"/secrets/{each['name']}")


@pytest.fixture
def settle(api: requests.Session) -> Settle:
    """Wait until a connector's only task is in a state; its status."""

    def wait(name: str, state: str) -> dict[str, Any]:
        end = time.monotonic() + 60
        status: Any = None
        while time.monotonic() < end:
            status = api.get(f"/connectors/{name}/status").json()
            if [task["state"] for task in status.get("tasks", ())] == [state]:
                return status
            time.sleep(0.2)
        raise AssertionError(status)

    return wait


@pytest.fixture
def own() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"


def of_ours(hall: Hall, own: str, **more: str) -> dict[str, str]:
    """The settings of our own source; `_` stands for a dot."""
    return {
        "connector.class": OURS,
        "connection.url": hall.jdbc,
        "connection.user": hall.user,
        "connection.password": hall.password,
        "mode": "incrementing",
        "incrementing.column.name": "id",
        "table.whitelist": "hall",
        "poll.interval.ms": "200",
        "connection.attempts": "1",
        "topic.prefix": f"{own}.",
        **{key.replace("_", "."): value for key, value in more.items()},
    }


def records(platform: Platform, topic: str, count: int | None = None) -> list[bytes]:
    """What a topic holds, key and value of each record: all of it, or as soon as it has so many."""
    settings = {"bootstrap.servers": platform.kafka, "group.id": "unused"}
    consumer = Consumer(
        settings | {"isolation.level": "read_committed", "enable.partition.eof": count is None}
    )
    found: list[bytes] = []
    end = time.monotonic() + 60
    while not (partitions := consumer.list_topics(topic, 10).topics[topic].partitions):
        assert time.monotonic() < end, f"no topic {topic}"
        time.sleep(0.1)
    consumer.assign([TopicPartition(topic, each, OFFSET_BEGINNING) for each in partitions])
    left = len(partitions)
    while left and len(found) != count:
        assert time.monotonic() < end, found
        message = consumer.poll(0.5)
        if message is not None and message.error():
            left -= 1  # the end of one
        elif message is not None:
            found.append((message.key() or b"") + (message.value() or b""))
    consumer.close()
    return found


def test_the_body_of_the_slides_works_as_it_stands(
    api: requests.Session, platform: Platform, hall: Hall, own: str, settle: Settle
) -> None:
    config = {
        "connector.class": CONFLUENT,
        "connection.url": hall.jdbc,
        "connection.user": hall.user,
        "connection.password": hall.password,
        "mode": "timestamp",
        "timestamp.column.name": "event_time",
        "table.whitelist": "SENSOR_DATA_VIEW",
        "table.types": "VIEW",
        "poll.interval.ms": 10000,
        "topic.prefix": f"{own}-",
    }
    answer = api.post("/connectors", json={"name": own, "config": config})
    assert answer.status_code == 201, answer.text
    assert answer.json()["config"]["connector.class"] == OURS
    assert f"{CONFLUENT} is not installed: {OURS} does its work" in answer.json()["notes"]
    settle(own, "RUNNING")
    topic = f"{own}-SENSOR_DATA_VIEW"
    end = time.monotonic() + 30
    while topic not in (found := api.get(f"/connectors/{own}/topics").json())["topics"]:
        assert time.monotonic() < end, found
        time.sleep(0.2)
    assert found[own] == {"topics": [topic]}
    assert [json.loads(each)["payload"]["co2"] for each in records(platform, topic, 2)] == [
        900.0,
        1200.5,
    ]
    again = api.post("/connectors", json={"name": own, "config": config})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "connector_exists")
    same = api.put(f"/connectors/{own}/config", json=config)
    assert (same.status_code, same.json()["changed"]) == (200, False)


def test_a_password_is_in_its_secret_and_nowhere_else(
    api: requests.Session,
    platform: Platform,
    hall: Hall,
    own: str,
    settle: Settle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    config = of_ours(hall, own)
    answers = [api.put(f"/connectors/{own}/config", json=config)]
    settle(own, "RUNNING")
    records(platform, f"{own}.hall", 2)
    answers += [api.get(f"/connectors/{own}{rest}") for rest in ("", "/config", "/status")]
    answers += [api.get("/connectors?expand=info&expand=status"), api.get("/audit")]
    answers.append(api.put(f"/connector-plugins/{OURS}/config/validate", json=config))
    hall.run(f"ALTER ROLE {hall.user} PASSWORD 'another'")  # which the worker then complains about
    answers.append(api.post(f"/connectors/{own}/restart?includeTasks=true"))
    answers.append(api.put(f"/connectors/{own}/config", json=config | {"poll.interval.ms": "300"}))
    answers.append(api.put(f"/connector-plugins/{OURS}/config/validate", json=config))
    answers.append(api.get(f"/connectors/{own}/status"))
    assert [each.status_code for each in answers] == [201, *[200] * 6, 202, 422, 200, 200]
    assert "password authentication failed" in answers[-3].text
    secret = platform.home.secrets / f"{own}-connection-password"
    assert secret.read_text(encoding="utf-8") == hall.password
    spread = {
        "answers": "".join(each.text for each in answers),
        "our log": caplog.text,
        "the worker's log": platform.home.log("connect").read_text(encoding="utf-8"),
        "the worker's settings": "".join(
            path.read_text(encoding="utf-8")
            for path in platform.home.config("connect").rglob("*")
            if path.is_file() and path.suffix != ".jar"
        ),
        **{topic: repr(records(platform, topic)) for topic in _topics(platform, own)},
    }
    assert [name for name, text in spread.items() if hall.password in text] == []
    assert f"{own}-connection-password" in spread["answers"]
    stored = next(text for name, text in spread.items() if "connect_configs" in name)
    assert own in stored  # so that the search was one


def _topics(platform: Platform, own: str) -> list[str]:
    consumer = Consumer({"bootstrap.servers": platform.kafka, "group.id": "unused"})
    topics = consumer.list_topics(timeout=10).topics
    consumer.close()
    return [topic for topic in topics if own in topic or "connect" in topic]


def test_a_changed_password_replaces_the_old_one_and_tasks_start_again(
    api: requests.Session, platform: Platform, hall: Hall, own: str, settle: Settle
) -> None:
    api.put(f"/connectors/{own}/config", json=of_ours(hall, own))
    settle(own, "RUNNING")
    hall.run(
        f"ALTER ROLE {hall.user} PASSWORD 'c4n4ry-new'",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{hall.user}'",
        "INSERT INTO hall (co2) VALUES (1300)",
    )
    changed = of_ours(hall, own, connection_password="c4n4ry-new")
    answer = api.put(f"/connectors/{own}/config", json=changed)
    assert (answer.status_code, answer.json()["changed"]) == (200, True), answer.text
    assert len(records(platform, f"{own}.hall", 3)) == 3


def test_a_task_that_fails_is_seen_with_its_cause_and_restarted(
    api: requests.Session, hall: Hall, own: str, settle: Settle
) -> None:
    api.put(f"/connectors/{own}/config", json=of_ours(hall, own))
    settle(own, "RUNNING")
    hall.run("ALTER TABLE hall RENAME TO gone")
    status = settle(own, "FAILED")
    assert 'relation "public.hall" does not exist' in status["tasks"][0]["trace"]
    hall.run("ALTER TABLE gone RENAME TO hall")
    api.post(f"/connectors/{own}/restart?includeTasks=true&onlyFailed=true")
    settle(own, "RUNNING")


def test_a_connector_is_paused_resumed_and_removed(
    api: requests.Session, hall: Hall, own: str, settle: Settle
) -> None:
    api.put(f"/connectors/{own}/config", json=of_ours(hall, own))
    settle(own, "RUNNING")
    assert api.put(f"/connectors/{own}/pause").status_code == 202
    settle(own, "PAUSED")
    assert api.put(f"/connectors/{own}/resume").status_code == 202
    settle(own, "RUNNING")
    used = api.delete(f"/secrets/{own}-connection-password")
    assert used.status_code == 409 and own in used.json()["error"]["message"]
    notes = api.delete(f"/connectors/{own}").json()["notes"]
    assert any(f"amml secret remove {own}-connection-password" in note for note in notes)
    gone = api.get(f"/connectors/{own}")
    assert gone.status_code == 404 and f"`{own}` does not exist" in gone.json()["error"]["message"]
    assert api.get(f"/connectors/{own}/topics").status_code == 404
    actions = [each["action"] for each in api.get("/audit").json()]
    assert actions == ["connector.delete", "connector.resume", "connector.pause", "connector.put"]


def test_everything_that_is_wrong_is_told_at_its_setting(
    api: requests.Session, hall: Hall, own: str
) -> None:
    config = of_ours(hall, own, mode="sideways", tabel_whitelist="x")
    del config["topic.prefix"]
    answer = api.put(f"/connectors/{own}/config", json=config)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "wrong_config")
    assert {"mode", "topic.prefix"} <= error["fields"].keys()
    assert any(each.startswith("mode: ") for each in error["problems"])
    missing = api.put(
        f"/connectors/{own}/config",
        json=of_ours(hall, own, connection_password="${secret:nothing-here}"),
    )
    assert "amml secret set nothing-here" in missing.json()["error"]["message"]
    assert api.get("/audit").json() == []


def test_what_connect_quotes_of_a_secret_is_hidden(
    api: requests.Session, hall: Hall, own: str
) -> None:
    """Connect puts secrets in place before it checks, and says what it found."""
    assert api.put(f"/secrets/{own}", data=b"c4n4ry-quoted").status_code == 200
    reference = f"${{secret:{own}}}"
    config = of_ours(hall, own, batch_max_rows=reference, connection_user=reference)
    answer = api.put(f"/connector-plugins/{OURS}/config/validate", json=config)
    values = {each["value"]["name"]: each["value"] for each in answer.json()["configs"]}
    assert values["connection.user"]["value"] == reference
    assert any("Invalid value [hidden]" in each for each in values["batch.max.rows"]["errors"])
    refused = api.put(f"/connectors/{own}/config", json=config)
    assert (answer.status_code, refused.status_code) == (200, 422)
    assert "c4n4ry" not in answer.text + refused.text


def test_a_mistyped_setting_is_told_with_its_neighbour(
    api: requests.Session, hall: Hall, own: str
) -> None:
    config = of_ours(hall, own, batch_max_row="5")
    notes = api.put(f"/connector-plugins/{OURS}/config/validate", json=config).json()["notes"]
    assert "batch.max.row: nothing reads it; did you mean `batch.max.rows`?" in notes


def test_no_worker_sees_what_is_against_the_rules(
    api: requests.Session, hall: Hall, own: str, settings: Settings, serving: Serving
) -> None:
    bad = of_ours(hall, own, producer_override_acks="0", value_converter="evil.Converter")
    nobody = replace(settings, connect="http://127.0.0.1:9")  # so nothing can have been asked
    with serving(nobody) as client:
        answer = client.put(f"/connectors/{own}/config", json=bad)
        silent = client.put(f"/connectors/{own}/config", json=of_ours(hall, own))
    assert answer.status_code == 422 and hall.password not in answer.text
    assert answer.json()["error"]["fields"].keys() == {"producer.override.acks", "value.converter"}
    assert (silent.status_code, silent.json()["error"]["code"]) == (503, "worker_unavailable")


def test_a_password_in_plain_is_refused_where_there_is_no_folder_for_it(
    connect: str, hall: Hall, own: str, settings: Settings, serving: Serving
) -> None:
    with serving(replace(settings, connect=connect)) as client:
        answer = client.put(f"/connectors/{own}/config", json=of_ours(hall, own))
    assert answer.status_code == 422 and "AMML_SECRETS" in answer.text
    assert hall.password not in answer.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/connectors", '{"name": "a", "config": "c4n4ry"}'),
        ("/connectors", '{"name": "a", "config": {"x": ["c4n4ry"]}}'),
        ("/connectors", '{"name": "a", "config": {"x": "c4n4ry\\u0000"}}'),
        ("/connectors", '{"name": "a/b", "config": {"connection.password": "c4n4ry"}}'),
        ("/connectors", '{"name": "a", "config": {}, "x": "c4n4ry"}'),
        ("/connectors", '["c4n4ry"]'),
        ("/connectors", "c4n4ry{"),
    ],
)
def test_a_wrong_body_is_refused_without_being_quoted(
    api: requests.Session, path: str, body: str
) -> None:
    answer = api.post(path, data=body.encode())
    assert answer.status_code == 400 and "c4n4ry" not in answer.text


def test_plugins_say_which_may_be_used(api: requests.Session) -> None:
    allowed = {each["class"]: each["allowed"] for each in api.get("/connector-plugins").json()}
    assert allowed[OURS] and allowed[DEBEZIUM]


def test_debezium_reads_the_tables_log_and_leaves_a_slot_that_is_told(
    api: requests.Session, platform: Platform, hall: Hall, own: str, settle: Settle
) -> None:
    host, _, port = hall.host.partition(":")
    config = {
        "connector.class": DEBEZIUM,
        "database.hostname": host,
        "database.port": port,
        "database.user": urlsplit(hall.database).username,
        "database.password": urlsplit(hall.database).password,
        "database.dbname": urlsplit(hall.database).path[1:],
        "topic.prefix": own,
        "table.include.list": "public.hall",
    }
    answer = api.put(f"/connectors/{own}/config", json=config)
    assert answer.status_code == 201, answer.text
    settle(own, "RUNNING")
    hall.run("UPDATE hall SET co2 = 1 WHERE id = 1")
    found = [
        json.loads(each.partition(b"}}")[2]) for each in records(platform, f"{own}.public.hall", 3)
    ]
    assert [each["payload"]["co2"] for each in found] == [900.0, 1200.5, 1.0]
    [note, _] = api.delete(f"/connectors/{own}").json()["notes"]
    assert f"pg_drop_replication_slot('amml_{own}')" in note
    _drop_slot(hall, f"amml_{own}")


def _drop_slot(hall: Hall, slot: str) -> None:
    connection = psycopg2.connect(hall.database)
    connection.autocommit = True
    drop = sql.SQL("SELECT pg_drop_replication_slot({})").format(sql.Literal(slot))
    end = time.monotonic() + 30
    with connection.cursor() as cursor:
        while True:
            try:
                cursor.execute(drop)
                break
            except psycopg2.errors.ObjectInUse:  # until the connector has let go of it
                assert time.monotonic() < end
                time.sleep(0.2)
    connection.close()
