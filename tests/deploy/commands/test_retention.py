"""`amml retention`: what is deleted is what was planned, and what somebody needs stays."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from confluent_kafka import Producer

from amml_deploy.control import connect
from amml_deploy.lakes import lake_of, the_lake
from amml_deploy.platform.home import Platform
from amml_deploy.retention import applying, planning
from amml_deploy.retention.plan import now
from amml_deploy.retention.planning import Site, Will, rules
from amml_lake import snapshot
from amml_lake.appender import Appender
from amml_lake.data_set import DataSet
from amml_lake.layout import Chain
from amml_lake.manifest import Producer as Writer
from amml_lake.partitions import Partitions
from amml_lake.stores import open_store
from amml_lake.verification import verify
from amml_runtime.admin import Admin
from amml_runtime.spec import TopicSpec
from amml_runtime.topic_records import TopicRecords

pytestmark = pytest.mark.platform
Amml = Callable[..., Any]
DAY = 86_400_000_000
DEFINITION = """\
model: [Input: {}, LSTM: {units: 4}, Dense: {units: 1}]
train: {loss: mae, optimizer: adam, epoch: 1, batch: 8, window: 2, inputs: [co2], label: co2}
"""


@pytest.fixture
def data_set(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    platform: Platform,
    own: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[DataSet]:
    """Ten days of two rows each, the last one yesterday; in a folder, or in the platform's lake."""
    on_hdfs = getattr(request, "param", "file") == "webhdfs"
    url = lake_of(platform) if on_hdfs else f"file://{tmp_path}/lake"
    if not on_hdfs:
        monkeypatch.setenv("AMML_LAKE", url)
    store = open_store(url)
    found = DataSet(store, own)
    append(found, range(10, 0, -1))
    yield found
    store.delete(own)
    store.close()


