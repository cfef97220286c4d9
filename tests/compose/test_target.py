"""Workflows in containers, on the platform of docker-compose.yml."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import requests
from confluent_kafka import Producer

from amml_deploy.platform.home import Platform
from amml_runtime.admin import create_topics, list_topics
from amml_runtime.spec import TopicSpec

pytestmark = [pytest.mark.docker, pytest.mark.long]

Site = Any  # what the fixture of conftest.py gives, which tests do not import
BOUNDED = "normalsource mean=0, std=1, rows=20000 | filter cond = value > 1 | mean_std | print"
ENDLESS = "normalsource mean=0, std=1, rate=200 | filter cond = value > 1 | print"
WAIT = 120.0


@pytest.fixture
def name(site: Site) -> Generator[str]:
    """A workflow's name; nothing of it is left after the test."""
    name = f"w{time.monotonic_ns()}"[:20]
    yield name
    if site.amml("status", name).code == 0:
        site.amml("undeploy", name, "--yes")


def deploy(site: Site, name: str, text: str, *options: str) -> None:
    done = site.amml("deploy", name, text, "--target", "compose", *options)
    assert done.code == 0, done.err


def status(site: Site, name: str) -> Any:
    return json.loads(site.amml("status", name, "--output", "json").out)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it does."""
    end = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < end, "it never did"
        time.sleep(0.5)


def containers(site: Site, name: str) -> list[dict[str, Any]]:
    label = f"label=com.docker.compose.project={site.project}-{name}"
    found = site.docker("ps", "--all", "--quiet", "--filter", label).split()
    return json.loads(site.docker("inspect", *found)) if found else []


def one(site: Site, name: str, label: str) -> dict[str, Any]:
    [found] = [c for c in containers(site, name) if c["Config"]["Labels"]["amml.label"] == label]
    return found


def printed(logs: str) -> list[str]:
    """The rows that were printed, without where they came from, which has transactions in it."""
    lines = re.findall(r"^print \| (\{.*\})$", logs, re.MULTILINE)
    return [re.sub(r',"_src":"[^"]*"', "", line) for line in lines]


@pytest.mark.platform
def test_the_same_text_gives_the_same_rows_here_and_in_containers_that_are_killed(
    site: Site, name: str, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(site, name, BOUNDED)
    eventually(lambda: one(site, name, "filter")["State"]["Running"])
    os.kill(one(site, name, "filter")["State"]["Pid"], signal.SIGKILL)
    deploy(site, name, BOUNDED, "--wait")
    assert one(site, name, "filter")["RestartCount"] >= 1
    there = printed(site.amml("logs", name, "--tail", "100000").out)

    here = {name: text for name, text in site.environ.items() if not name.startswith("AMML_")}
    local = type(site)(site.project, here | {"AMML_HOME": str(platform.home.path)})
    try:
        done = local.amml("deploy", name, BOUNDED, "--wait")
        assert done.code == 0, done.err
        rows = printed(local.amml("logs", name, "--tail", "100000").out)
    finally:
        local.amml("undeploy", name, "--yes")
    assert len(rows) > 2000
    assert there == rows


def test_every_container_runs_as_nobody_in_particular(site: Site, name: str) -> None:
    deploy(site, name, ENDLESS, "--wait")
    for container in containers(site, name):
        host = container["HostConfig"]
        assert container["Config"]["User"] == "10001:10001"
        assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        addresses = {each["HostIp"] for each in container["NetworkSettings"]["Ports"]["9400/tcp"]}
        assert addresses == {"127.0.0.1"}
        token = Path(site.environ["AMML_TOKEN_FILE"]).read_text(encoding="ascii")
        assert token not in json.dumps(container)


def test_a_fault_of_the_workflow_is_told_and_not_started_again(site: Site, name: str) -> None:
    kafka, topic = site.environ["AMML_KAFKA"], f"{name}.raw"
    text = f'topic name="{topic}" | filter nowhere > 1 | print'
    create_topics(kafka, [TopicSpec(topic, 1)])
    deploy(site, name, text, "--wait")
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    producer.produce(topic, b'{"co2": 1}')
    producer.flush()
    eventually(lambda: status(site, name)["state"] == "failed")
    assert "nowhere" in status(site, name)["reason"]
    time.sleep(2)  # in which Docker would have started it again
    state = one(site, name, "filter")["State"]
    assert (one(site, name, "filter")["RestartCount"], state["ExitCode"]) == (0, 0)
    deploy(site, name, text)  # tries it again
    eventually(lambda: one(site, name, "filter")["State"]["StartedAt"] != state["StartedAt"])


def test_scaling_changes_the_containers_of_the_step_alone(site: Site, name: str) -> None:
    deploy(site, name, ENDLESS, "--partitions", "3", "--wait")
    source = one(site, name, "normalsource")["Id"]
    done = site.amml("scale", f"{name}.filter=3", "--wait")
    assert done.code == 0, done.err
    slots = [c["Config"]["Labels"]["amml.slots"] for c in containers(site, name)]
    assert sorted(slots) == ["1", "1", "3", "3", "3"]
    assert one(site, name, "normalsource")["Id"] == source
    before = status(site, name)["steps"][1]["rows_in"]
    eventually(lambda: status(site, name)["steps"][1]["rows_in"] > before)


def test_a_step_without_a_container_is_woken_by_the_first_record(site: Site, name: str) -> None:
    kafka, topic = site.environ["AMML_KAFKA"], f"{name}.raw"
    create_topics(kafka, [TopicSpec(topic, 1)])
    text = f'topic name="{topic}" | filter n >= 0 | print'
    deploy(site, name, text, "--autoscale", "min=0", "max=1", "--wait")
    steps = ("topic", "filter", "print")
    assert site.amml("scale", *(f"{name}.{step}=0" for step in steps)).code == 0
    assert containers(site, name) == []
    command = [sys.executable, "-m", "amml_deploy", "autoscale"]
    with subprocess.Popen(command, env=site.environ) as autoscaler:
        try:
            producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
            producer.produce(topic, b'{"n": 7}')
            producer.flush()
            eventually(lambda: '"n":7' in site.amml("logs", f"{name}.print").out)
        finally:
            autoscaler.send_signal(signal.SIGINT)
    assert autoscaler.returncode == 0


def test_what_completed_is_not_started_by_another_deploy(site: Site, name: str) -> None:
    deploy(site, name, BOUNDED, "--wait")
    started = {c["Id"]: c["State"]["StartedAt"] for c in containers(site, name)}
    deploy(site, name, BOUNDED)
    assert {c["Id"]: c["State"]["StartedAt"] for c in containers(site, name)} == started


def test_a_deploy_that_was_cut_short_is_simply_repeated(site: Site, name: str) -> None:
    deploy(site, name, ENDLESS, "--wait")
    for container in containers(site, name)[1:]:
        site.docker("rm", "--force", container["Id"])
    assert status(site, name)["state"] == "starting"
    deploy(site, name, ENDLESS, "--wait")
    assert status(site, name)["state"] == "running"


def test_nothing_is_left_of_what_was_undeployed(site: Site, name: str) -> None:
    deploy(site, name, ENDLESS, "--wait")
    assert site.amml("undeploy", name, "--yes").code == 0
    assert containers(site, name) == []
    kafka = site.environ["AMML_KAFKA"]
    assert not [t.name for t in list_topics(kafka) if t.name.startswith(f"amml.{name}.")]
    assert not (Path(site.environ["AMML_HOME"]) / "compose" / name).exists()
    assert site.docker("volume", "ls", "--quiet", "--filter", f"name={name}") == ""


def test_a_network_that_is_not_there_is_named(site: Site, name: str) -> None:
    elsewhere = type(site)(site.project, {**site.environ, "AMML_COMPOSE_NETWORK": "nowhere"})
    done = elsewhere.amml("deploy", name, ENDLESS, "--target", "compose")
    assert (done.code, "`nowhere`" in done.err) == (2, True)
    assert site.amml("status", name).code == 2  # nothing was recorded


def test_prometheus_finds_every_step(site: Site, name: str) -> None:
    deploy(site, name, ENDLESS, "--wait")
    url = f"http://127.0.0.1:{site.environ['AMML_PROMETHEUS_PORT']}/api/v1/query"
    rows = (
        f'amml_rows_in_total * on (instance) group_left (step) amml_step_info{{workflow="{name}"}}'
    )

    def steps() -> set[str]:
        found = requests.get(url, params={"query": rows}, timeout=10).json()["data"]["result"]
        return {each["metric"]["step"] for each in found}

    eventually(lambda: steps() == {"normalsource", "filter", "print"})