def append(data_set: DataSet, days_ago: Any) -> None:
    chain = Chain("amml.hall.r1.clean", 0, "3f2a")
    appender = Appender(data_set, chain, Partitions("day"), Writer("hall", 1, "to_lake"))
    last = appender.resume()
    start = last.range.end if last and last.range else 0
    today = time.time_ns() // 1000 // DAY
    for n, ago in enumerate(days_ago):
        times = [(today - ago) * DAY, (today - ago) * DAY + DAY // 2]
        rows = {"_time": pa.array(times, pa.timestamp("us", "UTC")), "co2": pa.array([1.5, 2.5])}
        appender.add(pa.record_batch(rows), start + 2 * n)
        appender.commit(start + 2 * n + 2, {}, {})


@pytest.fixture
def rule(on_platform: Amml, own: str) -> Iterator[Callable[..., None]]:
    """Set the rule of the data set; it is gone after the test."""

    def put(*words: str) -> None:
        ran = on_platform("retention", "set", own, *words)
        assert ran.code == 0, ran.err

    yield put
    on_platform("retention", "set", own, "--release")
    on_platform("retention", "unset", own)
    on_platform("datasets", "forget", own)


def files(data_set: DataSet) -> set[str]:
    """What lies there, whatever the manifests say."""
    found, level = set[str](), [""]
    while level:
        at = level.pop()
        for each in data_set.store.list(at):
            path = f"{at}/{each.name}".lstrip("/")
            if each.is_folder and not each.name.startswith("_"):
                level.append(path)
            elif not each.is_folder:
                found.add(path)
    return found


def planned(on_platform: Amml, thing: str, *words: str) -> dict[str, Any]:
    ran = on_platform("retention", "plan", thing, *words, "--output", "json")
    assert ran.code == 0, ran.err
    return ran.document


@pytest.mark.parametrize("data_set", ["file", "webhdfs"], indirect=True)
def test_what_is_gone_is_what_the_dry_run_said_and_the_audit_has_it(
    on_platform: Amml,
    own: str,
    data_set: DataSet,
    rule: Callable[..., None],
    tmp_path: Path,
    platform: Platform,
) -> None:
    rule("--max-age", "100h")
    before = files(data_set)
    plan = planned(on_platform, own)
    [part] = plan["parts"]
    going = {each["name"] for each in part["going"]}
    assert files(data_set) == before
    assert 5 <= len(going) <= 6  # a day of which one row is young enough stays
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    ran = on_platform("retention", "apply", own, "--plan", str(file))
    assert ran.code == 0, ran.err
    rows = 2 * len(going)
    assert f"{own}: deleted {rows} rows" in ran.out
    assert before - files(data_set) == going
    assert {each.path for each in data_set.live().files} == before - going
    assert not verify(data_set, deep=True).findings
    with connect(platform.home.path, {}) as control:
        noted = [each for each in control.get("/audit", limit=50) if each["object"] == own]
        known = control.get(f"/datasets/{own}")
    assert [each["action"] for each in noted[:2]] == ["retention.done", "retention.begun"]
    for each in noted[:2]:
        detail = each["detail"]
        assert (detail["plan"], detail["rows"]) == (plan["plan"], rows)
        assert {named["name"] for named in detail["named"]} == going
    assert known["document"]["totals"]["rows"] == 20 - rows
    again = on_platform("retention", "apply", "--plan", str(file))
    assert again.code == 2
    assert "is not what" in again.err


def test_a_plan_that_would_delete_something_else_by_now_is_refused(
    on_platform: Amml, own: str, data_set: DataSet, rule: Callable[..., None]
) -> None:
    size = sum(each.bytes for each in data_set.live().files)
    rule("--max-size", f"{size // 2}")
    plan = planned(on_platform, own)
    assert len(plan["parts"][0]["going"]) == 5
    append(data_set, [0])
    before = files(data_set)
    refused = on_platform("retention", "apply", own, "--plan", plan["plan"])
    assert refused.code == 2
    assert "nothing was deleted" in refused.err
    assert files(data_set) == before
    assert on_platform("retention", "apply", own, "--plan", "x").code == 2


def typing(text: str) -> Callable[..., str]:
    """Somebody who answers every question so."""

    def answer(*_: Any, **__: Any) -> str:
        return text

    return answer


def test_what_is_held_goes_only_to_who_types_its_name(
    on_platform: Amml,
    own: str,
    data_set: DataSet,
    rule: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule("--max-age", "100h", "--hold", "case 7")
    before = files(data_set)
    told = on_platform("retention", "plan", own).out
    assert "nothing goes" in told
    assert "stays, hold: case 7" in told
    assert on_platform("retention", "apply", own, "--yes").code == 0
    assert on_platform("retention", "unset", own).code == 1
    force = ["retention", "apply", own, "--yes", "--force-protected"]
    monkeypatch.setattr("click.prompt", typing("another"))
    assert on_platform(*force).code == 2
    assert files(data_set) == before
    monkeypatch.setattr("click.prompt", typing(own))
    assert on_platform(*force).code == 0
    assert len(files(data_set)) in (4, 5)


def test_what_a_snapshot_or_a_model_names_is_kept_back(
    on_platform: Amml, own: str, data_set: DataSet, rule: Callable[..., None], platform: Platform
) -> None:
    rule("--max-age", "100h")
    first, second, third = sorted(data_set.live().files, key=lambda each: each.path)[:3]
    taken = snapshot.take(data_set, "reader", first.first, (first.last or 0) + 1)
    lake = [{"dataset": own, "snapshot": "gone", "from": second.first, "to": third.first}]
    with connect(platform.home.path, {}) as control:
        control.put(f"/models/{own}/versions/0.1", {"definition": DEFINITION})
        run = f"/models/{own}/versions/0.1/runs/{own}.r1.train"
        control.put(run, {"status": "completed", "provenance": {"lake": lake}})
    try:
        staying = {
            each["name"]: each["kept"] for each in planned(on_platform, own)["parts"][0]["staying"]
        }
        assert staying == {
            first.path: f"snapshot `{taken.name}`",
            second.path: f"model run `{own}:0.1/{own}.r1.train`",
        }
        assert on_platform("retention", "apply", own, "--yes").code == 0
        assert {first.path, second.path} <= files(data_set)
        assert third.path not in files(data_set)
    finally:
        with connect(platform.home.path, {}) as control:
            control.delete(f"/models/{own}/versions/0.1")


class Died(Exception):
    pass


def die(*_: Any) -> None:
    raise Died


def test_a_deletion_that_died_before_its_commit_is_given_up_and_made_anew(
    on_platform: Amml,
    own: str,
    data_set: DataSet,
    rule: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule("--max-age", "100h")
    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(applying, "take_away", die)
        on_platform("retention", "apply", own, "--yes")
    assert len(files(data_set)) == 10
    again = on_platform("retention", "apply", own, "--yes")
    assert (again.code, "it is given up" in again.err) == (0, True)
    assert len(files(data_set)) in (4, 5)


def test_a_deletion_that_died_after_its_commit_is_said_to_be_done(
    on_platform: Amml,
    own: str,
    data_set: DataSet,
    rule: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule("--max-age", "100h")
    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(applying, "synchronise", die)
        on_platform("retention", "apply", own, "--yes")
    assert len(files(data_set)) in (4, 5)
    [begun] = on_platform("retention", "show", own, "--output", "json").document["deletions"]
    assert begun["state"] == "begun"
    again = on_platform("retention", "apply", own, "--yes")
    assert f"the deletion {begun['plan']} had broken off; it is done" in again.err
    assert again.out == "nothing was deleted\n"
    [done] = on_platform("retention", "show", own, "--output", "json").document["deletions"]
    assert (done["plan"], done["state"]) == (begun["plan"], "done")


def test_one_thing_that_fails_keeps_no_other_from_its_deletion(
    on_platform: Amml, own: str, data_set: DataSet, rule: Callable[..., None], platform: Platform
) -> None:
    rule("--max-age", "100h")
    with connect(platform.home.path, {}) as control:
        site = Site(control, the_lake, lambda: platform.kafka)
        found = rules(control, [own])
        made = planning.planned(site, [found[0] | {"thing": "no-such-set"}, *found], now(), Will())
        assert [each.thing for each in made.parts] == [own]
        [problem] = made.problems
        assert "no data set `no-such-set`" in problem
        on_platform("retention", "set", own, "--hold", "case 7")
        held = applying.carry_all_out(site, made)
    assert held == ([], [problem, f"{own}: `{own}` is held: case 7"])
    assert len(files(data_set)) == 10


@pytest.fixture
def topic(platform: Platform, own: str) -> Iterator[str]:
    """Two partitions of a hundred records each, one an hour, the last ones now."""
    admin, name = Admin(platform.kafka), f"{own}.raw"
    admin.create_topics([TopicSpec(name, 2)])
    write(platform, name, 100)
    yield name
    admin.delete_topics([name])


def write(platform: Platform, topic: str, records: int) -> None:
    producer = Producer({"bootstrap.servers": platform.kafka})
    now = time.time_ns() // 1_000_000
    value = json.dumps({"note": "x" * 78}).encode()
    for hour in range(records):
        for partition in (0, 1):
            at = now - (records - 1 - hour) * 3_600_000
            producer.produce(topic, value, b"k" * 10, partition=partition, timestamp=at)
    producer.flush()


@pytest.fixture
def topic_rule(on_platform: Amml, topic: str) -> Iterator[Callable[..., None]]:
    """Set the rule of the topic; it is gone after the test."""

    def put(*words: str) -> None:
        ran = on_platform("retention", "set", f"topic:{topic}", *words)
        assert ran.code == 0, ran.err

    yield put
    on_platform("retention", "unset", f"topic:{topic}")


def test_of_a_topic_exactly_the_planned_offsets_go(
    on_platform: Amml, platform: Platform, topic: str, topic_rule: Callable[..., None]
) -> None:
    thing = f"topic:{topic}"
    topic_rule("--max-age", "1290m")  # 21.5 hours: the newest 22 of a partition stay
    plan = planned(on_platform, thing)
    going = [(p["name"], p["first"], p["last"], p["rows"]) for p in plan["parts"][0]["going"]]
    assert going == [("0", 0, 78, 78), ("1", 0, 78, 78)]
    records = TopicRecords(platform.kafka, topic)
    assert records.extents() == {0: (0, 100), 1: (0, 100)}
    ran = on_platform("retention", "apply", thing, "--plan", plan["plan"])
    assert ran.code == 0, ran.err
    assert ran.out.startswith(f"{thing}: deleted 156 rows of 15,600 bytes")
    assert records.extents() == {0: (78, 100), 1: (78, 100)}
    topic_rule("--max-age", "none", "--max-size", "2kB")  # 44 records of 100 bytes are left
    assert on_platform("retention", "apply", thing, "--yes").code == 0
    assert records.extents() == {0: (90, 100), 1: (90, 100)}
    assert on_platform("retention", "apply", thing, "--yes").out == "nothing was deleted\n"


def test_a_deletion_that_is_refused_is_given_up_and_says_why(
    on_platform: Amml, platform: Platform, own: str
) -> None:
    admin, name = Admin(platform.kafka), f"{own}.raw"
    thing = f"topic:{name}"
    admin.create_topics([TopicSpec(name, 2, {"cleanup.policy": "compact"})])
    try:
        write(platform, name, 3)
        assert on_platform("retention", "set", thing, "--max-size", "0").code == 0
        refused = on_platform("retention", "apply", thing, "--yes")
        assert refused.code == 1
        assert "it is compacted" in refused.err
        shown = on_platform("retention", "show", thing, "--output", "json").document
        assert [each["state"] for each in shown["deletions"]] == ["given up"]
    finally:
        on_platform("retention", "unset", thing)
        admin.delete_topics([name])


def test_topics_of_the_platform_have_no_rules(on_platform: Amml) -> None:
    for name in ("amml.hot.r1.filter", "__consumer_offsets", "amml.alerts"):
        assert on_platform("retention", "set", f"topic:{name}", "--max-age", "1d").code == 2


@pytest.mark.long
def test_what_a_stopped_workflow_has_still_to_read_is_kept_back(
    on_platform: Amml, own: str, platform: Platform, topic: str, topic_rule: Callable[..., None]
) -> None:
    topic_rule("--max-size", "0")
    options = ["--partitions", "2", "--set", "topic.from=start", "--wait", "--yes"]
    deployed = on_platform("deploy", own, f'topic name="{topic}" | print', *options)
    assert deployed.code == 0, deployed.err
    try:
        until(lambda: not planned(on_platform, f"topic:{topic}")["parts"][0]["staying"])
        with connect(platform.home.path, {}) as control:
            control.patch(f"/workflows/{own}", {"desired": "stopped"})
            until(lambda: control.get(f"/workflows/{own}")["status"]["state"] == "stopped")
        write(platform, topic, 10)
        staying = planned(on_platform, f"topic:{topic}")["parts"][0]["staying"]
        group = f"amml.{own}.r1.topic"
        assert [(each["name"], each["first"], each["kept"]) for each in staying] == [
            (partition, 100, f"`{group}` has read to offset 100") for partition in "01"
        ]
        past = planned(on_platform, f"topic:{topic}", "--past-readers")
        assert past["parts"][0]["staying"] == []
    finally:
        on_platform("undeploy", own, "--yes")


@pytest.mark.long
@pytest.mark.parametrize("data_set", ["webhdfs"], indirect=True)
def test_whenever_it_is_killed_the_next_one_ends_what_it_began(
    on_platform: Amml, own: str, data_set: DataSet, rule: Callable[..., None], platform: Platform
) -> None:
    """Ten deletions, each killed at a seeded moment unless it is done by then."""
    rule("--max-size", "0")
    moments = random.Random(7)
    for _ in range(10):
        append(data_set, range(10, 0, -1))
        wanted = {each["name"] for each in planned(on_platform, own)["parts"][0]["going"]}
        command = [sys.executable, "-m", "amml_deploy", "retention", "apply", own, "--yes"]
        process = subprocess.Popen(
            command,
            env=os.environ | {"AMML_HOME": str(platform.home.path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with suppress(subprocess.TimeoutExpired):
            process.wait(moments.uniform(0.6, 1.3))
        process.kill()
        process.wait()
        left = {each.path for each in data_set.live().files}
        assert left in (set(), wanted)  # all of it, or nothing
        ended = on_platform("retention", "apply", own, "--yes")
        assert ended.code == 0, ended.err
        assert files(data_set) == set()
        assert not verify(data_set).findings
        shown = on_platform("retention", "show", own, "--output", "json").document["deletions"]
        states = [each["state"] for each in shown]
        assert "begun" not in states
        assert "done" in states
    on_platform("datasets", "sync", own)
    assert (
        on_platform("datasets", own, "--output", "json").document["document"]["totals"]["rows"] == 0
    )


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.2)
